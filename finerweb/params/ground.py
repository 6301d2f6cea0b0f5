"""Section `ground`."""

from typing import Literal

from finerweb.params.load import Section


class GroundParams(Section):
    """How mentions are looked for in their passage (section 4.4 of the paper's facts)."""

    rule: Literal["cursor", "all", "nearest"]
    words: Literal["anywhere", "prefer", "require"]
    second_look: list[Literal["nfc", "quotes", "zero_width", "case"]]
