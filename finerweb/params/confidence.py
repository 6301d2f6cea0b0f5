"""Section `confidence`."""

from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from finerweb.params.load import Section
from finerweb.params.train_binder import TrainBinderParams


class GlinerStudentParams(Section):
    """A GLiNER that is the student: where it begins, how it reads, how it is taught and asked.

    It begins with ``model``, a whole GLiNER, or anew on ``encoder``, with spans of up to
    ``max_width`` words. It reads ``max_words`` words of a text at once, and of these and the types
    ``max_length`` subword tokens.
    """

    model: str | None
    encoder: str | None
    max_width: int = Field(ge=1)
    max_words: int = Field(ge=1)
    max_length: int = Field(ge=8)
    words: Literal["icu", "gliner"]
    types_at_once: int = Field(ge=1)
    batch_size: int = Field(ge=1)
    learning_rate: float = Field(gt=0)
    warmup: float = Field(ge=0, lt=1)
    freeze_embeddings: bool

    @model_validator(mode="after")
    def begins_once(self) -> Self:
        """Refuse a GLiNER that begins with nothing, or with two things; and too narrow windows."""
        if (self.model is None) == (self.encoder is None):
            raise ValueError("expected either model or encoder, the other null")
        if self.encoder is not None and self.max_words < self.max_width:
            raise ValueError(f"max_words must be at least max_width ({self.max_width})")
        return self


class ConfidenceParams(Section):
    """How students are trained on folds, how they score, and how scores are told.

    ``tokens`` are those of Binder's batches, ``gliner`` is of the other kind of student. ``edges``
    are the probabilities that part the four subsets: an entity at an edge is above it.
    """

    student: Literal["binder", "gliner"]
    folds: int = Field(ge=2)
    seeds: list[int] = Field(min_length=1)
    epochs: int = Field(ge=1)
    max_steps: int | None = Field(ge=1)
    passages: int = Field(ge=1)
    tokens: int = Field(ge=8)
    gliner: GlinerStudentParams
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
