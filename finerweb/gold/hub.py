"""Parquet files as the Hugging Face hub has them: lists of tokens, and of tags by name or number.

Numbers are named by the features that the file itself tells. None of the hub's files could be had
here (CoNLL-2003, PAN-X, ThaiNER 2.2): unverified, tested on files that `datasets` wrote.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from finerweb.gold.columns import marked
from finerweb.gold.objects import TAG_LISTS, TOKEN_LISTS, same_length
from finerweb.gold.records import Marked
from finerweb.gold.schemes import TaggedLine, scheme_of


def read_parquet(path: Path) -> Iterator[Marked]:
    """Yield the sentences of a parquet file with a column of tokens and one of tags.

    Raises:
        ValueError: it is no such file, or its tags are numbers that it does not name.
    """
    try:
        table = pq.read_table(path)
    except pa.ArrowInvalid as error:
        raise ValueError(f"{path}: not a readable parquet file ({error})") from error
    tokens, tags = (_column(path, table, names) for names in (TOKEN_LISTS, TAG_LISTS))
    all_tokens, all_tags = table[tokens].to_pylist(), table[tags].to_pylist()
    if pa.types.is_integer(table.schema.field(tags).type.value_type):
        names = _names(path, table.schema, tags)
        all_tags = [[_name(path, names, number) for number in row] for row in all_tags]
    lines = [[TaggedLine(tag, f"{path}, row {i}") for tag in row] for i, row in enumerate(all_tags)]
    scheme = scheme_of(lines)
    for i, (words, row) in enumerate(zip(all_tokens, lines, strict=True)):
        where = f"{path}, row {i}"
        same_length(where, words, row)
        yield marked(where, words, row, scheme)


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
    told = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
    feature: Any = told.get("info", {}).get("features", {}).get(column, {})
    names = feature.get("feature", {}).get("names") if isinstance(feature, dict) else None
    if not names:
        raise ValueError(
            f"{path}: the tags of column {column} are numbers, and the file does not say what they "
            "stand for; expected the hub's own parquet, which does"
        )
    return list(names)


def _name(path: Path, names: list[str], number: int) -> str:
    if not 0 <= number < len(names):
        raise ValueError(f"{path}: tag number {number}, expected 0 to {len(names) - 1}")
    return names[number]
