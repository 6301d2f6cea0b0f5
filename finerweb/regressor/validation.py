"""Cross-validation: every rated passage is predicted by a regressor that has not seen it."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from finerweb.params.train_regressor import TrainRegressorParams
from finerweb.regressor.scoring import predict
from finerweb.regressor.tasks import classes, quality
from finerweb.regressor.training import Rated, train
from finerweb.tally import Tally


def cross_validate(
    examples: Sequence[Rated], backbone: Path, params: TrainRegressorParams, seed: int
) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """Return the held-out prediction for each example, shape (examples,).

    Folds are stratified by language and target.
    """
    from sklearn.model_selection import StratifiedKFold

    strata = [f"{example.language} {example.target}" for example in examples]
    counts = {stratum: strata.count(stratum) for stratum in strata}
    strata = [s if counts[s] >= params.folds else s.split()[1] for s in strata]
    predictions = np.empty(len(examples), dtype=np.float32)
    folds = StratifiedKFold(params.folds, shuffle=True, random_state=seed)
    for seen, held_out in folds.split(np.zeros(len(strata)), strata):
        model, tokenizer = train([examples[i] for i in seen], backbone, params, seed)
        texts = [examples[i].text for i in held_out]
        predictions[held_out] = predict(
            model, tokenizer, texts, params.max_length, params.batch_size
        )
    return predictions


def report(
    examples: Sequence[Rated],
    predictions: "np.ndarray[Any, np.dtype[np.float32]]",
    task: str,
    params: TrainRegressorParams,
    unrated: int = 0,
) -> dict[str, object]:
    """Return the counts, and the metrics of held-out predictions.

    ``classes`` is the paper's: class-macro precision, recall and F1 after rounding. ``rated`` asks
    whether useful and useless were told apart as the rater did, one question for both tasks;
    ``human`` asks the same against the human's word. Languages are listed on their own only from
    ``params.min_documents`` on.
    """
    tally = Tally()
    tally.keep(len(examples))
    tally.drop("unrated", unrated)
    by_language: dict[str, list[int]] = {}
    for i, example in enumerate(examples):
        by_language.setdefault(example.language, []).append(i)
    everything = list(range(len(examples)))
    return tally.metrics() | {
        "pooled": _scores(examples, predictions, everything, task, params),
        "languages": {
            language: _scores(examples, predictions, rows, task, params)
            for language, rows in sorted(by_language.items())
            if len(rows) >= params.min_documents
        },
    }


def _scores(
    examples: Sequence[Rated],
    predictions: "np.ndarray[Any, np.dtype[np.float32]]",
    rows: Sequence[int],
    task: str,
    params: TrainRegressorParams,
) -> dict[str, object]:
    pairs = [(examples[i], float(predictions[i])) for i in rows]
    useful = [quality(predicted, task, params.useful_from) > 0.5 for _, predicted in pairs]
    scores: dict[str, object] = {
        "n": len(pairs),
        "mse": fmean((example.target - predicted) ** 2 for example, predicted in pairs),
        "classes": macro(
            [classes(example.target, task) for example, _ in pairs],
            [classes(predicted, task) for _, predicted in pairs],
        ),
        "rated": macro([example.score >= params.useful_from for example, _ in pairs], useful),
    }
    known = [(e.useful, u) for (e, _), u in zip(pairs, useful, strict=True) if e.useful is not None]
    if known:
        scores["human"] = macro([gold for gold, _ in known], [found for _, found in known])
    return scores


def macro(gold: Sequence[object], predicted: Sequence[object]) -> dict[str, float]:
    """Return class-macro precision, recall and F1; a class never predicted has precision 0."""
    from sklearn.metrics import precision_recall_fscore_support

    precision, recall, f1, _ = precision_recall_fscore_support(
        gold, predicted, average="macro", zero_division=0
    )
    return {"precision": float(precision), "recall": float(recall), "f1": float(f1)}
