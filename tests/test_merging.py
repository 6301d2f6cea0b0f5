"""Merging: the paper's rule, its open points, and what must always hold."""

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finerweb.merging import MergeReport, meeting_types, merge, merge_passage
from finerweb.overlaps import meet, overlap
from finerweb.params.merge import MergeParams
from finerweb.records import Entity, Passage, Span, single

DEFAULT = MergeParams(
    policy="released",
    overlap=0.5,
    overlap_of="longer",
    one_to_many="best",
    boundaries="longer",
    order="annotators",
    similarity=0.75,
    below="longer",
)
PRINTED = DEFAULT.model_copy(update={"policy": "printed"})
UNION = DEFAULT.model_copy(update={"policy": "union"})
ALL = DEFAULT.model_copy(update={"one_to_many": "all"})
ALIKE = {frozenset(("person", "human")): 0.757, frozenset(("location", "city")): 0.65}


def similarity(a: str, b: str) -> float:
    return ALIKE.get(frozenset((a, b)), 0.1)


def merged(
    a: list[tuple[int, int, str]], b: list[tuple[int, int, str]], **changes: object
) -> list[tuple[int, int, str]]:
    params = DEFAULT.model_copy(update=changes)
    sets = [single("a", [Span(*s) for s in a]), single("b", [Span(*s) for s in b])]
    return [(e.start, e.end, e.label) for e in merge(sets, params, similarity)]


@pytest.mark.parametrize(
    ("a", "b", "changes", "expected"),
    [
        ([(0, 4, "person")], [(9, 12, "city")], {}, [(0, 4, "person"), (9, 12, "city")]),
        ([(0, 4, "person")], [(0, 4, "person")], {}, [(0, 4, "person")]),
        ([(0, 4, "person")], [(0, 4, "human")], {}, [(0, 4, "person / human")]),
        ([(0, 4, "location")], [(0, 4, "city")], {}, [(0, 4, "location / city")]),
        ([(0, 4, "location")], [(0, 4, "city")], {"policy": "printed"}, [(0, 4, "location")]),
        ([(0, 4, "person")], [(0, 4, "human")], {"policy": "printed"}, [(0, 4, "person / human")]),
        ([(0, 10, "person")], [(4, 10, "human")], {}, [(0, 10, "person / human")]),
        ([(4, 10, "human")], [(0, 10, "person")], {}, [(0, 10, "human / person")]),
        ([(0, 10, "event")], [(8, 12, "city")], {}, [(0, 10, "event")]),
        ([(0, 3, "event")], [(2, 12, "city")], {}, [(2, 12, "city")]),
        ([(0, 5, "x")], [(5, 9, "y")], {}, [(0, 5, "x"), (5, 9, "y")]),
        ([(0, 10, "x")], [(0, 4, "y")], {}, [(0, 10, "x")]),
        ([(0, 10, "x")], [(0, 4, "y")], {"overlap_of": "shorter"}, [(0, 10, "x / y")]),
        ([(0, 10, "x")], [(0, 5, "y")], {}, [(0, 10, "x / y")]),
        ([(0, 10, "x")], [(0, 5, "y"), (5, 10, "z")], {}, [(0, 10, "x / y")]),
        ([(0, 8, "x")], [(0, 8, "y"), (6, 11, "z")], {}, [(0, 8, "x / y")]),
        ([(0, 4, "x"), (0, 4, "y")], [(0, 4, "y")], {}, [(0, 4, "x / y")]),
        ([], [(0, 4, "x")], {}, [(0, 4, "x")]),
        ([], [], {}, []),
        # Below the similarity one has its way.
        ([(0, 10, "x")], [(4, 10, "y")], {"policy": "printed"}, [(0, 10, "x")]),
        ([(4, 10, "x")], [(0, 10, "y")], {"policy": "printed"}, [(0, 10, "y")]),
        ([(4, 10, "x")], [(0, 10, "y")], {"policy": "printed", "below": "first"}, [(4, 10, "x")]),
        # Whose boundaries survive, and in which order the types stand.
        ([(0, 10, "x")], [(4, 10, "y")], {"boundaries": "shorter"}, [(4, 10, "x / y")]),
        ([(4, 10, "y")], [(0, 10, "x")], {"boundaries": "first"}, [(4, 10, "y / x")]),
        ([(4, 10, "y")], [(0, 10, "x")], {"order": "alphabet"}, [(0, 10, "x / y")]),
        # One to many: the rest of a pair is a rival of it, or all hang together.
        (
            [(0, 10, "x")],
            [(0, 5, "y"), (5, 10, "z")],
            {"one_to_many": "all"},
            [(0, 10, "x / y / z")],
        ),
        (
            [(0, 6, "a"), (6, 12, "b")],
            [(0, 4, "c"), (3, 9, "d"), (8, 12, "e")],
            {"one_to_many": "all", "overlap": 0.3, "overlap_of": "union"},
            [(0, 12, "a / b / c / d / e")],
        ),
        # Nothing is lost in a union, one place is one entity.
        ([(0, 10, "x")], [(0, 4, "y")], {"policy": "union"}, [(0, 4, "y"), (0, 10, "x")]),
        (
            [(0, 10, "x")],
            [(0, 10, "y"), (2, 9, "z")],
            {"policy": "union"},
            [(0, 10, "x / y"), (2, 9, "z")],
        ),
    ],
)
def test_policy(
    a: list[tuple[int, int, str]],
    b: list[tuple[int, int, str]],
    changes: dict[str, object],
    expected: list[tuple[int, int, str]],
) -> None:
    assert merged(a, b, **changes) == expected


