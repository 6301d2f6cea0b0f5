"""Section `annotate`."""

from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from finerweb.params.load import Section


class AnnotateParams(Section):
    """Which annotators are used, in the order of their types in a merged label."""

    annotators: list[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+$")]] = Field(
        min_length=1
    )

    @field_validator("annotators")
    @classmethod
    def distinct(cls, names: list[str]) -> list[str]:
        """Refuse repeated names, and the one that means all of them."""
        if len(set(names)) < len(names) or "merged" in names:
            raise ValueError(f"expected distinct names, none of them merged: {names}")
        return names
