"""Scores of predictions on gold sets: overall, by language and by type, with intervals.

Rules (`finerweb.evaluation.matching`), all micro-averaged: ``exact``, the paper's, place and type;
``tokens``, the same after both sides are set on the set's tokens, which is what seqeval computes;
``mention``, places alone; ``partial`` and ``type``, nervaluate's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finerweb.columns import integers
from finerweb.evaluation.bootstrap import interval, resampled
from finerweb.evaluation.matching import Floats, credits_of, exact
from finerweb.evaluation.spans import SpanColumns, columns, in_order, on_tokens, token_columns
from finerweb.gold.records import GoldText
from finerweb.params.evaluate import EvaluateParams

ON_CHARACTERS = ("exact", "mention", "partial", "type")
ON_TOKENS = "tokens"
_FIXED = ("gold", "predicted", *ON_CHARACTERS, "gold tokens", "predicted tokens", ON_TOKENS)


@dataclass(frozen=True, slots=True)
class Counts:
    """What is counted of a predictor's work on texts of a set.

    ``passages`` (passages, k): `_FIXED`, then gold, predicted and right of each type; ``answered``
    is the number of texts in which something was predicted.
    """

    types: tuple[str, ...]
    passages: Floats
    answered: int
    has_tokens: bool


@dataclass(frozen=True, slots=True)
class Sums:
    """Counts summed over passages: as they are (k,), and over each resample (resamples, k)."""

    texts: int
    answered: int
    has_tokens: bool
    whole: Floats
    drawn: Floats

    def __add__(self, other: "Sums") -> "Sums":
        """Return the sums over both; the resamples are paired, so languages are strata."""
        return Sums(
            self.texts + other.texts,
            self.answered + other.answered,
            self.has_tokens and other.has_tokens,
            self.whole + other.whole,
            self.drawn + other.drawn,
        )


def total(parts: Iterable[Sums]) -> Sums:
    """Return the sums over all parts, of which there is at least one."""
    return reduce(add, parts)


def predicted_by(predictor: str, source: str, table: pa.Table) -> pa.Table:
    """Return a predictor's rows for a set of a `predictions` table."""
    is_theirs = pc.and_(pc.equal(table["predictor"], predictor), pc.equal(table["source"], source))
    return table.filter(is_theirs)


def count(texts: Sequence[GoldText], found: pa.Table, types: Sequence[str]) -> Counts:
    """Return the counts of texts and a predictor's rows of the `predictions` table for them.

    Raises:
        ValueError: a text has no row, or its row is of another text or gold; predict anew.
    """
    numbers = {kind: i for i, kind in enumerate(types)}
    gold = columns([[(s.start, s.end, s.type) for s in one.spans] for one in texts], numbers)
    predicted = _predicted(texts, found, numbers)
    n = len(texts)
    credit = credits_of(gold, predicted)
    parts = [
        _per_text(gold, n),
        _per_text(predicted, n),
        *(_per_text(predicted, n, getattr(credit, rule)) for rule in ON_CHARACTERS),
    ]
    has_tokens = all(one.tokens is not None for one in texts)
    parts += _token_counts(texts, gold, predicted) if has_tokens else [np.zeros(n)] * 3
    by_type = np.stack(
        [
            _per_type(gold, n, len(types)),
            _per_type(predicted, n, len(types)),
            _per_type(predicted, n, len(types), credit.exact),
        ],
        axis=2,
    ).reshape(n, 3 * len(types))
    return Counts(
        tuple(types), np.column_stack([*parts, by_type]), int((parts[1] > 0).sum()), has_tokens
    )


def _token_counts(
    texts: Sequence[GoldText], gold: SpanColumns, predicted: SpanColumns
) -> list[Floats]:
    tokens = token_columns([one.tokens or () for one in texts])
    gold, predicted = on_tokens(gold, tokens), on_tokens(predicted, tokens)
    n = len(texts)
    right = _per_text(predicted, n, exact(gold, predicted))
    return [_per_text(gold, n), _per_text(predicted, n), right]


