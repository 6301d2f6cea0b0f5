"""Section `release`."""

from typing import Self

from pydantic import Field, model_validator

from finerweb.params.load import Section


class Shares(Section):
    """The shares of documents that go to each split but `train`, which has the rest."""

    validation: float = Field(ge=0, lt=1)
    test: float = Field(ge=0, lt=1)

    @model_validator(mode="after")
    def leave_some(self) -> Self:
        """Refuse shares that leave nothing for training."""
        if self.validation + self.test >= 1:
            raise ValueError("expected shares that leave documents for training, below 1 together")
        return self


class ReleaseParams(Section):
    """What is released, and what the dataset card says of it."""

    name: str
    licence: str
    text_licence: str
    licences: dict[str, str]
    splits: Shares
    without: list[str]
    confidence: bool

    def included(self, annotators: list[str]) -> list[str]:
        """Return the annotators whose output is released, in their order.

        Raises:
            ValueError: one to leave out is none of them, all are left out, or the terms of one that
                is released are not said.
        """
        unknown = sorted(set(self.without) - set(annotators))
        left = [name for name in annotators if name not in self.without]
        if unknown or not left:
            raise ValueError(
                f"release.without: expected some of {', '.join(annotators)}, but not all, "
                f"got {', '.join(self.without)}"
            )
        if silent := [name for name in left if name not in self.licences]:
            raise ValueError(
                f"release.licences: expected the terms of {', '.join(silent)}'s output too; the "
                "card says them, and a release without them tells nobody what is allowed"
            )
        return left