@pytest.mark.parametrize(
    ("overlap_of", "expected"), [("longer", 0.4), ("shorter", 1.0), ("union", 0.4)]
)
def test_overlap(overlap_of: str, expected: float) -> None:
    assert overlap(Span(0, 10, "x"), Span(2, 6, "y"), overlap_of) == expected


@st.composite
def annotations(draw: st.DrawFn, name: str) -> list[Entity]:
    """Return one annotator's spans, apart from one another as grounding by cursor leaves them."""
    spans, at = [], 0
    for _ in range(draw(st.integers(0, 6))):
        start = at + draw(st.integers(0, 4))
        at = start + draw(st.integers(1, 12))
        spans.append(Span(start, at, draw(st.sampled_from(["person", "human", "city", "date"]))))
    return single(name, spans)


def pair(draw_a: list[Entity], draw_b: list[Entity]) -> list[Entity]:
    return merge([draw_a, draw_b], DEFAULT, similarity)


@given(annotations("a"), annotations("b"))
def test_never_invents_a_span(a: list[Entity], b: list[Entity]) -> None:
    places = {(e.start, e.end) for e in a + b}
    types = {label for e in a + b for label in e.labels}
    for entity in pair(a, b):
        assert (entity.start, entity.end) in places
        assert set(entity.labels) <= types
        assert (entity.start, entity.end) in {(s.start, s.end) for s in entity.sources}


@given(annotations("a"), annotations("b"), st.sampled_from([DEFAULT, PRINTED, ALL]))
def test_result_has_no_overlap(a: list[Entity], b: list[Entity], params: MergeParams) -> None:
    result = merge([a, b], params, similarity)
    assert all(x.end <= y.start for x, y in pairwise(result))


@given(st.lists(annotations("x"), max_size=4), st.sampled_from([DEFAULT, PRINTED, UNION, ALL]))
def test_a_source_is_in_one_entity(sets: list[list[Entity]], params: MergeParams) -> None:
    """However many annotators there are; and a union has all sources."""
    named = [
        [replace(e, sources=tuple(replace(s, annotator=str(i)) for s in e.sources)) for e in found]
        for i, found in enumerate(sets)
    ]
    before = [source for found in named for entity in found for source in entity.sources]
    after = [s for entity in merge(named, params, similarity) for s in entity.sources]
    assert len(set(after)) == len(after) and set(after) <= set(before)
    if params is UNION:
        assert sorted(after, key=repr) == sorted(before, key=repr)


@given(annotations("a"), annotations("b"), st.randoms(use_true_random=False))
def test_order_free(a: list[Entity], b: list[Entity], random: Random) -> None:
    shuffled_a, shuffled_b = list(a), list(b)
    random.shuffle(shuffled_a)
    random.shuffle(shuffled_b)
    assert pair(shuffled_a, shuffled_b) == pair(a, b)


