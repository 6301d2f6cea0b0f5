"""Whether a release is what it says it is: every fault, with its place."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from finerweb.corpus.contamination import EvaluationTexts
from finerweb.corpus.segmentation import words
from finerweb.release.folder import CHECKSUMS, README, read_checksums
from finerweb.release.sentences import SUFFIX
from finerweb.release.variants import KINDS
from finerweb.report.statistics import of_variant
from finerweb.tables.entities import MERGED
from finerweb.tables.io import Row, Table

MOST = 10
"""Faults of one kind that are named in a file; of more the number is told."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A variant's folder, by its parts."""

    folder: Path
    annotator: str
    kind: str
    of_sentences: bool

    @property
    def table(self) -> Table:
        """Return what its files hold."""
        return KINDS[self.kind][self.of_sentences]

    @property
    def passages(self) -> Path:
        """Return the folder of the passages, of a variant of sentences."""
        return self.folder.with_name(self.folder.name.removesuffix(SUFFIX))


def verify(
    release: Path,
    documents: Mapping[str, set[str]] | None = None,
    evaluation: EvaluationTexts | None = None,
    statistics: Mapping[str, Any] | None = None,
) -> Iterator[str]:
    """Yield every fault of a release, ``file: what is wrong``; nothing where all is well.

    Looked at are checksums, schemas, order and ids, languages, every span against its text, sources
    of entities, sentences against their passages, and the card's figures against the data's.
    ``documents`` (language -> ids) must hold every passage's document, ``evaluation`` no run of a
    text's words, and ``statistics`` (what the metrics file says) the data's figures.
    """
    yield from _checksums(release)
    variants, faults = _variants(release / "data")
    yield from faults
    annotators = {variant.annotator for variant in variants} - {MERGED}
    for variant in variants:
        known = annotators if variant.annotator == MERGED else {variant.annotator}
        for path in sorted(variant.folder.glob("*/*.parquet")):
            where = path.relative_to(release).as_posix()
            checked = _file(path, variant, known, documents, evaluation)
            yield from (f"{where}: {fault}" for fault in checked)
    yield from _figures(release, variants, statistics)


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
    there = {p.relative_to(release).as_posix() for p in release.rglob("*") if p.is_file()}
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
        name = folder.name.removesuffix(SUFFIX)
        annotator, _, kind = name.rpartition("-")
        if annotator and kind in KINDS:
            found.append(Variant(folder, annotator, kind, folder.name != name))
        else:
            kinds = " or ".join(KINDS)
            faults.append(f"data/{folder.name}: expected <annotator>-{kinds}, or with {SUFFIX}")
    codes = {v.folder.name: {p.parent.name for p in v.folder.glob("*/*.parquet")} for v in found}
    every: set[str] = set().union(*codes.values())
    for name, mine in codes.items():
        faults += [f"data/{name}/{code}: no file" for code in sorted(every - mine)]
    return found, faults


def _file(
    path: Path,
    variant: Variant,
    known: set[str],
    documents: Mapping[str, set[str]] | None,
    evaluation: EvaluationTexts | None,
) -> Iterator[str]:
    try:
        table = pq.read_table(path, partitioning=None)
    except (pa.ArrowException, OSError) as error:
        yield f"not a readable parquet file ({error})"
        return
    expected = variant.table.schema
    if table.schema.names != expected.names or table.schema.types != expected.types:
        yield f"expected the columns {', '.join(expected.names)}, got {table.schema.names}"
        return
    code = path.parent.name
    rows = table.select([name for name in expected.names if name != "char_spans"]).to_pylist()
    yield from _some(
        f"row {i}: language is {row['language']!r}, expected {code!r}"
        for i, row in enumerate(rows)
        if row["language"] != code
    )
    yield from _some(_order(rows, variant.table.key))
    yield from _some(_spans(table, rows, known))
    if documents is not None:
        yield from _some(
            f"{row['id']}: its document {row['document_id']} is not among the documents"
            for row in rows
            if row["document_id"] not in documents.get(code, set())
        )
    if variant.of_sentences:
        yield from _some(_sentences(rows, variant.passages / code / path.name))
    elif evaluation is not None:
        yield from _some(
            f"{row['id']}: shares a run of words with an evaluation text"
            for row in rows
            if evaluation.share_a_run(words(row["text"]).hashes)
        )


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


