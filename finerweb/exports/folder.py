"""Exporting a variant: a file a language and split, and the loss report beside them."""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Protocol

from finerweb.exports.loss import Ledger
from finerweb.exports.source import parts
from finerweb.tables.io import Row, replacing_folder, write_metrics

LOSS = "loss.json"
LOST = "lost.jsonl"


class Format(Protocol):
    """A format of another tool."""

    @property
    def suffix(self) -> str:
        """Return how its files' names end."""

    def write(self, rows: Iterable[Row], path: Path, ledger: Ledger) -> None:
        """Write the rows of a language and split, which are in the order of the release."""

    def beside(self) -> dict[str, str]:
        """Return further files by their names, once all languages are written."""


def export(
    release: Path, variant: str, form: Format, out: Path, languages: Collection[str] = ()
) -> dict[str, Any]:
    """Write ``<out>/<language>/<split><suffix>`` for all languages, or those named.

    Return the loss report, which is also beside them as ``loss.json``; ``lost.jsonl`` names every
    label that is lost. The folder takes the place of an older one once all is written.

    Raises:
        FileNotFoundError, ValueError: as `finerweb.exports.source.parts`; or the folder is there
            and is no export, so that nothing else is ever replaced.
    """
    if out.exists() and not (out / LOSS).is_file() and not _is_empty(out):
        raise ValueError(f"{out}: is there, and no export (it has no {LOSS}): name a new folder")
    found = parts(release, variant, languages)
    with replacing_folder(out) as folder:
        with (folder / LOST).open("w", encoding="utf-8", newline="\n") as lost:
            ledger = Ledger(lost)
            for part in found:
                path = folder / part.language / f"{part.split}{form.suffix}"
                path.parent.mkdir(exist_ok=True)
                form.write(part.rows(), path, ledger)
        for name, text in form.beside().items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        report = ledger.metrics()
        write_metrics(folder / LOSS, report)
    return report


def _is_empty(path: Path) -> bool:
    return path.is_dir() and next(path.iterdir(), None) is None
