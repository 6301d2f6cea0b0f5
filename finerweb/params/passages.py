"""Section `passages`."""

from typing import Literal

from pydantic import Field

from finerweb.params.load import Section


class PassagesParams(Section):
    """How documents are cut, and which passages are dropped."""

    words: int = Field(ge=1)
    min_words: int = Field(ge=1)
    language_check: Literal["match", "reject_english", "none"]
    identifier: str