def _spans(table: pa.Table, rows: Sequence[Row], known: set[str]) -> Iterator[str]:
    """Yield what is wrong with entities: surface, bounds, order, labels, sources."""
    column = table["char_spans"].combine_chunks()
    offsets = column.offsets.to_pylist()
    fields = {field.name: field for field in column.type.value_type}
    flat = column.values
    starts, ends, surfaces, sources = (
        flat.field(name).to_pylist() for name in ("start", "end", "surface", "sources")
    )
    labels = flat.field("labels" if "labels" in fields else "label").to_pylist()
    for row, first, last in zip(rows, offsets, offsets[1:], strict=False):
        text, before = row["text"], (-1, -1)
        for i in range(first, last):
            start, end = starts[i], ends[i]
            where = f"{row['id']}: entity [{start}, {end})"
            if not 0 <= start < end <= len(text):
                yield f"{where} is not inside the {len(text)} code points of its text"
            elif text[start:end] != surfaces[i]:
                yield f"{where} is {text[start:end]!r}, its surface {surfaces[i]!r}"
            if (start, end) <= before:
                yield f"{where} stands after [{before[0]}, {before[1]})"
            before = (start, end)
            if not labels[i] or not all(labels[i]):
                yield f"{where} has no label"
            if not sources[i] or not known.issuperset(sources[i]):
                yield f"{where} is from {sources[i]}, expected some of {sorted(known)}"


def _sentences(rows: Sequence[Row], path: Path) -> Iterator[str]:
    """Yield the sentences that are no slices of a passage."""
    try:
        table = pq.read_table(path, columns=["id", "text"], partitioning=None)
    except (pa.ArrowException, OSError) as error:
        yield f"its passages cannot be read: {error}"
        return
    ids, texts = (table[name].to_pylist() for name in ("id", "text"))
    passages = dict(zip(ids, texts, strict=True))
    for row in rows:
        text = passages.get(row["passage_id"])
        if text is None:
            yield f"{row['id']}: there is no passage {row['passage_id']}"
        elif text[row["start"] : row["start"] + len(row["text"])] != row["text"]:
            yield f"{row['id']}: is not at code point {row['start']} of {row['passage_id']}"


def _figures(
    release: Path, variants: Sequence[Variant], statistics: Mapping[str, Any] | None
) -> Iterator[str]:
    """Yield the figures of the card, and of the metrics, that the data do not have."""
    card = release / README
    text = card.read_text("utf-8") if card.is_file() else ""
    for variant in variants:
        if variant.kind != "single" or variant.of_sentences:
            continue
        paths = sorted(variant.folder.glob("*/*.parquet"))
        try:
            figures: Any = of_variant(((p.parent.name, _read(p)) for p in paths), top=0)
        except (pa.ArrowException, OSError, KeyError):
            continue  # such a file is named already
        overall = figures["overall"]
        names = ("characters", "entities_per_passage", "types_per_passage")
        cells = [overall["passages"], *(round(overall[n], 1) for n in names), overall["types"]]
        line = " | ".join(map(str, [f"| {variant.annotator}", *cells])) + " |"
        if line not in text:
            yield f"{README}: expected the figures {line}"
        noted = (statistics or {}).get("ours", {}).get(variant.annotator)
        if statistics is not None and (noted is None or _differ(noted["overall"], overall)):
            yield f"statistics of {variant.annotator}: expected {overall}, got {noted}"


def _read(path: Path) -> list[Row]:
    rows: list[Row] = pq.read_table(
        path, columns=["text", "char_spans"], partitioning=None
    ).to_pylist()
    return rows


def _differ(noted: Mapping[str, float], found: Mapping[str, float]) -> bool:
    return any(abs(noted.get(name, -1) - value) > 1e-4 for name, value in found.items())
