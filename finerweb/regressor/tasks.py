"""The two tasks: ``binary`` (0 or 1, useful or not) and ``multiclass`` (the score, 1 to 4)."""

from finerweb.params.train_regressor import TrainRegressorParams

RANGE = {"binary": (0, 1), "multiclass": (1, 4)}
"""The lowest and the highest class of each task."""
TASKS = tuple(RANGE)


def target(score: int, task: str, params: TrainRegressorParams) -> float:
    """Return what the regressor is to predict for a rated passage."""
    return float(score) if task == "multiclass" else float(score >= params.useful_from)


def quality(prediction: float, task: str, useful_from: float) -> float:
    """Return a prediction as a quality score, comparable between tasks: useful above 0.5.

    Of the multi-class scale it is the linear map on which a difference of 3 is 1, and the point
    where rounding turns to ``useful_from`` is 0.5.
    """
    if task == "binary":
        return prediction
    return (prediction - (useful_from - 0.5)) / 3 + 0.5


def classes(value: float, task: str) -> int:
    """Return a target or a prediction rounded to the nearest class, halves up, and clipped."""
    low, high = RANGE[task]
    return min(max(int(value + 0.5) if value > 0 else 0, low), high)
