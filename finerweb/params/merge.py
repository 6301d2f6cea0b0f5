"""Section `merge`."""

from typing import Literal

from pydantic import Field

from finerweb.params.load import Section


class MergeParams(Section):
    """How the annotators' spans become one set (sections 4.5 and 13 of the paper's facts)."""

    policy: Literal["released", "printed", "union"]
    overlap: float = Field(gt=0, le=1)
    overlap_of: Literal["longer", "shorter", "union"]
    one_to_many: Literal["best", "all"]
    boundaries: Literal["longer", "shorter", "first"]
    order: Literal["annotators", "alphabet"]
    similarity: float = Field(ge=-1, le=1)
    below: Literal["longer", "first"]
