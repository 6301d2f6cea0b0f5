"""Section `select_regressor`."""

from typing import Literal

from finerweb.params.load import Section


class SelectRegressorParams(Section):
    """The score by which regressors are compared."""

    by: Literal["rated", "human"]
