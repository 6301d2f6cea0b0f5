"""Section `judges.<name>`."""

from pydantic import Field

from finerweb.params.models import ServedModel


class JudgeModel(ServedModel):
    """A judge, and the bounds on what it may reply; an explanation of 0 characters is none."""

    max_listed: int = Field(ge=1)
    max_explanation: int = Field(ge=0)
    max_tokens: int = Field(ge=1)
