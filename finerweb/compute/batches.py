"""Batches: some rows of a parquet file, and the work that is done on them."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import Field, dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

Function = Callable[[pa.Table], pa.Table]
READ_AT_ONCE = 1024
"""Rows that are decoded at a time on the way to a batch's first one."""


class Described(Protocol):
    """A frozen dataclass of params and paths: all that a result depends on but the code.

    A path counts with the content of the file or folder it names.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


class Work(Described, Protocol):
    """What is done to every batch; it pickles.

    Its fields are what the result depends on: with the code and the rows they are the key of a
    finished batch.
    """

    def load(self) -> Function:
        """Return the function from a batch to its result; called once a worker.

        The function is pure: its result depends on the work's fields and the batch alone.
        """


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows ``[first, first + n_rows)`` of a file; all columns, or those named."""

    path: Path
    first: int
    n_rows: int
    columns: tuple[str, ...] | None = None

    def __str__(self) -> str:
        """Return what a message calls it."""
        return f"{self.path}, rows {self.first:,} to {self.first + self.n_rows - 1:,}"


def batches(path: Path, rows: int, columns: tuple[str, ...] | None = None) -> Iterator[Batch]:
    """Yield a whole file in batches of at most ``rows``, in file order; none of an empty file.

    Raises:
        OSError: there is no such file.
        ValueError: it is no parquet file.
    """
    try:
        total = pq.read_metadata(path).num_rows
    except pa.ArrowInvalid as error:
        raise ValueError(f"{path}: not a readable parquet file ({error})") from error
    for first in range(0, total, rows):
        yield Batch(path.absolute(), first, min(rows, total - first), columns)


def read(batch: Batch) -> pa.Table:
    """Return a batch's rows.

    Only the row groups they lie in are read, and decoded up to the last one of them, so files
    with small row groups are read fastest.

    Raises:
        OSError: there is no such file.
        ValueError: it is no parquet file, or has fewer rows or other columns than it had.
    """
    try:
        with pq.ParquetFile(batch.path) as file:
            groups, skipped = _groups(file.metadata, batch)
            return _slice(file, groups, batch, batch.first - skipped)
    except pa.ArrowInvalid as error:
        raise ValueError(f"not a readable parquet file ({error})") from error


def _groups(metadata: pq.FileMetaData, batch: Batch) -> tuple[list[int], int]:
    """Return the row groups a batch lies in, and how many rows there are before them."""
    groups = []
    begin = skipped = 0
    for number in range(metadata.num_row_groups):
        end = begin + metadata.row_group(number).num_rows
        if end <= batch.first:
            skipped = end
        elif begin < batch.first + batch.n_rows:
            groups.append(number)
        begin = end
    return groups, skipped


def _slice(file: pq.ParquetFile, groups: list[int], batch: Batch, first: int) -> pa.Table:
    """Return the batch out of its row groups, of which it begins at row ``first``."""
    parts: list[pa.RecordBatch] = []
    seen, last = 0, first + batch.n_rows
    columns = None if batch.columns is None else list(batch.columns)
    for part in file.iter_batches(READ_AT_ONCE, row_groups=groups, columns=columns):
        begin, end = max(first - seen, 0), min(last - seen, len(part))
        if begin < end:
            parts.append(part.slice(begin, end - begin))
        seen += len(part)
        if seen >= last:
            break
    found = sum(map(len, parts))
    if found != batch.n_rows:
        raise ValueError(f"expected {batch.n_rows:,} rows, found {found:,}: has the file changed?")
    return pa.Table.from_batches(parts).combine_chunks()


def to_bytes(table: pa.Table) -> bytes:
    """Return a table as an Arrow stream, the same bytes for the same schema and values.

    What is said of the table as a whole is left out. The values are copied, for a slice is written
    with more or fewer bytes of padding than what it was cut from.
    """
    sink = pa.BufferOutputStream()
    table = table.replace_schema_metadata(None).take(pa.array(range(len(table)), pa.int64()))
    table = table.combine_chunks()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def from_bytes(data: bytes) -> pa.Table:
    """Return the table of an Arrow stream."""
    return pa.ipc.open_stream(pa.py_buffer(data)).read_all()


def digest(table: pa.Table) -> str:
    """Return the sha256 of a table's content, however it is chunked and wherever it lies."""
    return hashlib.sha256(to_bytes(table)).hexdigest()
