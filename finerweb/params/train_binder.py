"""Section `train_binder`."""

from dataclasses import dataclass
from itertools import product
from typing import Literal, Self

from pydantic import Field, model_validator

from finerweb.params.load import Section

JOINT = "joint"
PER_LANGUAGE = "per_language"


@dataclass(frozen=True, slots=True)
class Instance:
    """A training of the grid."""

    setup: str
    seed: int

    @property
    def name(self) -> str:
        """Return what DVC calls its instance."""
        return f"{self.setup}-{self.seed}"


class WeightParams(Section):
    """What each part of the loss counts (`finerweb.binder.losses`)."""

    start: float = Field(ge=0)
    end: float = Field(ge=0)
    span: float = Field(ge=0)
    contrast: float = Field(ge=0)
    threshold: float = Field(ge=0)


class ModelParams(Section):
    """What a model keeps from its training: how texts are cut, how wide spans may be."""

    projection: int = Field(ge=1)
    max_width: int = Field(ge=1)
    max_length: int = Field(ge=8)
    stride: int = Field(ge=0)
    verbalisation: str
    temperature: float = Field(gt=0)
    dropout: float = Field(ge=0, lt=1)

    @model_validator(mode="after")
    def _can_be_cut(self) -> Self:
        if self.stride > self.max_length // 2:
            raise ValueError(f"stride must be at most half of max_length ({self.max_length})")
        if "{type}" not in self.verbalisation:
            raise ValueError("verbalisation must say where the type goes: {type}")
        return self


class TrainBinderParams(Section):
    """The grid, and the settings of one training."""

    setups: list[Literal["joint", "per_language"]] = Field(min_length=1)
    seeds: list[int] = Field(min_length=1)
    variant: str
    languages: list[str] | None = Field(min_length=1)
    encoder: str
    type_encoder: str | None
    model: ModelParams
    weights: WeightParams
    positives: Literal["type", "concept"]
    mask_likeness: float | None = Field(gt=-1, le=1)
    mask_concepts: bool
    tokens: int = Field(ge=8)
    epochs: int = Field(ge=1)
    max_steps: int | None = Field(ge=1)
    learning_rate: float = Field(gt=0)
    warmup: float = Field(ge=0, lt=1)
    precision: Literal["bfloat16", "float32"]
    freeze_embeddings: bool

    def grid(self) -> list[Instance]:
        """Return the trainings of the grid, in the order of params.yaml."""
        return [Instance(*items) for items in product(self.setups, self.seeds)]
