"""What is wrong inside a file of a release: order, entities, sources; each fault with its row."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finerweb.columns import Ints, distinct_lists
from finerweb.records import SEPARATOR
from finerweb.release.sentences import Sentences, begins_of
from finerweb.tables.variants import CONFIDENCE

MOST = 10
"""Faults of one kind that are named in a file; of more the number is told."""
NAMES = ("label", "labels")


def some(faults: Iterable[str]) -> Iterator[str]:
    """Yield the first faults, and how many more there are."""
    left = iter(faults)
    yield from islice(left, MOST)
    if more := sum(1 for _ in left):
        yield f"and {more} more of these"


@dataclass(frozen=True, slots=True)
class _Spans:
    """The entities of a file, n of them: row (n,), start, end, and all columns."""

    row: Ints
    start: Ints
    end: Ints
    columns: pa.StructArray


def _spans_of(table: pa.Table) -> _Spans:
    spans = table["char_spans"].combine_chunks()
    lengths = pc.list_value_length(spans).to_numpy(zero_copy_only=False)
    flat = spans.flatten()
    start, end = (flat.field(name).to_numpy(zero_copy_only=False) for name in ("start", "end"))
    return _Spans(np.repeat(np.arange(len(table)), lengths), start, end, flat)


def nulls(table: pa.Table, expected: pa.Schema) -> list[str]:
    """Return the columns, those of entities too, that have nulls where none may be."""
    flat = table["char_spans"].combine_chunks().flatten()
    columns = {field.name: table[field.name] for field in expected if not field.nullable}
    parts = (field.name for field in flat.type if field.name != CONFIDENCE.name)
    columns |= {f"char_spans.{name}": flat.field(name) for name in parts}
    return [name for name, column in columns.items() if column.null_count]


def languages(table: pa.Table, code: str) -> Iterator[str]:
    """Yield the rows of another language."""
    other = table.filter(pc.not_equal(table["language"], code))
    for name, language in zip(other["id"].to_pylist(), other["language"].to_pylist(), strict=True):
        yield f"{name}: language is {language!r}, expected {code!r}"


def order(table: pa.Table, key: tuple[str, ...]) -> Iterator[str]:
    """Yield ids that stand twice, and rows that stand after a later one."""
    ids = table["id"].to_pylist()
    if len(set(ids)) < len(ids):
        seen: set[str] = set()
        for name in ids:
            if name in seen:
                yield f"{name}: stands twice"
            seen.add(name)
    places = list(zip(*(table[name].to_pylist() for name in key), strict=True))
    for i, (before, place) in enumerate(pairwise(places), 1):
        if place < before:
            yield f"{ids[i]}: stands after {ids[i - 1]}, expected the order of {key}"


def entities(table: pa.Table) -> Iterator[str]:
    """Yield what is wrong with entities: bounds, surface, order, labels."""
    found = _spans_of(table)
    texts = table["text"].to_pylist()
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    is_inside = (found.start >= 0) & (found.start < found.end)
    is_inside &= found.end <= lengths[found.row]
    places = (found.row.tolist(), found.start.tolist(), found.end.tolist())
    slices = [texts[i][start:end] for i, start, end in zip(*places, strict=True)]
    surfaces = found.columns.field("surface").to_pylist()
    is_surface = np.fromiter(map(str.__eq__, slices, surfaces), bool, len(slices))
    is_after = _is_after(found)
    has_label = _has_label(found.columns)
    ids = table["id"]
    for i in np.flatnonzero(~(is_inside & is_surface & is_after & has_label)).tolist():
        where = f"{ids[places[0][i]]}: entity [{places[1][i]}, {places[2][i]})"
        if not is_inside[i]:
            text = lengths[found.row[i]]
            yield f"{where} is not inside the {text} code points of its text"
        elif not is_surface[i]:
            yield f"{where} is {slices[i]!r}, its surface {surfaces[i]!r}"
        if not is_after[i]:
            yield f"{where} stands after [{places[1][i - 1]}, {places[2][i - 1]})"
        if not has_label[i]:
            yield f"{where} has no label"


def _is_after(found: _Spans) -> np.ndarray:
    """Return whether each entity stands after the one before it in its row, (n,)."""
    good = np.ones(len(found.row), bool)
    start, end = found.start, found.end
    later = (start[1:] > start[:-1]) | ((start[1:] == start[:-1]) & (end[1:] > end[:-1]))
    good[1:] = later | (found.row[1:] != found.row[:-1])
    return good


def _has_label(columns: pa.StructArray) -> np.ndarray:
    """Return whether each entity has a label, and no empty one, (n,)."""
    if columns.type.get_field_index("label") >= 0:
        good: np.ndarray = pc.not_equal(columns.field("label"), "").to_numpy(zero_copy_only=False)
        return good
    which, lists = distinct_lists(columns.field("labels"))
    return np.array([bool(one) and all(one) for one in lists], bool)[which]


def sources(table: pa.Table, known: Collection[str]) -> Iterator[str]:
    """Yield the entities that come from nobody, or from others than ``known``, if it has any."""
    found = _spans_of(table)
    which, lists = distinct_lists(found.columns.field("sources"))
    bad = [not one or bool(known and not set(known).issuperset(one)) for one in lists]
    for i in np.flatnonzero(np.array(bad, bool)[which]).tolist():
        where = f"{table['id'][int(found.row[i])]}: entity [{found.start[i]}, {found.end[i]})"
        yield f"{where} is from {list(lists[which[i]])}, expected some of {sorted(known)}"


def confidences(table: pa.Table) -> Iterator[str]:
    """Yield the entities whose confidence is neither null nor from 0 to 1; none of a file without.

    A file of sentences or of several labels is held to the one it is made of, with its numbers.
    """
    found = _spans_of(table)
    if found.columns.type.get_field_index(CONFIDENCE.name) < 0:
        return
    values = found.columns.field(CONFIDENCE.name)
    known = np.flatnonzero(values.is_valid().to_numpy(zero_copy_only=False))
    numbers = values.drop_null().to_numpy(zero_copy_only=False)
    # A number that is none is not between the two either.
    for i, value in zip(known.tolist(), numbers.tolist(), strict=True):
        if not 0 <= value <= 1:
            where = f"{table['id'][int(found.row[i])]}: entity [{found.start[i]}, {found.end[i]})"
            yield f"{where} has the confidence {value:g}, expected null or a number from 0 to 1"


def strays(table: pa.Table, ids: Collection[str]) -> Iterator[str]:
    """Yield the rows whose documents are not among ``ids``."""
    documents = table["document_id"].to_pylist()
    for name, document in zip(table["id"].to_pylist(), documents, strict=True):
        if document not in ids:
            yield f"{name}: its document {document} is not among the documents"


def joined(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a variant of several labels as the single-label one, of that schema, has it."""
    spans = table["char_spans"].combine_chunks()
    flat = spans.flatten()
    label = pc.binary_join(flat.field("labels"), SEPARATOR)
    fields = list(schema.field("char_spans").type.value_type)
    columns = [label if one.name == "label" else flat.field(one.name) for one in fields]
    return _with_spans(table, spans, pa.StructArray.from_arrays(columns, fields=fields))


