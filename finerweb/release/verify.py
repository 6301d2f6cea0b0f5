"""Whether a release is what it says it is: every fault, with its place."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from finerweb.corpus.contamination import EvaluationTexts
from finerweb.corpus.segmentation import words
from finerweb.params.release import Shares
from finerweb.release.card_tables import CardMetrics
from finerweb.release.folder import CHECKSUMS, read_checksums
from finerweb.release.sentences import SUFFIX, sentences
from finerweb.release.splits import misplaced, read_splits, where
from finerweb.release.variants import KINDS, TRANSLATED
from finerweb.release.verify_card import card_faults, has_confidence, shares_of
from finerweb.release.verify_rows import (
    confidences,
    differing,
    entities,
    joined,
    languages,
    nameless,
    nulls,
    order,
    sentences_of,
    some,
    sources,
    strays,
    uncovered,
)
from finerweb.tables.entities import MERGED
from finerweb.tables.io import Table
from finerweb.tables.variants import with_confidence


@dataclass(frozen=True, slots=True)
class Variant:
    """A variant, by the parts of its name."""

    annotator: str
    kind: str
    is_translated: bool = False
    of_sentences: bool = False
    has_confidence: bool = False

    @property
    def name(self) -> str:
        """Return what its folder is called."""
        ends = (TRANSLATED if self.is_translated else "", SUFFIX if self.of_sentences else "")
        return f"{self.annotator}-{self.kind}{''.join(ends)}"

    @property
    def table(self) -> Table:
        """Return what its files hold."""
        table = KINDS[self.kind][self.of_sentences]
        return with_confidence(table) if self.has_confidence else table


Files = dict[Variant, pa.Table]
"""The rows of a language's files that can be read."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What passages are held to beside the release: document ids, evaluation texts."""

    ids: Collection[str] | None
    evaluation: EvaluationTexts | None


def verify(
    release: Path,
    documents: Callable[[str], Collection[str]] | None = None,
    evaluation: EvaluationTexts | None = None,
    statistics: Mapping[str, Any] | None = None,
    metrics: CardMetrics | None = None,
) -> Iterator[str]:
    """Yield every fault of a release, ``file: what is wrong``; nothing where all is well.

    Looked at are checksums; schemas, order and ids of every file; every entity against its text,
    its sources, the bounds of its confidence; sentences, several labels and translations against
    the passages they are made of; the split of every document; the card's configs and figures
    against the data. ``documents`` returns a language's document ids, among which every passage's
    must be, ``evaluation`` may share no run of words with a text, the data must have the figures of
    ``statistics`` (what the metrics file says), and the card those of ``metrics``.
    Languages are held one at a time.
    """
    yield from _checksums(release)
    variants, faults = _variants(release / "data", has_confidence(release))
    yield from faults
    shares = shares_of(release)
    for code in sorted({path.parent.name for path in release.glob("data/*/*/*.parquet")}):
        files: Files = {}
        for variant in variants:
            rows, found = _splits(release, variant, code, shares)
            yield from found
            if rows is not None:
                files[variant] = rows
        beside = Beside(documents(code) if documents else None, evaluation)
        for variant in files:
            name = where(release, f"data/{variant.name}/{code}")
            checked = _checked(variant, files, beside)
            yield from (f"{name}: {fault}" for fault in checked)
    singles = {v.annotator for v in variants if v.name == f"{v.annotator}-single"}
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


def _variants(data: Path, confidence: bool) -> tuple[list[Variant], list[str]]:
    """Return the variants of a folder, and what is wrong with those that are not there."""
    found, faults = [], []
    for folder in sorted(data.glob("*")):
        of_passages = folder.name.removesuffix(SUFFIX)
        name = of_passages.removesuffix(TRANSLATED)
        annotator, _, kind = name.rpartition("-")
        if annotator and kind in KINDS:
            is_view = of_passages != name, folder.name != of_passages
            found.append(Variant(annotator, kind, *is_view, confidence and annotator == MERGED))
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
) -> tuple[pa.Table | None, list[str]]:
    """Return the rows of all splits in order, None if one cannot be read, and what is wrong."""
    folder = f"data/{variant.name}/{code}"
    parts, found = read_splits(release / folder, lambda path: _rows(path, variant, code))
    faults = [f"{folder}/{fault}" for fault in found]
    if shares is not None:
        misplaced_rows = some(misplaced(parts or {}, shares))
        faults += [f"{where(release, folder)}: {fault}" for fault in misplaced_rows]
    if not parts:
        return None, faults
    rows = pa.concat_tables(parts.values())
    if len(parts) > 1:
        rows = rows.sort_by([(name, "ascending") for name in variant.table.key])
    return rows, faults


def _rows(path: Path, variant: Variant, code: str) -> tuple[pa.Table | None, list[str]]:
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
    if empty := nulls(table, expected):
        return None, [f"column {name} has nulls" for name in empty]
    return table, [*some(languages(table, code)), *some(order(table, variant.table.key))]


def _checked(variant: Variant, files: Files, beside: Beside) -> Iterator[str]:
    """Yield what is wrong with a file beside the others of its language."""
    table = files[variant]
    faults = _beside_what_it_is_made_of(variant, files)
    if faults is not None:
        named = list(faults)
        yield from named
        if not named:
            return  # What it is made of is looked at itself.
    yield from some(entities(table))
    yield from some(confidences(table))
    if variant.of_sentences:
        return
    known = {variant.annotator}
    if variant.annotator == MERGED:
        # A release of the merged variants alone does not say who the annotators are.
        known = {one.annotator for one in files} - known
    yield from some(sources(table, known))
    if beside.ids is not None:
        yield from some(strays(table, beside.ids))
    if beside.evaluation is not None:
        yield from some(_shared(table, beside.evaluation))


def _beside_what_it_is_made_of(variant: Variant, files: Files) -> Iterator[str] | None:
    """Return the faults of a file that others of its language make; None where those are missing.

    One of several labels is held to the one of single labels, one of sentences to its passages, a
    translated one to the English one.
    """
    table = files[variant]
    singles = files.get(replace(variant, kind="single"))
    if variant.kind != "single" and singles is not None:
        return some(differing(joined(table, singles.schema), singles))
    if variant.of_sentences:
        passages = files.get(replace(variant, of_sentences=False))
        return None if passages is None else _beside_passages(table, passages, variant.table)
    english = files.get(replace(variant, is_translated=False))
    if variant.is_translated and english is not None:
        return some(differing(nameless(table), nameless(english)))
    return None


def _beside_passages(table: pa.Table, passages: pa.Table, kind: Table) -> Iterator[str]:
    # By the file's own borders: whose rules they are, and of which version, it need not know.
    found = sentences_of(table, passages)
    yield from some(uncovered(found, passages))
    yield from some(differing(table, sentences(passages, kind, found)[0]))


def _shared(table: pa.Table, evaluation: EvaluationTexts) -> Iterator[str]:
    for name, text in zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True):
        if evaluation.share_a_run(words(text).hashes):
            yield f"{name}: shares a run of words with an evaluation text"
