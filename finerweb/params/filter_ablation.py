"""Section `filter_ablation`."""

from pydantic import Field

from finerweb.params.load import Section


class StudentParams(Section):
    """The token classifier that each arm's annotations teach."""

    backbone: str
    seeds: list[int] = Field(min_length=1)
    learning_rate: float = Field(gt=0)
    batch_size: int = Field(ge=1)
    epochs: int = Field(ge=1)
    max_length: int = Field(ge=8)
    freeze_embeddings: bool


class FilterAblationParams(Section):
    """What is compared, and by whom it is annotated."""

    annotator: str
    passages: int = Field(ge=1)
    thresholds: list[float]
    student: StudentParams | None
