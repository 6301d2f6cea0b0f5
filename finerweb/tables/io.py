"""Reading and writing artefacts: checked against a schema, byte-stable, never half-written.

A table is a folder with one parquet file a language (``data/passages/deu_Latn.parquet``).
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from finerweb.languages import language

Row = dict[str, Any]
GROUP_ROWS = 10_000
"""Rows in a row group: what a reader of some rows has to decode."""
ROWS_AT_ONCE = 1024
"""Rows that are objects of Python at a time where they are streamed."""


@dataclass(frozen=True)
class Table:
    """A table's schema (each field with a ``description``) and the columns rows are sorted by."""

    name: str
    schema: pa.Schema
    key: tuple[str, ...]


def column(
    name: str, kind: pa.DataType, description: str, nullable: bool = False
) -> "pa.Field[Any]":
    """Return a documented field."""
    return pa.field(name, kind, nullable=nullable, metadata={"description": description})


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path that takes the place of ``path`` once the block has succeeded.

    The file is synced before it is renamed, so that a reader sees the old file or the whole new
    one; on an error the temporary file is removed and ``path`` is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise OSError(
            error.errno, f"cannot write {path}: {error.strerror or error}; it is unchanged"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(out: Path) -> Iterator[Path]:
    """Yield a temporary folder that takes the place of ``out`` once the block has succeeded.

    So a stage that fails in its third language leaves no folder with two that looks whole.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".partial", dir=out.parent))
    temporary.chmod(0o755)
    try:
        yield temporary
        if out.exists():
            shutil.rmtree(out)
        temporary.rename(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write(path: Path, rows: Iterable[Row] | pa.Table, table: Table) -> None:
    """Write rows, or columns, to a parquet file, sorted by the table's key.

    Raises:
        ValueError: a row does not fit the schema; the message names the file.
        OSError: the file cannot be written (no space, no permission); nothing is left behind.
    """
    try:
        if isinstance(rows, pa.Table):
            data = rows.cast(table.schema)
        else:
            data = pa.Table.from_pylist(list(rows), schema=table.schema)
        data.validate(full=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise ValueError(f"{path}: a row does not fit table {table.name}: {error}") from error
    data = data.sort_by([(name, "ascending") for name in table.key])
    with replacing(path) as temporary:
        pq.write_table(data, temporary, compression="zstd", row_group_size=GROUP_ROWS)


@contextmanager
def writing(path: Path, table: Table) -> Iterator[Callable[[pa.Table], None]]:
    """Yield a function that appends rows to a new parquet file, for more rows than memory holds.

    The rows come in the order of the table's key. The file is there once the block has succeeded.
    """
    with replacing(path) as temporary:
        with pq.ParquetWriter(temporary, table.schema, compression="zstd") as writer:
            last: tuple[Any, ...] = ()

            def append(rows: pa.Table) -> None:
                nonlocal last
                if len(rows):
                    first, end = (_key(rows, table, i) for i in (0, len(rows) - 1))
                    if (last and first < last) or end < first:
                        raise ValueError(f"{path}: rows are not in the order of {table.key}")
                    last = end
                    writer.write_table(rows.cast(table.schema))

            yield append


def _key(rows: pa.Table, table: Table, i: int) -> tuple[Any, ...]:
    return tuple(rows[name][i].as_py() for name in table.key)


def read(path: Path, table: Table) -> list[Row]:
    """Return the rows of a parquet file, in the order of the table's key.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no parquet file, or its columns are not the table's.
    """
    return list(stream(path, table))


def stream(path: Path, table: Table) -> Iterator[Row]:
    """Yield the rows of a parquet file as `read` returns them, some in memory at a time.

    Raises:
        FileNotFoundError, ValueError: as `read`.
    """
    for rows in stream_tables(path, table):
        yield from rows.to_pylist()


def stream_tables(path: Path, table: Table) -> Iterator[pa.Table]:
    """Yield the rows of a parquet file as tables, in the order of the table's key.

    Raises:
        FileNotFoundError, ValueError: as `read`.
    """
    check(path, table)
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(ROWS_AT_ONCE):
                yield pa.Table.from_batches([batch])
    except pa.ArrowInvalid as error:
        raise ValueError(f"{path}: not a readable parquet file ({error})") from error


def read_table(path: Path, table: Table) -> pa.Table:
    """Return the rows of a parquet file as one table, in the order of the table's key.

    Raises:
        FileNotFoundError, ValueError: as `read`.
    """
    check(path, table)
    try:
        return pq.read_table(path, partitioning=None)
    except pa.ArrowInvalid as error:
        raise ValueError(f"{path}: not a readable parquet file ({error})") from error


def check(path: Path, table: Table) -> None:
    """Check that a parquet file has the table's columns, by the end of the file alone.

    Raises:
        FileNotFoundError, ValueError: as `read`.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; run the stage that writes {table.name}")
    try:
        schema = pq.read_schema(path)
    except pa.ArrowInvalid as error:
        raise ValueError(f"{path}: not a readable parquet file ({error})") from error
    if schema.names != table.schema.names or schema.types != table.schema.types:
        raise ValueError(
            f"{path}: expected the columns of table {table.name} "
            f"({', '.join(table.schema.names)}), got {', '.join(schema.names)}"
        )


def languages_in(folder: Path) -> list[str]:
    """Return the languages a table folder has a file for, sorted.

    Raises:
        FileNotFoundError: there is no such folder, or no parquet file in it.
        ValueError: a file is not named for a known language.
    """
    names = sorted(path.stem for path in folder.glob("*.parquet"))
    if not names:
        raise FileNotFoundError(
            f"{folder}: expected one parquet file a language, found none; "
            "run `dvc repro` or `dvc pull` first"
        )
    return [language(name).code for name in names]


def read_languages(folder: Path, table: Table) -> Iterator[tuple[str, list[Row]]]:
    """Yield each language of a table folder with its rows, one language at a time."""
    for code in languages_in(folder):
        yield code, read(folder / f"{code}.parquet", table)


def write_metrics(path: Path, metrics: Mapping[str, object]) -> None:
    """Write metrics as JSON with sorted keys, floats rounded to 4 decimals."""
    with replacing(path) as temporary:
        temporary.write_text(
            json.dumps(_rounded(metrics), indent=2, sort_keys=True, ensure_ascii=False) + "\n",
            encoding="utf-8",
        )


def read_metrics(path: Path) -> dict[str, Any]:
    """Return the metrics that `write_metrics` wrote."""
    metrics: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return metrics


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Mapping):
        return {str(key): _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return value
