"""JSON lines: the rows of the release as they stand, nothing is lost."""

import json
from collections.abc import Iterable
from pathlib import Path

from finerweb.exports.loss import Ledger
from finerweb.exports.source import entities
from finerweb.tables.io import Row


class Jsonl:
    """One object a passage (or sentence), with the release's columns; offsets in code points."""

    suffix = ".jsonl"

    def write(self, rows: Iterable[Row], path: Path, ledger: Ledger) -> None:
        """Write the rows of a language and split."""
        with path.open("w", encoding="utf-8", newline="\n") as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                ledger.keep(row, sum(len(entity.labels) for entity in entities(row)))

    def beside(self) -> dict[str, str]:
        """Return no further files."""
        return {}
