"""The files of a set: which they are, and how each is read."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from finerweb.gold.columns import PANX, PLAIN, UNER, read_columns
from finerweb.gold.hub import read_parquet
from finerweb.gold.inline import read_inline
from finerweb.gold.objects import read_spans, read_surfaces, read_tagged
from finerweb.gold.records import Marked
from finerweb.gold.texts import read_json_texts, read_plain

Reader = Callable[[Path], Iterator[Marked]]
READERS: dict[str, Reader] = {
    "conll2003": lambda path: read_columns(path, PLAIN),
    "masakhaner": lambda path: read_columns(path, PLAIN),
    "wikigold": lambda path: read_columns(path, PLAIN),
    "columns": lambda path: read_columns(path, PLAIN),
    "panx": lambda path: read_columns(path, PANX),
    "uner": lambda path: read_columns(path, UNER),
    "thainer": read_inline,
    "dynamicner": read_surfaces,
    "tagged": read_tagged,
    "spans": read_spans,
    "plain": read_plain,
    "jsonl": read_json_texts,
}
"""How a kind of set is read; any kind may be a parquet file of the hub instead."""
LISTED = 12
"""So many names of a folder are told in an error."""


def read_files(kind: str, path: Path, split: str | None, knob: str) -> Iterator[Marked]:
    """Yield the texts of a set's files, in the order of their names; for the rest see `files`.

    Raises:
        FileNotFoundError: as `files`.
        ValueError: a file is not as its format is; the message names the place.
    """
    for file in files(path, split, knob):
        yield from (read_parquet if file.suffix == ".parquet" else READERS[kind])(file)


def files(path: Path, split: str | None, knob: str) -> list[Path]:
    """Return the file that a path is, or those of a folder whose names have the word ``split``.

    A word ends where a letter does not follow: eng.testb has ``testb``, and not ``test``. ``knob``
    is told in errors: where in params.yaml the path stands.

    Raises:
        FileNotFoundError: there is none, naming those that are there.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise FileNotFoundError(
            f"{path}: no such file or folder; {knob} in params.yaml names it, and docs/gold.md "
            "says where sets are to be had"
        )
    there = sorted(path.iterdir())
    word = re.compile(rf"(^|[^a-z]){re.escape(split or '')}([^a-z]|$)")
    found = [one for one in there if split and one.is_file() and word.search(one.name)]
    if not found:
        names = [one.name + "/" * one.is_dir() for one in there]
        more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
        raise FileNotFoundError(
            f"{path}: expected a file, or a folder with files of the split {split!r}, got a folder "
            f"with {', '.join(names[:LISTED]) or 'nothing'}{more}; {knob} in params.yaml names it: "
            "give `split` a word that stands in the names of the files to be read"
        )
    return found