@given(annotations("a"))
def test_with_itself_and_with_nothing(a: list[Entity]) -> None:
    twin = [replace(e, sources=tuple(replace(s, annotator="b") for s in e.sources)) for e in a]
    assert [(e.start, e.end, e.labels) for e in pair(a, twin)] == [
        (e.start, e.end, e.labels) for e in a
    ]
    assert pair(a, []) == pair([], a) == a


@given(annotations("a"), annotations("b"))
def test_every_similarity_asked_for_is_announced(a: list[Entity], b: list[Entity]) -> None:
    announced = meeting_types(meet([a, b], DEFAULT))

    def known(x: str, y: str) -> float:
        assert (x, y) in announced
        return 0.0

    merge([a, b], DEFAULT, known)


FIRMS = {
    frozenset(("organization", "company")): 0.8,
    frozenset(("company", "firm")): 0.9,
    frozenset(("organization", "firm")): 0.2,
}


@pytest.mark.parametrize(
    ("kinds", "changes", "label", "least"),
    [
        (("organization", "company", "firm"), {}, "organization / company / firm", 0.8),
        (
            ("organization", "company", "firm"),
            {"order": "alphabet"},
            "company / firm / organization",
            0.8,
        ),
        (("firm", "organization", "firm"), {}, "firm", 0.2),
        (("company", "company", "company"), {}, "company", None),
    ],
)
def test_three_annotators(
    kinds: tuple[str, ...], changes: dict[str, object], label: str, least: float | None
) -> None:
    """Whatever the order of the names: what is joined is the same; the least cosine is kept."""
    sets = [single(str(i), [Span(0, 4, kind)]) for i, kind in enumerate(kinds)]
    params = PRINTED.model_copy(update=changes)
    (entity,) = merge(sets, params, lambda a, b: FIRMS[frozenset((a, b))])
    assert (entity.label, entity.similarity) == (label, least)


@pytest.mark.parametrize(
    ("first", "second", "label", "least"),
    [
        (("organization", "company"), "firm", "company / organization / firm", 0.9),
        (("company", "organization"), "company", "company / organization", 1.0),
        (("organization", "organization"), "firm", "organization", 0.2),
    ],
)
def test_of_several_types_the_most_alike_count(
    first: tuple[str, ...], second: str, label: str, least: float
) -> None:
    sets = [
        single("a", [Span(0, 4, kind) for kind in first]),
        single("b", [Span(0, 4, second)]),
    ]
    (entity,) = merge(sets, PRINTED, lambda a, b: FIRMS[frozenset((a, b))])
    assert (entity.label, entity.similarity) == (label, least)


def test_who_is_overruled_is_no_source() -> None:
    sets = [single("a", [Span(0, 10, "event")]), single("b", [Span(4, 10, "city")])]
    (entity,) = merge(sets, PRINTED, similarity)
    assert [s.annotator for s in entity.sources] == ["a"] and entity.similarity == 0.1


def test_nested_spans_of_one_annotator_stay() -> None:
    """The rule `all` grounds nested mentions; two annotators who agree on them lose none."""
    nested = [(0, 13, "city"), (4, 8, "city")]
    assert merged(nested, nested) == nested
    assert merged(nested, []) == nested


def test_report() -> None:
    gold = (Span(0, 3, "person"), Span(8, 12, "city"))
    passage = Passage("p", "d", "eng_Latn", "Ana saw Rome by car.", 0, 5, "corpus", gold=gold)
    a = single("a", [Span(0, 3, "person"), Span(8, 12, "city"), Span(13, 15, "x")])
    b = single("b", [Span(0, 3, "human"), Span(8, 12, "city"), Span(14, 19, "y")])
    report = MergeReport()
    met = meet([a, b], DEFAULT)
    rows = merge_passage(passage, [a, b], met, DEFAULT, similarity, report)
    assert [row["surface"] for row in rows] == ["Ana", "Rome", "y car"]
    metrics = (report + MergeReport()).metrics()
    assert metrics["agreement"] == {
        "exact": 4 / 6,
        "overlap": 4 / 6,
        "typed": 2 / 6,
        "type_given_span": 1 / 2,
    }
    assert metrics["retained"] == {"a": 2 / 3, "b": 1.0}
    assert metrics["spans"] == {
        "a": {"seen": 3, "kept": 2, "dropped": {"overruled": 1}},
        "b": {"seen": 3, "kept": 3, "dropped": {}},
    }
    assert report.scores.typed.correct == 2
    assert MergeReport().metrics()["agreement"] is None
