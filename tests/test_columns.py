"""Entities by columns are the entities."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from viewed import columns, viewed

from finerweb.columns import of_spans
from finerweb.records import Entity, Passage, Source, Span, single
from finerweb.tables.grounded import GROUNDED

TYPES = ("city", "città", "مدينة", "नगर", "เมือง", "城市")
Mentions = dict[str, list[Span | None]]


@st.composite
def mentions(draw: st.DrawFn) -> Mentions:
    """Return each passage's spans as listed, None where a mention was dropped."""
    places = st.tuples(st.integers(0, 3), st.integers(4, 6), st.sampled_from(TYPES))
    one = st.one_of(st.none(), places.map(lambda place: Span(*place)))
    return draw(st.dictionaries(st.sampled_from("abc"), st.lists(one, max_size=6)))


def grounded(found: Mentions) -> pa.Table:
    rows = [
        {
            "passage_id": name,
            "position": position,
            "mention": "",
            "type": span.type if span else "city",
            "status": "",
            "start": span.start if span else None,
            "end": span.end if span else None,
        }
        for name, spans in sorted(found.items())
        for position, span in enumerate(spans)
    ]
    return pa.Table.from_pylist(rows, schema=GROUNDED.schema)


@given(mentions())
def test_spans_by_columns_are_single_entities(found: Mentions) -> None:
    one = of_spans(grounded(found), "qwen")
    places = zip(
        one.passage_ids.to_pylist(), one.start.tolist(), one.end.tolist(), one.labels.to_pylist(),
        strict=True,
    )  # fmt: skip
    expected = {name: single("qwen", [s for s in spans if s]) for name, spans in found.items()}
    assert list(places) == [
        (name, e.start, e.end, list(e.labels)) for name in sorted(expected) for e in expected[name]
    ]
    assert one.annotators.to_pylist() == [["qwen"]] * len(one.start)
    of_each, lists = one.kinds
    assert [list(lists[i]) for i in of_each] == one.labels.to_pylist()
    assert len(set(lists)) == len(lists)
    flat = [label for labels in one.labels.to_pylist() for label in labels]
    assert one.types() == {label: flat.count(label) for label in flat}


def test_who_found_an_entity_is_sorted_and_distinct() -> None:
    sources = tuple(Source(name, 0, 3, "x") for name in ("qwen", "gemma", "qwen"))
    found = columns({"d#0": [Entity(0, 3, ("x",), sources)]})
    assert found.annotators.to_pylist() == [["gemma", "qwen"]]


def test_an_entity_of_an_unknown_passage_is_refused() -> None:
    passage = Passage("d#0", "d", "deu_Latn", "Ana", 0, 1, "corpus")
    entities = {"e#0": [Entity(0, 3, ("x",))]}
    with pytest.raises(ValueError, match="passage e#0: has entities, but is not among"):
        viewed([(passage, 0.5)], entities, "single", True, {"x": ("x",)})
