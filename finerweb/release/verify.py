"""Whether a release is what it says it is: every fault, with its place."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from finerweb.corpus.contamination import EvaluationTexts
from finerweb.corpus.segmentation import words
from finerweb.params.release import Shares
from finerweb.records import SEPARATOR
from finerweb.release.card_tables import CardMetrics
from finerweb.release.folder import CHECKSUMS, read_checksums
from finerweb.release.sentences import SUFFIX, sentences
from finerweb.release.splits import misplaced, read_splits, where
from finerweb.release.variants import KINDS, TRANSLATED
from finerweb.release.verify_card import card_faults, shares_of
from finerweb.tables.entities import MERGED
from finerweb.tables.io import Row, Table

MOST = 10
"""Faults of one kind that are named in a file; of more the number is told."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A variant, by the parts of its name."""

    annotator: str
    kind: str
    is_translated: bool = False
    of_sentences: bool = False

    @property
    def name(self) -> str:
        """Return what its folder is called."""
        ends = (TRANSLATED if self.is_translated else "", SUFFIX if self.of_sentences else "")
        return f"{self.annotator}-{self.kind}{''.join(ends)}"

    @property
    def table(self) -> Table:
        """Return what its files hold."""
        return KINDS[self.kind][self.of_sentences]


Files = dict[Variant, list[Row]]
"""The rows of a language's files that can be read."""


def verify(
    release: Path,
    documents: Callable[[str], Collection[str]] | None = None,
    evaluation: EvaluationTexts | None = None,
    statistics: Mapping[str, Any] | None = None,
    metrics: CardMetrics | None = None,
) -> Iterator[str]:
    """Yield every fault of a release, ``file: what is wrong``; nothing where all is well.

    Looked at are checksums; schemas, order and ids of every file; every entity against its text,
    its sources; sentences, several labels and translations against the passages they are made of;
    the split of every document; the card's configs and figures against the data. ``documents``
    returns a language's document ids, among which every passage's must be, ``evaluation`` may share
    no run of words with a text, the data must have the figures of ``statistics`` (what the metrics
    file says), and the card those of ``metrics``. Languages are held one at a time.
    """
    yield from _checksums(release)
    variants, faults = _variants(release / "data")
    yield from faults
    shares = shares_of(release)
    for code in sorted({path.parent.name for path in release.glob("data/*/*/*.parquet")}):
        files: Files = {}
        for variant in variants:
            rows, found = _splits(release, variant, code, shares)
            yield from found
            if rows is not None:
                files[variant] = rows
        ids = documents(code) if documents else None
        for variant in files:
            name = where(release, f"data/{variant.name}/{code}")
            checked = _checked(variant, files, ids, evaluation)
            yield from (f"{name}: {fault}" for fault in checked)
    singles = {v.annotator for v in variants if v == Variant(v.annotator, "single")}
    yield from card_faults(release, sorted(singles), statistics, metrics)


def _checksums(release: Path) -> Iterator[str]:
    path = release / CHECKSUMS
    if not path.is_file():
        yield f"{CHECKSUMS}: no such file"
        return
    try:
        noted = read_checksums(path)
    except ValueError as error:
        yield f"{CHECKSUMS}: {error}"
        return
    files = (p.relative_to(release) for p in release.rglob("*") if p.is_file())
    # A clone from the hub has files of its own, all of them hidden.
    there = {p.as_posix() for p in files if not any(part[0] == "." for part in p.parts)}
    yield from (
        f"{name}: is in {CHECKSUMS}, but not there" for name in sorted(noted.keys() - there)
    )
    for name in sorted(there - {CHECKSUMS}):
        if name not in noted:
            yield f"{name}: is not in {CHECKSUMS}"
            continue
        with (release / name).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != noted[name]:
            yield f"{name}: expected sha256 {noted[name]}, got {found}"


def _variants(data: Path) -> tuple[list[Variant], list[str]]:
    """Return the variants of a folder, and what is wrong with those that are not there."""
    found, faults = [], []
    for folder in sorted(data.glob("*")):
        of_passages = folder.name.removesuffix(SUFFIX)
        name = of_passages.removesuffix(TRANSLATED)
        annotator, _, kind = name.rpartition("-")
        if annotator and kind in KINDS:
            found.append(Variant(annotator, kind, of_passages != name, folder.name != of_passages))
        else:
            kinds, ends = " or ".join(KINDS), f"{TRANSLATED}, {SUFFIX}"
            faults.append(f"data/{folder.name}: expected <annotator>-{kinds}, perhaps {ends}")
    if not found:
        faults.append("data: expected variants, found none")
    codes = {v: {p.parent.name for p in (data / v.name).glob("*/*")} for v in found}
    for variant, mine in codes.items():
        # Where no entity of an annotator survived in a language, it has no file in any variant.
        alike = [codes[other] for other in found if other.annotator == variant.annotator]
        every: set[str] = set().union(*alike)
        faults += [f"data/{variant.name}/{code}: no file" for code in sorted(every - mine)]
    return found, faults


def _splits(
    release: Path, variant: Variant, code: str, shares: Shares | None
) -> tuple[list[Row] | None, list[str]]:
    """Return the rows of all splits in order, None if one cannot be read, and what is wrong."""
    folder = f"data/{variant.name}/{code}"
    parts, found = read_splits(release / folder, lambda path: _rows(path, variant, code))
    faults = [f"{folder}/{fault}" for fault in found]
    if shares is not None:
        misplaced_rows = _some(misplaced(parts or {}, shares))
        faults += [f"{where(release, folder)}: {fault}" for fault in misplaced_rows]
    if not parts:
        return None, faults
    rows = [row for part in parts.values() for row in part]
    if len(parts) > 1:
        rows.sort(key=lambda row: [row[name] for name in variant.table.key])
    return rows, faults


