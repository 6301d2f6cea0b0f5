"""Section `raters.<name>`."""

from typing import Literal

from finerweb.params.models import ServedModel


class RaterParams(ServedModel):
    """A rater, and how its rating is read out (`criteria` or `digit`)."""

    read_out: Literal["criteria", "digit"]
