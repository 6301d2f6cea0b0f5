"""Section `evaluate`."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from finerweb.languages import language
from finerweb.params.gold import GoldKind
from finerweb.params.load import Section

SAMPLE = "sample"


class GoldSetParams(Section):
    """A human-labelled set: where it is, how it is read, and which types are asked for.

    ``path`` and ``language`` are null for the documents' own gold (kind sample); ``split`` chooses
    files of a folder by their names; ``types`` null: those that occur; ``labels`` null: as the
    table of labels has them.
    """

    name: str = Field(pattern=r"^[\w.-]+$")
    kind: Literal["sample", GoldKind]
    path: Path | None
    language: str | None
    split: str | None
    types: list[str] | None
    labels: dict[str, str] | None

    @model_validator(mode="after")
    def is_told(self) -> Self:
        """Refuse a set that is not said where to find, or a language that is unknown."""
        if self.kind != SAMPLE and self.path is None:
            raise ValueError(f"set {self.name}: expected the path of its file or folder, got null")
        if self.kind not in (SAMPLE, "spans") and self.language is None:
            raise ValueError(f"set {self.name}: expected its language, as in swh_Latn, got null")
        if self.language is not None:
            language(self.language)
        return self


class BinderParams(Section):
    """A student of this project, by the name of the folder that its stage wrote; how it is asked.

    Batches hold so many ``tokens``; a span is found that scores more than ``margin`` above the
    threshold of its type.
    """

    kind: Literal["binder"]
    instance: str
    tokens: int = Field(ge=1)
    precision: Literal["float32", "bfloat16"]
    margin: float


class GlinerParams(Section):
    """A GLiNER model: a reference as at the top of params.yaml, and how it is asked."""

    kind: Literal["gliner"]
    model: str
    threshold: float = Field(ge=0, le=1)
    batch_size: int = Field(ge=1)
    words: Literal["gliner", "icu"]
    types_at_once: int = Field(ge=1)


PredictorParams = Annotated[BinderParams | GlinerParams, Field(discriminator="kind")]


class EvaluateParams(Section):
    """Who predicts on which sets, and how predictions are scored."""

    predictors: dict[str, PredictorParams]
    sets: list[GoldSetParams] = Field(min_length=1)
    overlaps: Literal["longest", "all"]
    shared_words: int = Field(ge=2)
    resamples: int = Field(ge=1)
    confidence: float = Field(gt=0, lt=1)
    seed: int

    @field_validator("sets")
    @classmethod
    def are_distinct(cls, sets: list[GoldSetParams]) -> list[GoldSetParams]:
        """Refuse two sets of one name in one language."""
        names = [(one.name, one.language) for one in sets]
        if len(set(names)) < len(names):
            raise ValueError(f"a set is named twice in one language: {names}")
        return sets
