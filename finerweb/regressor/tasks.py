"""The two tasks: ``binary`` (0 or 1, useful or not) and ``multiclass`` (the score, 1 to 4)."""

TASKS = ("binary", "multiclass")


def target(score: int, task: str, useful_from: float) -> float:
    """Return what the regressor is to predict for a rated passage."""
    return float(score) if task == "multiclass" else float(score >= useful_from)


def quality(prediction: float, task: str) -> float:
    """Return a prediction as a quality score, comparable between tasks: useful above 0.5.

    Of the multi-class scale it is the linear map of 1..4 to 0..1, under which 2.5, where rounding
    turns to the useful 3, is 0.5.
    """
    return (prediction - 1) / 3 if task == "multiclass" else prediction


def classes(value: float, task: str) -> int:
    """Return a target or a prediction rounded to the nearest class, halves up, and clipped."""
    low, high = (1, 4) if task == "multiclass" else (0, 1)
    return min(max(int(value + 0.5) if value > 0 else 0, low), high)
