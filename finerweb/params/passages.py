"""Section `passages`."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from finerweb.params.gold import GoldKind, TextKind
from finerweb.params.load import Section


class NearDuplicates(Section):
    """What tells near duplicates: MinHash bands over runs of words."""

    bands: int = Field(ge=0, le=256)
    rows: int = Field(ge=1, le=256)
    words: int = Field(ge=1)


class EvaluationSet(Section):
    """A set that must not be learnt from: a file, or those of a folder, chosen by their names.

    Kinds are those of ``evaluate.sets`` but sample, ``plain`` (a text a line) and ``jsonl`` (JSON
    lines with ``text``); ``split`` is as there.
    """

    kind: Literal[GoldKind, TextKind]
    path: Path
    split: str | None

    @model_validator(mode="before")
    @classmethod
    def is_more_than_a_path(cls, value: object) -> object:
        """Refuse a path alone: what a file looks like does not tell how it is to be read."""
        if isinstance(value, str | Path):
            raise ValueError(
                "expected kind, path and split, as in "
                f"{{kind: plain, path: {value}, split: null}} for a text a line"
            )
        return value


class PassagesParams(Section):
    """How documents are cut, and which passages are dropped."""

    words: int = Field(ge=1)
    min_words: int = Field(ge=1)
    language_check: Literal["match", "reject_english", "none"]
    identifier: str
    min_script_share: float = Field(ge=0, le=1)
    near_duplicates: NearDuplicates
    evaluation_texts: list[EvaluationSet]
    evaluation_words: int = Field(ge=2)
    personal_data: Literal["keep", "mask", "drop"]
    gold: Path
