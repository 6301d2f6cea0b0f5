"""Which predictions are right, and how sure one may be: beside nervaluate and seqeval too."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finerweb.evaluation.bootstrap import CELLS, interval, resampled
from finerweb.evaluation.matching import credits_of
from finerweb.evaluation.scoring import count as count_items
from finerweb.evaluation.spans import WIDTH, SpanColumns, columns, on_tokens, token_columns
from finerweb.evaluation.zero_shot import by_type, count, rules, summed
from finerweb.gold.records import GoldText
from finerweb.params.evaluate import EvaluateParams
from finerweb.records import Span
from finerweb.tables.predictions import PREDICTIONS

TYPES = ("date", "person", "place")
Found = tuple[int, int, str]
Side = list[list[Found]]


def numbered(side: Side) -> SpanColumns:
    return columns(side, {kind: i for i, kind in enumerate(TYPES)})


@st.composite
def flat_sides(draw: st.DrawFn, passages: int = 3) -> Side:
    """Return spans of passages that do not overlap one another."""
    side = []
    for _ in range(passages):
        ends = draw(st.lists(st.integers(0, 30), unique=True, max_size=12).map(sorted))
        pairs = list(pairwise(ends))[:: draw(st.sampled_from([1, 2]))]
        side.append([(a, b, draw(st.sampled_from(TYPES))) for a, b in pairs])
    return side


SPANS = st.tuples(st.integers(0, 12), st.integers(1, 6), st.sampled_from(TYPES))
ANY_SIDES = st.lists(
    st.lists(SPANS.map(lambda s: (s[0], s[0] + s[1], s[2])), max_size=6).map(sorted),
    min_size=3,
    max_size=3,
)
SIDES = st.one_of(flat_sides(), ANY_SIDES)


@pytest.mark.parametrize(
    ("gold", "predicted", "exact", "mention", "partial", "kind"),
    [
        ([(0, 4, "person")], [(0, 4, "person")], [1], [1], [1], [1]),
        ([(0, 4, "person")], [(0, 4, "place")], [0], [1], [1], [0]),
        ([(0, 4, "person")], [(0, 3, "person")], [0], [0], [0.5], [1]),
        ([(0, 4, "person")], [(4, 6, "person")], [0], [0], [0], [0]),
        ([(0, 4, "date")], [(0, 2, "date"), (2, 4, "date")], [0, 0], [0, 0], [0.5, 0], [1, 0]),
        ([(0, 2, "person"), (2, 4, "date")], [(0, 4, "date")], [0], [0], [0.5], [1]),
        ([(0, 4, "date")], [(0, 4, "date"), (0, 4, "date")], [1, 0], [1, 0], [1, 0], [1, 0]),
        ([(0, 9, "date"), (2, 4, "place")], [(2, 4, "place")], [1], [1], [1], [1]),
        ([], [(0, 4, "date")], [0], [0], [0], [0]),
        ([(0, 4, "date")], [], [], [], [], []),
        ([], [], [], [], [], []),
    ],
)  # fmt: skip
def test_credits(
    gold: list[Found],
    predicted: list[Found],
    exact: list[int],
    mention: list[int],
    partial: list[float],
    kind: list[int],
) -> None:
    credit = credits_of(numbered([gold]), numbered([predicted]))
    assert credit.exact.tolist() == exact
    assert credit.mention.tolist() == mention
    assert credit.partial.tolist() == partial
    assert credit.type.tolist() == kind


@given(SIDES, SIDES)
@settings(max_examples=30)
def test_exact_is_what_counting_says(gold: Side, predicted: Side) -> None:
    credit = credits_of(numbered(gold), numbered(predicted))
    by_hand = [count_items(g, p) for g, p in zip(gold, predicted, strict=True)]
    places = [
        count_items([x[:2] for x in g], [x[:2] for x in p])
        for g, p in zip(gold, predicted, strict=True)
    ]
    assert credit.exact.sum() == sum(one.correct for one in by_hand)
    assert credit.mention.sum() == sum(one.correct for one in places)


@given(SIDES, SIDES)
@settings(max_examples=30)
def test_lenient_rules_give_no_less(gold: Side, predicted: Side) -> None:
    credit = credits_of(numbered(gold), numbered(predicted))
    assert (credit.mention >= credit.exact).all()
    most = min(sum(map(len, gold)), sum(map(len, predicted)))
    assert credit.exact.sum() <= credit.mention.sum() <= most
    assert credit.partial.sum() <= most and credit.type.sum() <= most


@given(SIDES)
@settings(max_examples=30)
def test_gold_against_itself_is_right_by_every_rule(gold: Side) -> None:
    flat = [list(dict.fromkeys(spans)) for spans in gold]
    credit = credits_of(numbered(flat), numbered(flat))
    assert credit.exact.all() and credit.mention.all()
    assert (credit.partial == 1).all()


@pytest.mark.slow
@given(SIDES, SIDES)
@settings(max_examples=500)
def test_as_nervaluate_has_it(gold: Side, predicted: Side) -> None:
    nervaluate = pytest.importorskip("nervaluate", reason="nervaluate is in the extra dev")
    from nervaluate.strategies import EntityTypeEvaluation, ExactEvaluation, PartialEvaluation

    def inclusive(spans: list[Found]) -> list[Any]:
        return [nervaluate.entities.Entity(kind, start, end - 1) for start, end, kind in spans]

    credit = credits_of(numbered(gold), numbered(predicted))
    sums = {"partial": 0.0, "type": 0.0, "mention": 0.0}
    strategies = {
        "partial": PartialEvaluation(),
        "type": EntityTypeEvaluation(),
        "mention": ExactEvaluation(),
    }
    for g, p in zip(gold, predicted, strict=True):
        for name, strategy in strategies.items():
            result, _ = strategy.evaluate(inclusive(sorted(g)), inclusive(sorted(p)), list(TYPES))
            sums[name] += result.correct + 0.5 * result.partial
    assert credit.partial.sum() == sums["partial"]
    assert credit.type.sum() == sums["type"]
    if is_flat(gold) and is_flat(predicted):
        assert credit.mention.sum() == sums["mention"]


def is_flat(side: Side) -> bool:
    return all(a[1] <= b[0] for spans in side for a, b in pairwise(sorted(spans)))


def bio(spans: list[Found], n: int) -> list[str]:
    tags = ["O"] * n
    for start, end, kind in spans:
        tags[start:end] = [f"B-{kind}", *[f"I-{kind}"] * (end - start - 1)]
    return tags


def f1_on_tokens(gold: Side, predicted: Side) -> float | None:
    """Return the F1 on the tokens of a text of 30, of spans in tokens."""
    tokens = [[(3 * i, 3 * i + 2, "") for i in range(30)] for _ in gold]
    texts = [GoldText(str(i), "s", "deu_Latn", "abc" * 30, wide(spans), places(tokens[i]))
             for i, spans in enumerate(gold)]  # fmt: skip
    counts = count(
        texts, table([[(3 * a, 3 * b - 1, k) for a, b, k in s] for s in predicted], texts), TYPES
    )
    found: float | None = rules(summed(counts, PARAMS, "s"), 0.95)["tokens"]["f1"]
    return found


@pytest.mark.parametrize(
    ("gold", "predicted", "f1"),
    [
        ([[(0, 2, "date"), (3, 4, "place")]], [[(0, 2, "date"), (3, 4, "date")]], 0.5),
        ([[(0, 2, "date"), (2, 4, "date")]], [[(0, 4, "date")]], 0),
        ([[(0, 2, "date")], [(1, 3, "place"), (5, 6, "place")]],
         [[(0, 1, "date")], [(1, 3, "place")]], 0.4),
        ([[(0, 1, "date"), (1, 2, "date"), (2, 3, "date")], []],
         [[(0, 1, "date"), (2, 3, "date")], [(4, 6, "place")]], 2 / 3),
        ([[(0, 3, "date")]], [[]], 0),
        ([[]], [[(0, 3, "date")]], 0),
    ],
)  # fmt: skip
def test_on_tokens_what_seqeval_said(gold: Side, predicted: Side, f1: float) -> None:
    """Figures that seqeval 1.2.2 gave for these; it is in no lock, for it must be built."""
    assert f1_on_tokens(gold, predicted) == pytest.approx(f1)


@pytest.mark.slow
@given(flat_sides(), flat_sides())
@settings(max_examples=300)
def test_on_tokens_as_seqeval_has_it(gold: Side, predicted: Side) -> None:
    metrics = pytest.importorskip("seqeval.metrics", reason="pip install seqeval to hold to it")
    tags = [[bio(spans, 30) for spans in side] for side in (gold, predicted)]
    if any(map(len, gold)) or any(map(len, predicted)):
        f1 = f1_on_tokens(gold, predicted)
        assert f1 == pytest.approx(metrics.f1_score(*tags, zero_division=0))


def wide(spans: list[Found]) -> tuple[Span, ...]:
    return tuple(Span(3 * start, 3 * end - 1, kind) for start, end, kind in spans)


def places(tokens: list[Found]) -> tuple[tuple[int, int], ...]:
    return tuple((start, end) for start, end, _ in tokens)


PARAMS = EvaluateParams.model_validate(
    {
        "predictors": {},
        "sets": [
            dict.fromkeys(["path", "language", "split", "types", "labels"])
            | {"name": "s", "kind": "sample"}
        ],
        "overlaps": "longest",
        "shared_words": 8,
        "resamples": 200,
        "confidence": 0.95,
        "seed": 0,
    }
)


def table(side: Side, texts: Sequence[GoldText] | None = None) -> pa.Table:
    rows = [
        {
            "predictor": "p",
            "source": "s",
            "gold_id": str(i),
            "gold": (texts or TEXTS)[i].digest,
            "spans": [{"start": a, "end": b, "type": k, "score": 0.5} for a, b, k in spans],
        }
        for i, spans in enumerate(side)
    ]
    return pa.Table.from_pylist(rows, schema=PREDICTIONS.schema)


def test_tokens_that_a_prediction_touches() -> None:
    """Part of a token is the token; what touches none, or one that is taken, is left out."""
    tokens = token_columns([[(0, 3), (4, 7), (8, 9)], [(0, 2)]])
    spans = numbered([[(1, 2, "date"), (2, 5, "place"), (3, 4, "date"), (8, 9, "date")],
                      [(0, 2, "person")]])  # fmt: skip
    found = on_tokens(spans, tokens)
    assert list(
        zip(found.start.tolist(), found.end.tolist(), found.type.tolist(), strict=True)
    ) == [
        (0, 1, 0),
        (2, 3, 0),
        (3, 4, 1),
    ]


TEXTS = [
    GoldText("0", "s", "tha_Thai", "อันนา" * 18, (Span(0, 5, "person"), Span(10, 15, "place"))),
    GoldText("1", "s", "tha_Thai", "a" * 90, (Span(0, 3, "place"),)),
    GoldText("2", "s", "tha_Thai", "b" * 90, ()),
]


def scored(side: Side, name: str = "s") -> dict[str, Any]:
    sums = summed(count(TEXTS, table(side), TYPES), PARAMS, name)
    return rules(sums, 0.95) | {"types": by_type(sums, TYPES, 0.95)}


def test_scores() -> None:
    figures = scored([[(0, 5, "person"), (10, 14, "place")], [(0, 3, "date")], []])
    assert {rule: figures[rule]["f1"] for rule in ("exact", "mention", "partial", "type")} == {
        "exact": pytest.approx(1 / 3),
        "mention": pytest.approx(2 / 3),
        "partial": pytest.approx(2.5 / 3),
        "type": pytest.approx(2 / 3),
    }
    assert figures["tokens"] is None
    assert (figures["texts"], figures["texts_with_predictions"]) == (3, 2)
    person, place, date = (figures["types"][kind] for kind in ("person", "place", "date"))
    assert (person["f1"], place["f1"], date["f1"]) == (1.0, 0.0, 0.0)
    assert (place["gold"], place["predicted"], date["predicted"]) == (2, 1, 1)
    exact = figures["exact"]
    assert 0 <= exact["low"] <= exact["f1"] <= exact["high"] <= 1


def test_no_predictions_and_no_gold() -> None:
    figures = scored([[], [], []])
    assert figures["exact"] == {
        "f1": 0.0,
        "low": 0.0,
        "high": 0.0,
        "precision": 0.0,
        "recall": 0.0,
        "gold": 3,
        "predicted": 0,
    }
    nothing = [GoldText("0", "s", "tha_Thai", "b" * 90, ())]
    for types in (TYPES, ()):
        sums = summed(count(nothing, table([[]], nothing), types), PARAMS, "s")
        assert rules(sums, 0.95)["exact"]["f1"] == 0


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (table([[], []]), "text 2 of set s: the predictions have no such text"),
        (table([[], [], []], [*TEXTS[:2], replace(TEXTS[2], text="c" * 90)]), "text 2 of set s"),
        (table([[], [], []], [replace(TEXTS[0], spans=()), *TEXTS[1:]]), "are of another one"),
        (table([[], [], []], [replace(TEXTS[0], tokens=((0, 5),)), *TEXTS[1:]]), "of another"),
    ],
)
def test_predictions_of_other_texts(found: pa.Table, message: str) -> None:
    """Or of the same texts with other gold, though no prediction depends on it."""
    with pytest.raises(ValueError, match=message):
        count(TEXTS, found, TYPES)


def test_resamples_are_the_same_again_and_whatever_the_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts = np.arange(12.0).reshape(4, 3)
    first = resampled(counts, 50, 7, "a")
    assert (first == resampled(counts, 50, 7, "a")).all()
    assert (first != resampled(counts, 50, 8, "a")).any()
    assert (first != resampled(counts, 50, 7, "b")).any()
    monkeypatch.setattr("finerweb.evaluation.bootstrap.CELLS", 12)
    assert (first == resampled(counts, 50, 7, "a")).all()
    assert CELLS > 12


def test_resampled_sums_spread_about_the_sum() -> None:
    counts = np.random.default_rng(0).integers(0, 9, (400, 2)).astype(float)
    drawn = resampled(counts, 2000, 0, "x")
    assert drawn.shape == (2000, 2)
    error = counts.std(0) * np.sqrt(400)
    assert np.abs(drawn.mean(0) - counts.sum(0)).max() < 0.1 * error.max()
    assert drawn.std(0) == pytest.approx(error, rel=0.1)
    low, high = interval(drawn[:, 0], 0.95)
    assert low < counts[:, 0].sum() < high
    assert high - low == pytest.approx(2 * 1.96 * error[0], rel=0.15)
    assert resampled(np.zeros((0, 2)), 5, 0, "x").shape == (5, 2)


def test_one_passage_has_no_spread() -> None:
    drawn = resampled(np.array([[4.0, 2.0]]), 10, 0, "x")
    assert (drawn == [4.0, 2.0]).all()


@pytest.mark.parametrize("span", [(3, 3, "date"), (-1, 2, "date"), (0, WIDTH, "date")])
def test_spans_that_are_none(span: Found) -> None:
    with pytest.raises(ValueError, match="expected spans of 0 <= start < end"):
        numbered([[span]])


def test_metrics_are_plain_numbers() -> None:
    json.dumps(scored([[(0, 5, "person")], [], []]))


Order = Callable[[Side], Side]


@given(flat_sides(), flat_sides())
@settings(max_examples=30)
def test_f1_does_not_depend_on_the_order_of_passages(gold: Side, predicted: Side) -> None:
    def total(order: Order) -> float:
        credit = credits_of(numbered(order(gold)), numbered(order(predicted)))
        return float(credit.partial.sum() + credit.type.sum())

    assert total(lambda side: side) == total(lambda side: side[::-1])
