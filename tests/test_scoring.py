"""Scores against gold, labels, variants, statistics."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from viewed import columns, viewed

from finerweb.evaluation.scoring import Score, SpanScores, count, score
from finerweb.evaluation.types import coarse
from finerweb.labels import InventoryReport, inventory
from finerweb.records import Entity, Passage, Span, single
from finerweb.report.statistics import of_variant, paper

CONCEPTS = {"person": ("person",), "human": ("person",), "city": ("city",)}
GOLD = [Span(0, 3, "person"), Span(8, 12, "city")]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(10, 19), st.sampled_from("abc"))))
def test_gold_against_itself_is_one(rows: list[tuple[int, int, str]]) -> None:
    spans = [Span(*place) for place in sorted(set(rows))]
    by_place = {(s.start, s.end): s for s in spans}.values()
    scores = score(by_place, [(s.start, s.end, (s.type,)) for s in by_place])
    for part in (scores.mention, scores.coarse, scores.typed):
        assert part.f1 == (1.0 if spans else 0.0)


@pytest.mark.parametrize(
    ("predicted", "mention", "coarse_f1", "typed"),
    [
        ([], 0.0, 0.0, 0.0),
        ([(0, 3, ("person",)), (8, 12, ("city",))], 1.0, 1.0, 1.0),
        ([(0, 3, ("human",)), (8, 12, ("location", "town"))], 1.0, 1.0, 0.0),
        ([(0, 3, ("human", "person"))], 2 / 3, 2 / 3, 2 / 3),
        ([(0, 4, ("person",))], 0.0, 0.0, 0.0),
        ([(0, 3, ("person",)), (0, 3, ("person",))], 0.5, 0.5, 0.5),
    ],
)
def test_three_looks(
    predicted: list[tuple[int, int, tuple[str, ...]]],
    mention: float,
    coarse_f1: float,
    typed: float,
) -> None:
    scores = score(GOLD, predicted)
    assert scores.mention.f1 == pytest.approx(mention)
    assert scores.coarse.f1 == pytest.approx(coarse_f1)
    assert scores.typed.f1 == pytest.approx(typed)


def test_scores_add_up() -> None:
    one = score(GOLD, [(0, 3, ("person",))])
    assert (one + SpanScores()).metrics() == one.metrics()
    assert (one + one).mention == Score(4, 2, 2)
    assert count([(1,), (1,)], [(1,)]) == Score(2, 1, 1)


def test_no_gold_is_no_score() -> None:
    assert SpanScores().metrics() is None
    assert score([], []).metrics() is not None, "a passage whose gold is empty is one"


def test_coarse_types_are_coarse_themselves() -> None:
    assert coarse("town") == coarse("city") == "location"
    assert coarse("never seen") == "never seen"


def test_inventory() -> None:
    compound, plain = Entity(0, 3, ("a", "b")), Entity(4, 5, ("a",))
    entities = columns({"d#0": [compound, plain], "d#1": [compound]})
    assert entities.types() == {"a": 3, "b": 2}
    rows = inventory("merged", "deu_Latn", entities, {"a": ("a",), "b": ("bee",)})
    assert [(r["label"], r["count"], r["concepts"]) for r in rows] == [
        ("a", 1, ["a"]),
        ("a / b", 2, ["a", "bee"]),
    ]
    report = InventoryReport()
    report.add(rows)
    assert report.metrics() == {
        "merged": {"entities": 3, "labels": 2, "labels_once": 1, "concepts": 2}
    }


def passage(name: str) -> Passage:
    return Passage(name, "d", "deu_Latn", "Ana war in Köln.", 0, 4, "corpus")


def test_variants_are_views() -> None:
    spans = [Span(0, 3, "person"), Span(0, 3, "human"), Span(11, 15, "city")]
    entities = {"d#0": single("qwen", spans)}
    passages = [(passage("d#0"), 0.75), (passage("d#1"), 0.5)]
    table, tally = viewed(passages, entities, "single", True, CONCEPTS)
    rows = table.to_pylist()
    assert [(s["label"], s["surface"]) for s in rows[0]["char_spans"]] == [
        ("human / person", "Ana"),
        ("city", "Köln"),
    ]
    assert tally.metrics() == {"seen": 2, "kept": 1, "dropped": {"no entity": 1}}
    table, tally = viewed(passages, entities, "multi", False, CONCEPTS)
    rows = table.to_pylist()
    assert [s["labels"] for s in rows[0]["char_spans"]] == [["human", "person"], ["city"]]
    assert rows[1]["char_spans"] == [] and tally.kept == 2
    assert [s["concepts"] for s in rows[0]["char_spans"]] == [["person"], ["city"]]


def test_translated_variants_have_the_same_concepts() -> None:
    spans = [Span(0, 3, "person"), Span(0, 3, "human"), Span(11, 15, "city")]
    names = {"person": "Person", "human": "Person", "city": "Stadt"}
    entities, passages = {"d#0": single("qwen", spans)}, [(passage("d#0"), 0.75)]
    for kind, labels in (("single", ["Person", "Stadt"]), ("multi", [["Person"], ["Stadt"]])):
        (row,) = viewed(passages, entities, kind, True, CONCEPTS, names)[0].to_pylist()
        assert [s.get("label", s.get("labels")) for s in row["char_spans"]] == labels
        assert [s["concepts"] for s in row["char_spans"]] == [["person"], ["city"]]


def test_statistics_are_unweighted_over_languages() -> None:
    def row(text: str, *labels: str) -> dict[str, object]:
        spans = [{"label": label} for label in labels]
        return {"text": text, "document_id": text[:2], "char_spans": spans}

    rows = {
        "deu_Latn": [row("ab", "x", "x", "y"), row("abcd", "x")],
        "tha_Thai": [row("กขคงจฉ", "z")],
        "hin_Deva": [],
    }
    table = of_variant(((code, pa.Table.from_pylist(r)) for code, r in rows.items()), top=2)
    assert table["overall"] == {
        "languages": 2,
        "passages": 3,
        "documents": 2,
        "entities": 5,
        "types": 3,
        "characters": 4.5,
        "entities_per_passage": 1.5,
        "types_per_passage": 1.25,
    }
    assert table["top_types"] == {"x": 3, "y": 1}
    assert set(table["languages"]) == {"deu_Latn", "tha_Thai"}
    assert of_variant([("hin_Deva", pa.table({"text": []}))], top=2)["overall"]["passages"] == 0


def test_the_papers_tables() -> None:
    assert len(paper()) == 91
    assert sum(row["passages"] for row in paper().values()) == 226_004
