"""Section `annotate`."""

from pydantic import Field

from finerweb.params.load import Section


class AnnotateParams(Section):
    """Which annotators are used, in the order of their types in a merged label."""

    annotators: list[str] = Field(min_length=1)
