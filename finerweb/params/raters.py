"""Section `raters.<name>`."""

from typing import Annotated, Literal

from pydantic import Field

from finerweb.params.models import ServedModel

Probability = Annotated[float, Field(gt=0, lt=1)]


class RaterParams(ServedModel):
    """A rater, and how its rating is read out (`criteria` or `digit`).

    ``yes_at`` is for `criteria`: at which probability of yes each of the three counts half.
    """

    read_out: Literal["criteria", "digit"]
    yes_at: tuple[Probability, Probability, Probability]
