"""Section `ground`."""

from typing import Literal

from finerweb.params.load import Section


class GroundParams(Section):
    """Which grounding rule is used (sections 4.4 of the paper's facts)."""

    rule: Literal["cursor", "all"]
