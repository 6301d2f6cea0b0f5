"""Texts alone, without gold: what must not be trained on need not be labelled."""

import json
from collections.abc import Iterator
from pathlib import Path

from finerweb.gold.columns import lines
from finerweb.gold.objects import text_of
from finerweb.gold.records import Marked


def read_plain(path: Path) -> Iterator[Marked]:
    """Yield the texts of a file that has one a line.

    Raises:
        ValueError: the file is not UTF-8.
    """
    for number, line in enumerate(lines(path), 1):
        if line.strip():
            yield Marked(f"{path}, line {number}", line.strip(), ())


def read_json_texts(path: Path) -> Iterator[Marked]:
    """Yield the ``text`` of JSON lines.

    Raises:
        ValueError: a line is no object with one, naming it.
    """
    for number, line in enumerate(lines(path), 1):
        where = f"{path}, line {number}"
        if line.strip():
            try:
                text = text_of(json.loads(line))
            except (ValueError, RecursionError) as error:
                raise ValueError(
                    f"{where}: expected an object with `text`, got {line.strip()[:60]!r} ({error})"
                ) from error
            yield Marked(where, text, ())