def _rows(path: Path, variant: Variant, code: str) -> tuple[list[Row] | None, list[str]]:
    """Return the rows of a file, None of one that cannot be read, and what is wrong with it."""
    expected = variant.table.schema
    try:
        table = pq.read_table(path, partitioning=None)
        if table.schema.names != expected.names or table.schema.types != expected.types:
            names = ", ".join(expected.names)
            return None, [f"expected the columns {names}, got {table.schema.names}"]
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        return None, [f"not a readable parquet file ({error})"]
    flat = table["char_spans"].combine_chunks().flatten()
    columns = {field.name: table[field.name] for field in expected if not field.nullable}
    columns |= {f"char_spans.{field.name}": flat.field(field.name) for field in flat.type}
    if nulls := [name for name, column in columns.items() if column.null_count]:
        return None, [f"column {name} has nulls" for name in nulls]
    rows = table.to_pylist()
    faults = [
        f"{row['id']}: language is {row['language']!r}, expected {code!r}"
        for row in rows
        if row["language"] != code
    ]
    return rows, [*_some(faults), *_some(_order(rows, variant.table.key)), *_some(_spans(rows))]


def _some(faults: Iterable[str]) -> Iterator[str]:
    """Yield the first faults, and how many more there are."""
    left = iter(faults)
    yield from islice(left, MOST)
    if more := sum(1 for _ in left):
        yield f"and {more} more of these"


def _order(rows: Sequence[Row], key: tuple[str, ...]) -> Iterator[str]:
    seen: set[str] = set()
    for row in rows:
        if row["id"] in seen:
            yield f"{row['id']}: stands twice"
        seen.add(row["id"])
    for before, row in pairwise(rows):
        if [row[name] for name in key] < [before[name] for name in key]:
            yield f"{row['id']}: stands after {before['id']}, expected the order of {key}"


def _spans(rows: Sequence[Row]) -> Iterator[str]:
    """Yield what is wrong with entities: bounds, surface, order, labels."""
    for row in rows:
        text, before = row["text"], (-1, -1)
        for span in row["char_spans"]:
            start, end = span["start"], span["end"]
            where = f"{row['id']}: entity [{start}, {end})"
            if not 0 <= start < end <= len(text):
                yield f"{where} is not inside the {len(text)} code points of its text"
            elif text[start:end] != span["surface"]:
                yield f"{where} is {text[start:end]!r}, its surface {span['surface']!r}"
            if (start, end) <= before:
                yield f"{where} stands after [{before[0]}, {before[1]})"
            before = (start, end)
            labels = span["labels"] if "labels" in span else [span["label"]]
            if not labels or not all(labels):
                yield f"{where} has no label"


def _checked(
    variant: Variant, files: Files, ids: Collection[str] | None, evaluation: EvaluationTexts | None
) -> Iterator[str]:
    """Yield what is wrong with a file beside the others of its language."""
    rows = files[variant]
    if variant.of_sentences:
        passages = files.get(replace(variant, of_sentences=False))
        if passages is not None:
            yield from _some(_differing(rows, sentences(passages)[0]))
        return
    yield from _some(_sources(rows, variant, {one.annotator for one in files}))
    if ids is not None:
        yield from _some(
            f"{row['id']}: its document {row['document_id']} is not among the documents"
            for row in rows
            if row["document_id"] not in ids
        )
    singles = files.get(replace(variant, kind="single"))
    english = files.get(replace(variant, is_translated=False))
    if variant.kind != "single" and singles is not None:
        yield from _some(_differing([_joined(row) for row in rows], singles))
    elif variant.is_translated and english is not None:
        nameless = [_nameless(row) for row in english]
        yield from _some(_differing([_nameless(row) for row in rows], nameless))
    elif evaluation is not None:
        yield from _some(
            f"{row['id']}: shares a run of words with an evaluation text"
            for row in rows
            if evaluation.share_a_run(words(row["text"]).hashes)
        )


def _sources(rows: Sequence[Row], variant: Variant, annotators: set[str]) -> Iterator[str]:
    known = {variant.annotator}
    if variant.annotator == MERGED:
        known = annotators - known
    for row in rows:
        for span in row["char_spans"]:
            # A release of the merged variants alone does not say who the annotators are.
            if not span["sources"] or (known and not known.issuperset(span["sources"])):
                where = f"{row['id']}: entity [{span['start']}, {span['end']})"
                yield f"{where} is from {span['sources']}, expected some of {sorted(known)}"


def _joined(row: Row) -> Row:
    """Return a row of several labels as the single-label variant has it."""
    spans = []
    for span in row["char_spans"]:
        rest = {name: value for name, value in span.items() if name != "labels"}
        spans.append(rest | {"label": SEPARATOR.join(span["labels"])})
    return row | {"char_spans": spans}


def _nameless(row: Row) -> Row:
    """Return a row without what its entities are called, which alone a translation changes."""
    names = ("label", "labels")
    spans = [{k: v for k, v in span.items() if k not in names} for span in row["char_spans"]]
    return row | {"char_spans": spans}


def _differing(rows: Sequence[Row], expected: Sequence[Row]) -> Iterator[str]:
    """Yield the rows that are not what those they are made of make them."""
    wanted = {row["id"]: row for row in expected}
    for row in rows:
        other = wanted.pop(row["id"], None)
        if other is None:
            yield f"{row['id']}: there is nothing it is made of"
        elif row != other:
            names = ", ".join(name for name in row if row[name] != other[name])
            yield f"{row['id']}: differs from what it is made of in {names}"
    yield from (f"{name}: is missing" for name in wanted)
