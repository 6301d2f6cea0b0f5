"""Data as classic scripts: browsers load these from ``file://``, where they refuse to fetch."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from finerweb.tables.io import replacing

SITE = Path(__file__).parents[1] / "report" / "site"
"""What a browser gets of the site beside the data."""
ADDED = "added"
"""The one key whose value is not the stage's: what differs between runs, and between commits."""
_ESCAPED = str.maketrans({"<": "\\u003c", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def copy_site(folder: Path) -> None:
    """Copy the site's own files into an empty folder, with nothing added."""
    shutil.copytree(SITE, folder, dirs_exist_ok=True)
    put(folder, ADDED, None)


def put(folder: Path, key: str, value: object) -> int:
    """Write a value as the script that gives it to the site under a key; return its bytes.

    Raises:
        ValueError: a number is not finite, which JSON has no name for.
    """
    content = script(key, value).encode()
    with replacing(folder / "data" / f"{key}.js") as temporary:
        temporary.write_bytes(content)
    return len(content)


def put_chunks(folder: Path, key: str, rows: Sequence[object], size: int) -> int:
    """Write rows as the scripts ``key.0``, ``key.1`` and so on; return how many there are."""
    starts = range(0, len(rows), size)
    for n, start in enumerate(starts):
        put(folder, f"{key}.{n}", rows[start : start + size])
    return len(starts)


def script(key: str, value: object) -> str:
    r"""Return the source of a script; what a text says can neither end it nor break a line of it.

    >>> script("a", "</script>")
    'finerweb.put("a","\\u003c/script>");\n'
    """
    told = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f"finerweb.put({json.dumps(key)},{told.translate(_ESCAPED)});\n"
