"""Section `annotators.<name>`."""

from pydantic import Field

from finerweb.params.models import ServedModel


class AnnotatorParams(ServedModel):
    """An annotator, and the bounds on what it may reply."""

    max_mentions: int = Field(ge=1)
    max_tokens: int = Field(ge=1)