def _predicted(
    texts: Sequence[GoldText], found: pa.Table, numbers: Mapping[str, int]
) -> SpanColumns:
    """Return the predicted spans by columns; passages go by the texts' order."""
    row_of = {gold_id: i for i, gold_id in enumerate(found["gold_id"].to_pylist())}
    digests = found["gold"].to_pylist()
    for one in texts:
        row = row_of.get(one.gold_id)
        if row is None or digests[row] != one.digest:
            raise ValueError(
                f"text {one.gold_id} of set {one.source}: the predictions "
                f"{'are of another one' if row is not None else 'have no such text'}; the set has "
                "changed since they were made: run `dvc repro --force --single-item predict`"
            )
    rows = found.take(pa.array([row_of[one.gold_id] for one in texts], pa.int64()))
    spans = rows["spans"].combine_chunks()
    flat = spans.flatten()
    encoded = pc.index_in(flat.field("type"), pa.array(list(numbers), pa.string()))
    sizes = pc.list_value_length(spans).to_numpy(zero_copy_only=False)
    return in_order(
        np.repeat(np.arange(len(texts)), sizes),
        integers(flat.field("start")),
        integers(flat.field("end")),
        integers(encoded),
    )


def _per_text(spans: SpanColumns, n: int, weights: Any = None) -> Floats:
    return np.bincount(spans.passage, weights, minlength=n).astype(np.float64)


def _per_type(spans: SpanColumns, n: int, n_types: int, weights: Any = None) -> Floats:
    cells = np.bincount(spans.passage * n_types + spans.type, weights, minlength=n * n_types)
    return cells.reshape(n, n_types).astype(np.float64)


def summed(counts: Counts, params: EvaluateParams, name: str) -> Sums:
    """Return the sums of counts, and of their resamples; ``name`` names set and language."""
    return Sums(
        len(counts.passages),
        counts.answered,
        counts.has_tokens,
        counts.passages.sum(0),
        resampled(counts.passages, params.resamples, params.seed, name),
    )


def rules(sums: Sums, confidence: float) -> dict[str, Any]:
    """Return the score by each rule, for a metrics file; ``tokens`` is None without tokens."""
    place = {name: i for i, name in enumerate(_FIXED)}
    figures: dict[str, Any] = {
        rule: _score(sums, (place["gold"], place["predicted"], place[rule]), confidence)
        for rule in ON_CHARACTERS
    }
    on_tokens = (place["gold tokens"], place["predicted tokens"], place[ON_TOKENS])
    figures[ON_TOKENS] = _score(sums, on_tokens, confidence) if sums.has_tokens else None
    return figures | {"texts": sums.texts, "texts_with_predictions": sums.answered}


def exact_f1(sums: Sums) -> Floats:
    """Return the exact F1 of all texts, then that of each resample, (1 + resamples,)."""
    gold, predicted, right = (_FIXED.index(name) for name in ("gold", "predicted", "exact"))
    every = np.vstack([sums.whole, sums.drawn])
    return _f1(every[:, gold], every[:, predicted], every[:, right])


def by_type(sums: Sums, types: Sequence[str], confidence: float) -> dict[str, Any]:
    """Return the exact score of each type."""
    first = len(_FIXED)
    return {
        kind: _score(sums, (first + 3 * i, first + 3 * i + 1, first + 3 * i + 2), confidence)
        for i, kind in enumerate(types)
    }


def _score(sums: Sums, places: tuple[int, int, int], confidence: float) -> dict[str, float]:
    gold, predicted, right = (float(sums.whole[i]) for i in places)
    low, high = interval(_f1(*(sums.drawn[:, i] for i in places)), confidence)
    return {
        "f1": float(_f1(*(sums.whole[[i]] for i in places))[0]),
        "low": low,
        "high": high,
        "precision": right / predicted if predicted else 0.0,
        "recall": right / gold if gold else 0.0,
        "gold": int(gold),
        "predicted": int(predicted),
    }


def _f1(gold: Floats, predicted: Floats, right: Floats) -> Floats:
    """Return F1 by element; 0 of nothing."""
    f1: Floats = 2 * right / np.maximum(gold + predicted, 1)
    return f1
