"""JSON arrays, written and read by others as a whole, here an item at a time."""

import json
from collections.abc import Iterable
from pathlib import Path

from finerweb.tables.io import Row


def write_array(path: Path, items: Iterable[Row]) -> None:
    """Write items as a JSON array, an item a line."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("[")
        before = "\n"
        for item in items:
            file.write(before + json.dumps(item, ensure_ascii=False))
            before = ",\n"
        file.write("\n]\n")
