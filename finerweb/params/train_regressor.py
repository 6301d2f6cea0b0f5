"""Section `train_regressor`."""

from itertools import product

from pydantic import Field

from finerweb.params.load import Section


class TrainRegressorParams(Section):
    """The grid, and the settings of one training."""

    raters: list[str] = Field(min_length=1)
    tasks: list[str] = Field(min_length=1)
    backbones: list[str] = Field(min_length=1)
    seeds: list[int] = Field(min_length=1)
    learning_rate: float = Field(gt=0)
    batch_size: int = Field(ge=1)
    epochs: int = Field(ge=1)
    max_length: int = Field(ge=8)
    folds: int = Field(ge=2)
    freeze_embeddings: bool
    useful_from: float
    min_documents: int = Field(ge=1)

    def names(self) -> list[str]:
        """Return the names of the grid's regressors, as DVC names their instances."""
        grid = product(self.raters, self.tasks, self.backbones, map(str, self.seeds))
        return ["-".join(items) for items in grid]
