"""Cross-validation: every rated passage is predicted by a regressor that has not seen it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from finerweb.params.train_regressor import TrainRegressorParams
from finerweb.regressor.scoring import predict
from finerweb.regressor.tasks import classes, quality
from finerweb.regressor.training import Rated, train


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
    min_documents: int,
) -> dict[str, object]:
    """Return the metrics of held-out predictions.

    ``classes`` is the paper's: class-macro precision, recall and F1 after rounding. ``rated`` asks
    whether useful and useless were told apart as the rater did, on one scale for both tasks;
    ``human`` asks the same against the human's word. Languages are listed on their own only from
    ``min_documents`` on.
    """
    metrics: dict[str, object] = {"pooled": _scores(examples, predictions, task)}
    languages = sorted({example.language for example in examples})
    by_language = {}
    for language in languages:
        rows = [i for i, example in enumerate(examples) if example.language == language]
        if len(rows) >= min_documents:
            by_language[language] = _scores([examples[i] for i in rows], predictions[rows], task)
    return metrics | {"languages": by_language}


def _scores(
    examples: Sequence[Rated], predictions: "np.ndarray[Any, np.dtype[np.float32]]", task: str
) -> dict[str, object]:
    useful = [quality(float(p), task) > 0.5 for p in predictions]
    pairs = zip(examples, predictions, strict=True)
    scores: dict[str, object] = {
        "n": len(examples),
        "mse": float(np.mean([(e.target - p) ** 2 for e, p in pairs])),
        "classes": macro(
            [classes(example.target, task) for example in examples],
            [classes(float(p), task) for p in predictions],
        ),
        "rated": macro([quality(e.target, task) > 0.5 for e in examples], useful),
    }
    known = [(e.useful, u) for e, u in zip(examples, useful, strict=True) if e.useful is not None]
    if known:
        scores["human"] = macro([want for want, _ in known], [got for _, got in known])
    return scores


def macro(want: Sequence[object], got: Sequence[object]) -> dict[str, float]:
    """Return class-macro precision, recall and F1; a class never predicted has precision 0."""
    from sklearn.metrics import precision_recall_fscore_support

    precision, recall, f1, _ = precision_recall_fscore_support(
        want, got, average="macro", zero_division=0
    )
    return {"precision": float(precision), "recall": float(recall), "f1": float(f1)}
