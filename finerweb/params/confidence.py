"""Section `confidence`."""

from itertools import pairwise
from typing import Literal

from pydantic import Field, field_validator

from finerweb.params.load import Section
from finerweb.params.train_binder import TrainBinderParams


class ConfidenceParams(Section):
    """How students are trained on folds, how they score, and how scores are told.

    ``edges`` are the probabilities that part the four subsets: an entity at an edge is above it.
    """

    student: Literal["binder"]
    folds: int = Field(ge=2)
    seeds: list[int] = Field(min_length=1)
    epochs: int = Field(ge=1)
    max_steps: int | None = Field(ge=1)
    passages: int = Field(ge=1)
    tokens: int = Field(ge=8)
    edges: list[float] = Field(min_length=3, max_length=3)
    bins: int = Field(ge=2)
    top_types: int = Field(ge=0)

    @field_validator("seeds")
    @classmethod
    def are_distinct(cls, seeds: list[int]) -> list[int]:
        """Refuse a seed that is named twice: its student would count twice."""
        if len(set(seeds)) < len(seeds):
            raise ValueError("expected seeds that differ")
        return seeds

    @field_validator("edges")
    @classmethod
    def rise(cls, edges: list[float]) -> list[float]:
        """Refuse edges that part nothing."""
        if not all(a < b for a, b in pairwise([0.0, *edges, 1.0])):
            raise ValueError("expected three probabilities that rise, between 0 and 1")
        return edges

    def training(self, settings: TrainBinderParams) -> TrainBinderParams:
        """Return the settings of a training of a fold: the student's, with steps of its own."""
        return settings.model_copy(update={"epochs": self.epochs, "max_steps": self.max_steps})