def nameless(table: pa.Table) -> pa.Table:
    """Return a variant without what its entities are called, which alone a translation changes."""
    spans = table["char_spans"].combine_chunks()
    flat = spans.flatten()
    fields = [field for field in flat.type if field.name not in NAMES]
    columns = [flat.field(field.name) for field in fields]
    return _with_spans(table, spans, pa.StructArray.from_arrays(columns, fields=fields))


def _with_spans(table: pa.Table, old: pa.ListArray, new: pa.StructArray) -> pa.Table:
    lengths = pc.list_value_length(old).to_numpy(zero_copy_only=False)
    offsets = pa.array(np.append(0, np.cumsum(lengths)), pa.int32())
    place = table.schema.get_field_index("char_spans")
    return table.set_column(place, "char_spans", pa.ListArray.from_arrays(offsets, new))


def sentences_of(table: pa.Table, passages: pa.Table) -> Sentences:
    """Return the sentences of passages by a file of them; those of other passages are left out."""
    begins = begins_of(passages["text"].to_pylist())
    of_passage = pc.index_in(table["passage_id"], value_set=passages["id"].combine_chunks())
    known = of_passage.is_valid()
    passage = of_passage.filter(known).to_numpy().astype(np.int64)
    rows = table.filter(known)
    start = rows["start"].to_numpy() + begins[passage]
    end = start + pc.utf8_length(rows["text"]).to_numpy()
    order = np.lexsort((start, passage))
    return Sentences(passage[order], start[order], end[order], begins)


def uncovered(found: Sentences, passages: pa.Table) -> Iterator[str]:
    """Yield the passages of whose text something is in no sentence, or in two."""
    texts, ids = passages["text"].to_pylist(), passages["id"]
    # A gap before each sentence, and one after the last of each passage.
    start = np.concatenate([found.start, found.begins[1:]])
    passage = np.concatenate([found.passage, np.arange(len(texts))])
    order = np.lexsort((start, passage))
    start, passage = start[order], passage[order]
    ends = np.concatenate([found.end, np.full(len(texts), -1)])[order]
    before = np.append(-1, ends[:-1])
    is_first = np.append(True, passage[1:] != passage[:-1])[: len(passage)]
    before = np.where(is_first, found.begins[passage], before)
    for i in np.flatnonzero(before != start).tolist():
        begin = found.begins[passage[i]]
        a, b = int(before[i] - begin), int(start[i] - begin)
        if a > b or texts[passage[i]][a:b].strip():
            yield f"{ids[int(passage[i])]}: [{a}, {b}) of it is in no sentence, or in two"


def differing(table: pa.Table, expected: pa.Table) -> Iterator[str]:
    """Yield the rows that are not what those they are made of make them."""
    names: Sequence[str] = table.column_names
    if all(table[name].equals(expected[name]) for name in names):
        return
    wanted = {row["id"]: row for row in expected.to_pylist()}
    for row in table.to_pylist():
        other = wanted.pop(row["id"], None)
        if other is None:
            yield f"{row['id']}: there is nothing it is made of"
        elif row != other:
            unlike = ", ".join(name for name in row if row[name] != other[name])
            yield f"{row['id']}: differs from what it is made of in {unlike}"
    yield from (f"{name}: is missing" for name in wanted)
