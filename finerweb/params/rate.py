"""Section `rate`."""

from pydantic import Field

from finerweb.params.load import Section


class RateParams(Section):
    """Which raters are used."""

    raters: list[str] = Field(min_length=1)
