"""Section `passages`."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from finerweb.params.load import Section


class NearDuplicates(Section):
    """What tells near duplicates: MinHash bands over runs of words."""

    bands: int = Field(ge=0, le=256)
    rows: int = Field(ge=1, le=256)
    words: int = Field(ge=1)


class PassagesParams(Section):
    """How documents are cut, and which passages are dropped."""

    words: int = Field(ge=1)
    min_words: int = Field(ge=1)
    language_check: Literal["match", "reject_english", "none"]
    identifier: str
    min_script_share: float = Field(ge=0, le=1)
    near_duplicates: NearDuplicates
    evaluation_texts: list[Path]
    evaluation_words: int = Field(ge=2)
    personal_data: Literal["keep", "mask", "drop"]
    gold: Path
