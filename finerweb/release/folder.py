"""The dataset as a folder, in the layout that `datasets` reads."""

import shutil
from pathlib import Path

from finerweb.tables.io import languages_in

README = "README.md"


def configs(variants: Path) -> dict[str, list[str]]:
    """Return the variants of a folder, sorted, with the languages each has a file for."""
    return {folder.name: languages_in(folder) for folder in sorted(variants.iterdir())}


def build(variants: Path, card: str, out: Path) -> None:
    """Write the card, and each variant's files as ``data/<variant>/<language>/train-...``."""
    for variant, codes in configs(variants).items():
        for code in codes:
            target = out / "data" / variant / code / "train-00000-of-00001.parquet"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(variants / variant / f"{code}.parquet", target)
    (out / README).write_text(card, encoding="utf-8")
