"""Section `filter`."""

from typing import Literal

from pydantic import Field

from finerweb.params.load import Section


class FilterParams(Section):
    """Which passages are kept (section 3 of the paper's facts), and how they are scored."""

    rule: Literal["first", "top_k"]
    threshold: float
    quota: int = Field(ge=1)
    rows: int = Field(ge=1)
    tokens: int = Field(ge=1)
    precision: Literal["float32", "bfloat16"]
    identifier: str
    reject_english: bool
