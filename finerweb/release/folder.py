"""The dataset as a folder, in the layout that `datasets` reads."""

import hashlib
import shutil
from pathlib import Path

from finerweb.tables.io import languages_in

README = "README.md"
CHECKSUMS = "SHA256SUMS"
FILE = "train-00000-of-00001.parquet"


def configs(variants: Path) -> dict[str, list[str]]:
    """Return the variants of a folder, sorted, with the languages each has a file for."""
    return {folder.name: languages_in(folder) for folder in sorted(variants.iterdir())}


def build(variants: Path, card: str, out: Path) -> None:
    """Write card, checksums and each variant's files as ``data/<variant>/<language>/train-...``."""
    for variant, codes in configs(variants).items():
        for code in codes:
            target = out / "data" / variant / code / FILE
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(variants / variant / f"{code}.parquet", target)
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
