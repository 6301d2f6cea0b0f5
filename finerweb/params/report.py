"""Section `report`."""

from pydantic import Field

from finerweb.params.load import Section


class ReportParams(Section):
    """How much of the data the report holds, and in what pieces."""

    passages: int | None = Field(ge=1)
    chunk: int = Field(ge=1)
