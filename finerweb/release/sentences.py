"""Variants at sentence level: passages cut where sentences start, their spans re-based."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finerweb.columns import Ints, integers
from finerweb.corpus.sentences import Borders
from finerweb.tables.io import Table

SUFFIX = "-sentences"


@dataclass(slots=True)
class SentenceReport:
    """How many sentences there are, those without an entity, and entities that cross a border."""

    sentences: int = 0
    unannotated: int = 0
    entities: int = 0
    crossing: int = 0

    def __add__(self, other: "SentenceReport") -> "SentenceReport":
        """Return the report over both."""
        return SentenceReport(
            self.sentences + other.sentences,
            self.unannotated + other.unannotated,
            self.entities + other.entities,
            self.crossing + other.crossing,
        )

    def metrics(self) -> dict[str, int]:
        """Return the report for a metrics file."""
        return {
            "sentences": self.sentences,
            "unannotated": self.unannotated,
            "entities": self.entities,
            "crossing": self.crossing,
        }


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences of some passages, m of them, in their order: passage (m,), start, end, begins.

    Start and end are code points of the passages laid end to end, ``begins`` where each begins,
    and last where the last one ends.
    """

    passage: Ints
    start: Ints
    end: Ints
    begins: Ints


def cut(texts: Sequence[str], borders: Sequence[Borders]) -> Sentences:
    """Return the sentences of texts by their borders in each."""
    begins = begins_of(texts)
    counts = np.fromiter(map(len, borders), np.int64, len(borders))
    passage = np.repeat(np.arange(len(texts)), counts)
    places = np.array([place for some in borders for place in some], np.int64).reshape(-1, 2)
    start, end = places.T + begins[passage]
    return Sentences(passage, start, end, begins)


def begins_of(texts: Sequence[str]) -> Ints:
    """Return where each text begins if they are laid end to end, and where the last one ends."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    return np.append(0, np.cumsum(lengths))


def sentences(
    passages: pa.Table, table: Table, found: Sentences
) -> tuple[pa.Table, SentenceReport]:
    """Return a variant's passages as its table of sentences, and what was counted.

    Every code point of a passage but white space between sentences is in one of them; offsets are
    accumulated, so that of two equal sentences each has its own entities. A sentence without an
    entity stays. An entity that crosses a border is in no sentence: those it touches are marked
    (``is_crossed``), the passage has it.
    """
    spans = passages["char_spans"].combine_chunks()
    flat = spans.flatten()
    of_passage = np.repeat(np.arange(len(passages)), np.diff(integers(spans.offsets)))
    start, end = (
        integers(flat.field(name)) + found.begins[of_passage] for name in ("start", "end")
    )
    last = np.searchsorted(found.start, start, side="right") - 1
    is_inside = (last >= 0) & (end <= np.append(found.end, 0)[last])
    crossed = np.zeros(len(found.start), bool)
    for i in np.flatnonzero(~is_inside):
        touched = slice(max(last[i], 0), np.searchsorted(found.start, end[i]))
        crossed[touched] |= found.end[touched] > start[i]
    kept = np.flatnonzero(is_inside)
    kept = kept[np.argsort(last[kept], kind="stable")]
    counts = np.bincount(last[kept], minlength=len(found.start))
    offset = (found.start - found.begins[found.passage])[last[kept]]
    inside = pa.ListArray.from_arrays(
        pa.array(np.append(0, np.cumsum(counts)), pa.int32()),
        _moved(flat.take(pa.array(kept)), offset),
    )
    rows = _rows(passages, found, inside, crossed).select(table.schema.names)
    report = SentenceReport(len(rows), int((counts == 0).sum()), len(flat), len(flat) - len(kept))
    return rows.cast(table.schema), report


def _moved(spans: pa.StructArray, offset: Ints) -> pa.StructArray:
    """Return the entities so many code points nearer to the start."""
    fields = list(spans.type)
    columns = {field.name: spans.field(field.name) for field in fields}
    for name in ("start", "end"):
        columns[name] = pa.array(integers(columns[name]) - offset, pa.int32())
    return pa.StructArray.from_arrays(list(columns.values()), fields=fields)


def _rows(
    passages: pa.Table, found: Sentences, spans: pa.ListArray, crossed: np.ndarray
) -> pa.Table:
    start, end = (each - found.begins[found.passage] for each in (found.start, found.end))
    texts = passages["text"].to_pylist()
    places = zip(found.passage.tolist(), start.tolist(), end.tolist(), strict=True)
    # Not the texts and entities of passages: copies of those for every sentence are large.
    rows = passages.drop_columns(["text", "char_spans"]).take(pa.array(found.passage))
    first = np.searchsorted(found.passage, found.passage)
    numbers = pa.array(np.arange(len(first)) - first).cast(pa.string())
    changed = {
        "passage_id": rows["id"],
        "id": pc.binary_join_element_wise(rows["id"], numbers, "-s"),
        "text": pa.array([texts[i][a:b] for i, a, b in places], pa.string()),
        "char_spans": spans,
        "start": pa.array(start, pa.int32()),
        "is_crossed": pa.array(crossed),
    }
    return pa.table({name: rows[name] for name in rows.column_names} | changed)
