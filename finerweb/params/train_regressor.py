"""Section `train_regressor`."""

from dataclasses import dataclass
from itertools import product
from typing import Literal, Self

from pydantic import Field, model_validator

from finerweb.params.load import Section


@dataclass(frozen=True, slots=True)
class Instance:
    """A regressor of the grid."""

    rater: str
    task: str
    backbone: str
    seed: int

    @property
    def name(self) -> str:
        """Return what DVC calls its instance."""
        return f"{self.rater}-{self.task}-{self.backbone}-{self.seed}"


class TrainRegressorParams(Section):
    """The grid, and the settings of one training."""

    raters: list[str] = Field(min_length=1)
    tasks: list[str] = Field(min_length=1)
    backbones: list[str] = Field(min_length=1)
    seeds: list[int] = Field(min_length=1)
    languages: list[str] | None = Field(min_length=1)
    learning_rate: float = Field(gt=0)
    batch_size: int = Field(ge=1)
    epochs: int = Field(ge=1)
    precision: Literal["bfloat16", "float32"]
    max_length: int = Field(ge=8)
    validate_by: Literal["folds", "split"]
    folds: int = Field(ge=2)
    patience: int | None = Field(ge=1)
    freeze_embeddings: bool
    useful_from: float
    min_documents: int = Field(ge=1)

    @model_validator(mode="after")
    def _can_stop_early(self) -> Self:
        if self.patience is not None and self.validate_by == "folds":
            raise ValueError("patience needs validate_by: split; with folds it must be null")
        return self

    def grid(self) -> list[Instance]:
        """Return the grid's regressors, in the order of params.yaml."""
        lists = (self.raters, self.tasks, self.backbones, self.seeds)
        return [Instance(*items) for items in product(*lists)]
