"""Section `filter`."""

from pydantic import Field

from finerweb.params.load import Section


class FilterParams(Section):
    """Which passages are kept (section 3 of the paper's facts)."""

    threshold: float
    quota: int = Field(ge=1)
    rows: int = Field(ge=1)
    batch_size: int = Field(ge=1)
    identifier: str
    reject_english: bool
