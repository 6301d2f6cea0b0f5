"""How well predictions fit: class-macro figures, confusion matrix, calibration."""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean

from finerweb.regressor.tasks import RANGE, classes

BINS = 10


def macro(gold: Sequence[object], predicted: Sequence[object]) -> dict[str, float]:
    """Return class-macro precision, recall and F1; a class never predicted has precision 0."""
    from sklearn.metrics import precision_recall_fscore_support

    precision, recall, f1, _ = precision_recall_fscore_support(
        gold, predicted, average="macro", zero_division=0
    )
    return {"precision": float(precision), "recall": float(recall), "f1": float(f1)}


def confusion(
    targets: Sequence[float], predictions: Sequence[float], task: str
) -> dict[str, dict[str, int]]:
    """Return how often each class (outer key) was predicted as each class (inner key)."""
    low, high = RANGE[task]
    pairs = Counter(
        (classes(target, task), classes(predicted, task))
        for target, predicted in zip(targets, predictions, strict=True)
    )
    names = range(low, high + 1)
    return {str(gold): {str(found): pairs[gold, found] for found in names} for gold in names}


def calibration(
    targets: Sequence[float], predictions: Sequence[float], task: str
) -> dict[str, object]:
    """Return the mean target of passages with like predictions, and how far the two are apart.

    Ten bins of equal width over the task's range; predictions beyond it count in the outermost.
    ``error`` is the mean distance of a bin's mean prediction from its mean target, weighted by the
    passages in it (the expected calibration error).
    """
    low, high = RANGE[task]
    bins: dict[int, list[int]] = {}
    for i, predicted in enumerate(predictions):
        place = int((predicted - low) / (high - low) * BINS)
        bins.setdefault(min(max(place, 0), BINS - 1), []).append(i)
    found = [
        {
            "n": len(members),
            "predicted": fmean(predictions[i] for i in members),
            "rated": fmean(targets[i] for i in members),
        }
        for _, members in sorted(bins.items())
    ]
    apart = sum(one["n"] * abs(one["predicted"] - one["rated"]) for one in found)
    return {"error": apart / len(predictions), "bins": found}
