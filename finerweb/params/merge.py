"""Section `merge`."""

from typing import Literal

from pydantic import Field

from finerweb.params.load import Section


class MergeParams(Section):
    """When two annotators' spans become one entity (section 4.5 of the paper's facts)."""

    overlap: float = Field(gt=0, le=1)
    overlap_of: Literal["longer", "shorter", "union"]
    similarity: float = Field(ge=-1, le=1)
    below: Literal["concat", "longer"]
    encoder: str
