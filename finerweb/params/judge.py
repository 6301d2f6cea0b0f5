"""Section `judge`."""

from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from finerweb.params.load import Section

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+$")]
Share = Annotated[float, Field(ge=0, le=0.5)]


class PlantedShares(Section):
    """Which share of a passage's annotations is removed, given a wrong type, or invented."""

    missing: Share
    wrong: Share
    extra: Share


class JudgeParams(Section):
    """Which judges are used, and what they are shown of each language."""

    judges: list[Name] = Field(min_length=1)
    variant: str = Field(pattern=r"^[A-Za-z0-9_]+-single(-translated)?$")
    passages: int = Field(ge=1)
    planted: int = Field(ge=0)
    gold: int = Field(ge=0)
    shares: PlantedShares
    seed: int
    resamples: int = Field(ge=100)

    @field_validator("judges")
    @classmethod
    def distinct(cls, names: list[str]) -> list[str]:
        """Refuse repeated names."""
        if len(set(names)) < len(names):
            raise ValueError(f"expected distinct names: {names}")
        return names

    def annotators_of(self, names: list[str]) -> list[str]:
        """Return which of the annotators the variant's annotations are by: one, or all of them."""
        own = self.variant.partition("-")[0]
        return [own] if own in names else names
