"""The entities of a language by columns: what millions of them are counted and viewed by.

Most entities have the same few lists of types, so whatever depends on the types alone is worked out
once for each distinct list, and taken from there for every entity.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class EntityColumns:
    """A variant's entities, n of them, in the order of passage, start and end.

    ``passage_ids`` (n,) strings; ``start``, ``end`` (n,) code points; ``labels`` and ``annotators``
    (n,) lists of strings: types in the order of `Entity.labels`, and who found it, sorted.
    """

    passage_ids: pa.Array
    start: Ints
    end: Ints
    labels: pa.ListArray
    annotators: pa.ListArray

    @cached_property
    def kinds(self) -> tuple[Ints, list[tuple[str, ...]]]:
        """Return the distinct lists of types, and which of them each entity has, (n,)."""
        return distinct_lists(self.labels)

    def types(self) -> Counter[str]:
        """Return how many entities have each type."""
        counts: Counter[str] = Counter()
        of_entities, lists = self.kinds
        for labels, n in zip(lists, np.bincount(of_entities, minlength=len(lists)), strict=True):
            counts.update(dict.fromkeys(labels, int(n)))
        return counts


def types_of(sets: Iterable[EntityColumns]) -> Counter[str]:
    """Return how many entities of all the sets have each type."""
    counts: Counter[str] = Counter()
    for one in sets:
        counts += one.types()
    return counts


def of_entities(table: pa.Table) -> EntityColumns:
    """Return the columns of an `entities` table, which is sorted as they are."""
    found = table.combine_chunks()
    sources = _column(found, "sources")
    names = pa.ListArray.from_arrays(sources.offsets, sources.values.field("annotator"))
    which, lists = distinct_lists(names)
    annotators = pa.array([sorted(set(some)) for some in lists], pa.list_(pa.string()))
    return EntityColumns(
        _column(found, "passage_id"),
        _ints(found, "start"),
        _ints(found, "end"),
        _column(found, "labels"),
        annotators.take(pa.array(which)),
    )


def of_spans(table: pa.Table, annotator: str) -> EntityColumns:
    """Return the columns of an annotator's `grounded` table, as `finerweb.records.single` does.

    Several types of one span are its labels, sorted; a span listed twice with one type is one.
    """
    key = ["passage_id", "start", "end", "type"]
    there = table.filter(table["start"].is_valid()).select(key)
    there = there.sort_by([(name, "ascending") for name in key]).combine_chunks()
    passages, types = (_column(there, name).dictionary_encode() for name in ("passage_id", "type"))
    places = np.stack([integers(passages.indices), _ints(there, "start"), _ints(there, "end")])
    is_new_place = _changes(places)
    is_new_row = is_new_place | _changes(integers(types.indices)[None])
    rows = np.flatnonzero(is_new_row)
    first = np.flatnonzero(is_new_place[rows])
    offsets = pa.array(np.append(first, len(rows)), pa.int32())
    one = there.take(pa.array(rows[first]))
    names = pa.array([annotator] * len(first), pa.string())
    return EntityColumns(
        _column(one, "passage_id"),
        _ints(one, "start"),
        _ints(one, "end"),
        pa.ListArray.from_arrays(offsets, _column(there, "type").take(pa.array(rows))),
        pa.ListArray.from_arrays(pa.array(range(len(first) + 1), pa.int32()), names),
    )


def distinct_lists(lists: pa.ListArray) -> tuple[Ints, list[tuple[str, ...]]]:
    """Return which distinct list each is, (n,), and the distinct ones, as they come first."""
    encoded = lists.flatten().dictionary_encode()
    numbers = encoded.indices.cast(pa.string())
    lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False)
    offsets = pa.array(np.append(0, np.cumsum(lengths)), pa.int32())
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, numbers), " ").dictionary_encode()
    names = encoded.dictionary.to_pylist()
    distinct = [tuple(names[int(i)] for i in one.split()) for one in joined.dictionary.to_pylist()]
    return integers(joined.indices), distinct


def _changes(columns: Ints) -> NDArray[np.bool_]:
    """Return where one of the columns, shape (columns, n), differs from the row before."""
    changed = np.ones(columns.shape[1], bool)
    changed[1:] = (columns[:, 1:] != columns[:, :-1]).any(0)
    return changed


def _column(table: pa.Table, name: str) -> pa.Array:
    column = table[name]
    return column.chunk(0) if column.num_chunks else pa.array([], column.type)


def _ints(table: pa.Table, name: str) -> Ints:
    return integers(_column(table, name))


def integers(array: pa.Array) -> Ints:
    """Return the numbers of an array, (n,)."""
    found: Ints = array.to_numpy(zero_copy_only=False).astype(np.int64)
    return found
