"""The files of a released variant, and their entities."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path

import pyarrow.parquet as pq

from finerweb.languages import language
from finerweb.records import Entity
from finerweb.release.sentences import SUFFIX
from finerweb.release.variants import KINDS
from finerweb.tables.io import Row, Table, stream
from finerweb.tables.variants import with_confidence


@dataclass(frozen=True, slots=True)
class Part:
    """The files of a language and split, one or several, in the order of their names."""

    language: str
    split: str
    table: Table
    paths: tuple[Path, ...]

    def rows(self) -> Iterator[Row]:
        """Yield the passages, or sentences, some in memory at a time."""
        return chain.from_iterable(stream(path, self.table) for path in self.paths)


def table(variant: str) -> Table:
    """Return what the files of a variant hold, by its name.

    Raises:
        ValueError: the name is no variant's.
    """
    passages = variant.removesuffix(SUFFIX)
    for kind, tables in KINDS.items():
        if kind in passages.split("-"):
            return tables[variant != passages]
    raise ValueError(
        f"{variant!r} is no variant: expected <annotator or merged>-<{' or '.join(KINDS)}>, then "
        f"perhaps -translated and {SUFFIX}, as in merged-single"
    )


def parts(release: Path, variant: str, languages: Collection[str] = ()) -> list[Part]:
    """Return a variant's languages and splits, sorted; all its languages where none are named.

    Raises:
        FileNotFoundError: the release has no such variant, or not that language of it.
        ValueError: the name is no variant's, or no language's.
    """
    kind = table(variant)
    folder = release / "data" / variant
    if not folder.is_dir():
        there = ", ".join(sorted(p.name for p in release.glob("data/*"))) or "none"
        raise FileNotFoundError(f"{folder}: no such variant; there are: {there} (`dvc pull`?)")
    codes = sorted({language(code).code for code in languages}) or sorted(
        language(path.name).code for path in folder.iterdir() if path.is_dir()
    )
    return [part for code in codes for part in _parts(folder / code, kind)]


def _as_released(path: Path, kind: Table) -> Table:
    """Return what a file of a variant holds: merged entities may have a confidence."""
    sure = with_confidence(kind)
    return sure if pq.read_schema(path).types == sure.schema.types else kind


def _parts(folder: Path, kind: Table) -> list[Part]:
    paths = sorted(folder.glob("*.parquet"))
    if not paths:
        raise FileNotFoundError(
            f"{folder}: expected parquet files of a split, as in train-*.parquet"
        )
    splits = groupby(paths, key=lambda path: path.name.partition("-")[0])
    table = _as_released(paths[0], kind)
    return [Part(folder.name, split, table, tuple(files)) for split, files in splits]


def entities(row: Row) -> list[Entity]:
    """Return the entities of a row, in text order; of a single-label variant each has one label."""
    found = [
        Entity(span["start"], span["end"], tuple(span.get("labels") or (span["label"],)))
        for span in row["char_spans"]
    ]
    return sorted(found, key=lambda entity: (entity.start, entity.end))
