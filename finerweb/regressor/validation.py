"""Training what is published, and predicting rated passages by a regressor that never saw them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from finerweb.params.train_regressor import TrainRegressorParams
from finerweb.regressor.scores import calibration, confusion, macro
from finerweb.regressor.scoring import predict
from finerweb.regressor.tasks import classes, quality
from finerweb.regressor.training import SAVE_SECONDS, Rated, Run, train
from finerweb.tally import Tally


@dataclass(frozen=True, slots=True)
class Fitted:
    """A regressor to publish, and what one that had not seen them predicts for rated passages."""

    model: Any
    tokenizer: Any
    held_out: list[Rated]
    predictions: list[float]


def fit(
    examples: Sequence[Rated], run: Run, checkpoints: Path, save_seconds: float = SAVE_SECONDS
) -> Fitted:
    """Return the regressor of all examples with cross-validated predictions, or the paper's.

    ``validate: folds``: every passage is predicted by a training on the other folds, stratified by
    language and target; what is published is trained on all. ``validate: split``: one part,
    stratified by language, is kept apart, ends the training and is predicted; what is published is
    that training's best epoch (section 2 of the paper's facts). ``checkpoints`` is the folder where
    trainings leave what a killed run goes on from.

    Raises:
        ValueError: there are too few ratings for so many parts; or as `train`.
    """
    parts = _parts(examples, run.params, run.seed)
    held_out: list[Rated] = []
    predictions: list[float] = []
    for number, (seen, unseen) in enumerate(parts):
        mine, others = [examples[i] for i in seen], [examples[i] for i in unseen]
        kept_apart = others if run.params.validate_by == "split" else ()
        folder = checkpoints / f"part {number}"
        model, tokenizer = train(mine, run, folder, kept_apart, save_seconds)
        texts = [one.text for one in others]
        length = run.params.max_length
        found = predict(model, tokenizer, texts, length, length * run.params.batch_size)
        held_out += others
        predictions += found.tolist()
    if run.params.validate_by == "folds":
        model, tokenizer = train(examples, run, checkpoints / "whole", (), save_seconds)
    return Fitted(model, tokenizer, held_out, predictions)


def _parts(
    examples: Sequence[Rated], params: TrainRegressorParams, seed: int
) -> list[tuple[Sequence[int], Sequence[int]]]:
    """Return (seen, unseen) positions of each training; the one of a split is its first fold's."""
    from sklearn.model_selection import StratifiedKFold

    if len(examples) < params.folds:
        raise ValueError(
            f"{len(examples)} ratings: expected at least train_regressor.folds, {params.folds}"
        )
    by_language = params.validate_by == "split"
    strata = [one.language if by_language else f"{one.language} {one.target}" for one in examples]
    # Strata smaller than the number of folds are put together.
    rest = ["" if by_language else str(one.target) for one in examples]
    counts = {stratum: strata.count(stratum) for stratum in set(strata)}
    strata = [s if counts[s] >= params.folds else r for s, r in zip(strata, rest, strict=True)]
    folds = StratifiedKFold(params.folds, shuffle=True, random_state=seed)
    parts = list(folds.split(np.zeros(len(strata)), strata))
    return parts[:1] if by_language else parts


def report(
    fitted: Fitted, task: str, params: TrainRegressorParams, tallies: Mapping[str, Tally]
) -> dict[str, Any]:
    """Return the counts of the ratings, and the metrics of the held-out predictions.

    ``classes`` is the paper's: class-macro precision, recall and F1 after rounding, here pooled, by
    language, and as the mean over languages. ``rated`` asks whether useful and useless were told
    apart as the rater did, one question for both tasks; ``human`` asks the same against the human's
    word. Languages have figures from ``params.min_documents`` held-out passages on.
    """
    languages: dict[str, list[int]] = {}
    for i, one in enumerate(fitted.held_out):
        languages.setdefault(one.language, []).append(i)
    figures = {
        code: _scores(fitted, rows, task, params)
        for code, rows in sorted(languages.items())
        if len(rows) >= params.min_documents
    }
    targets = [one.target for one in fitted.held_out]
    return sum(tallies.values(), Tally()).metrics() | {
        "without_ratings": sorted(code for code, tally in tallies.items() if not tally.kept),
        "pooled": _scores(fitted, range(len(targets)), task, params),
        "languages": figures,
        "mean_over_languages": _mean([row["classes"] for row in figures.values()]),
        "confusion": confusion(targets, fitted.predictions, task),
        "calibration": calibration(targets, fitted.predictions, task),
    }


def _mean(rows: Sequence[Any]) -> dict[str, float] | None:
    if not rows:
        return None
    return {name: fmean(row[name] for row in rows) for name in ("precision", "recall", "f1")}


def _scores(
    fitted: Fitted, rows: Sequence[int], task: str, params: TrainRegressorParams
) -> dict[str, object]:
    pairs = [(fitted.held_out[i], fitted.predictions[i]) for i in rows]
    useful = [quality(predicted, task, params.useful_from) > 0.5 for _, predicted in pairs]
    scores: dict[str, object] = {
        "n": len(pairs),
        "mse": fmean((one.target - predicted) ** 2 for one, predicted in pairs),
        "classes": macro(
            [classes(one.target, task) for one, _ in pairs],
            [classes(predicted, task) for _, predicted in pairs],
        ),
        "rated": macro([one.score >= params.useful_from for one, _ in pairs], useful),
    }
    known = [(e.useful, u) for (e, _), u in zip(pairs, useful, strict=True) if e.useful is not None]
    if known:
        scores["human"] = macro([gold for gold, _ in known], [found for _, found in known])
    return scores
