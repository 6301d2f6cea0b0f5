"""Section `variants`."""

from typing import Literal

from pydantic import Field

from finerweb.params.load import Section


class SatParams(Section):
    """The Segment-Any-Text model that finds sentences."""

    model: str
    tokenizer: str
    threshold: float = Field(gt=0, lt=1)


class VariantsParams(Section):
    """What a variant leaves out, and who cuts it into sentences."""

    annotated_only: bool
    sentences: Literal["icu", "sat", "none"]
    sat: SatParams
