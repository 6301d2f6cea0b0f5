"""Parquet files as the Hugging Face hub has them: lists of tokens, and of tags by name or number.

Numbers are named by the features that the file itself tells. None of the hub's files could be had
here (CoNLL-2003, PAN-X, ThaiNER 2.2): unverified, tested on files that `datasets` wrote.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from finerweb.gold.objects import TAG_LISTS, TOKEN_LISTS, list_of, read_rows, shown, tagged
from finerweb.gold.records import Marked


def read_parquet(path: Path) -> Iterator[Marked]:
    """Yield the sentences of a parquet file with a column of tokens and one of tags.

    Raises:
        ValueError: it is no such file, has a row without them, or its tags are numbers that it does
            not name.
    """
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{path}: not a readable parquet file ({error})") from error
    tokens, tags = (_column(path, table, names) for names in (TOKEN_LISTS, TAG_LISTS))
    all_tags = table[tags].to_pylist()
    if pa.types.is_integer(table.schema.field(tags).type.value_type):
        names = _names(path, table.schema, tags)
        all_tags = [_named(row, names, f"{path}, row {i}") for i, row in enumerate(all_tags)]
    both = zip(table[tokens].to_pylist(), all_tags, strict=True)
    yield from read_rows([tagged(f"{path}, row {i}", *row) for i, row in enumerate(both)])


def _column(path: Path, table: pa.Table, names: tuple[str, ...]) -> str:
    for name in names:
        if name in table.column_names and pa.types.is_list(table.schema.field(name).type):
            return name
    raise ValueError(
        f"{path}: expected a list in one of the columns {', '.join(names)}, got "
        f"{', '.join(table.column_names)}"
    )


def _names(path: Path, schema: pa.Schema, column: str) -> list[str]:
    """Return the tags by their numbers, from what `datasets` writes into the file."""
    told: Any = None
    with suppress(ValueError):
        told = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
    for key in ("info", "features", column, "feature", "names"):
        told = told.get(key) if isinstance(told, dict) else None
    if not told:
        raise ValueError(
            f"{path}: the tags of column {column} are numbers, and the file does not say what they "
            "stand for; expected the hub's own parquet, which does"
        )
    return list_of(str, told, f"names of the tags of column {column}", str(path))


def _named(row: list[int | None] | None, names: list[str], where: str) -> list[str] | None:
    """Return the tags of a row by their names; what is no list is for `tagged` to refuse."""
    for number in row or ():
        if number is None or not 0 <= number < len(names):
            raise ValueError(f"{where}: tag number {shown(number)}, expected 0 to {len(names) - 1}")
    return None if row is None else [names[number] for number in row if number is not None]
