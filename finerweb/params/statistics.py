"""Section `statistics`."""

from pydantic import Field

from finerweb.params.load import Section


class StatisticsParams(Section):
    """What the tables list."""

    top_types: int = Field(ge=1)
