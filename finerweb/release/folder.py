"""The dataset as a folder, in the layout that `datasets` reads."""

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq

from finerweb.params.release import Shares
from finerweb.release.confidence import joined
from finerweb.release.splits import TRAIN, divided, file_of
from finerweb.tables.confidence import CONFIDENCE
from finerweb.tables.entities import MERGED
from finerweb.tables.io import GROUP_ROWS, languages_in, read_table, replacing

README = "README.md"
CHECKSUMS = "SHA256SUMS"
FILE = file_of(TRAIN)

Layout = dict[str, dict[str, dict[str, int]]]
"""By variant, language and split: how many rows there are. What has none has no entry, no file."""


def released(variants: Path, annotators: Iterable[str], without: Iterable[str]) -> list[str]:
    """Return the variants of a folder that are released, sorted.

    Without an annotator, those that were merged with its spans are left out as its own are.
    """
    names = sorted(folder.name for folder in variants.iterdir())
    if not list(without):
        return names
    return [name for name in names if any(name.startswith(f"{one}-") for one in annotators)]


def copy(
    variants: Path, names: Iterable[str], shares: Shares, out: Path, confidence: Path | None
) -> Layout:
    """Write the variants as ``data/<variant>/<language>/<split>-...``; return what is there.

    A split without a row has no file: `datasets` fails on it, and with it the whole config. The
    entities of merged variants get their ``confidence``, of the folder of that table; None: not.
    """
    layout: Layout = {}
    for name in names:
        layout[name] = {}
        for code in languages_in(variants / name):
            target = out / "data" / name / code
            source = confidence if name.startswith(f"{MERGED}-") else None
            sure = source and source / f"{code}.parquet"
            if rows := _copy(variants / name / f"{code}.parquet", shares, target, sure):
                layout[name][code] = rows
    return layout


def _copy(path: Path, shares: Shares, folder: Path, confidence: Path | None) -> dict[str, int]:
    """Write the splits of a file, and return how many rows each has."""
    n = pq.read_metadata(path).num_rows
    if not n:
        return {}
    folder.mkdir(parents=True)
    if not shares.validation and not shares.test and confidence is None:
        shutil.copyfile(path, folder / FILE)
        return {TRAIN: n}
    table = pq.read_table(path, partitioning=None)
    if confidence is not None:
        table = joined(table, read_table(confidence, CONFIDENCE))
    parts = divided(table, shares)
    for split, table in parts.items():
        with replacing(folder / file_of(split)) as temporary:
            pq.write_table(table, temporary, compression="zstd", row_group_size=GROUP_ROWS)
    return {split: len(table) for split, table in parts.items()}


def finish(card: str, out: Path) -> None:
    """Write the card, and the checksums of everything."""
    (out / README).write_text(card, encoding="utf-8")
    write_checksums(out)


def write_checksums(release: Path) -> None:
    """Write the sha256 of every file, as ``sha256sum --check`` reads them."""
    lines = []
    for path in sorted(p for p in release.rglob("*") if p.is_file() and p.name != CHECKSUMS):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        lines.append(f"{digest}  {path.relative_to(release).as_posix()}\n")
    (release / CHECKSUMS).write_text("".join(lines), encoding="utf-8")


def read_checksums(path: Path) -> dict[str, str]:
    """Return the sha256 of each file that `write_checksums` wrote.

    Raises:
        ValueError: a line is none of those.
    """
    found = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        digest, _, name = line.partition("  ")
        if len(digest) != hashlib.sha256().digest_size * 2 or not name:
            raise ValueError(f"line {number}: expected a sha256, two blanks and a name: {line!r}")
        found[name] = digest
    return found
