"""Reading the documents of a parquet file's row group, within bounds of memory."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from finerweb.records import MAX_CHARACTERS, Document, Provenance
from finerweb.tally import Tally

MAX_GROUP_BYTES = 2**30
"""A row group whose columns would unpack to more is refused; FineWeb-2's take a few megabytes."""

BATCH_ROWS = 64
BATCH_BYTES = 2**30
"""What is unpacked at a time: so many rows, fewer where each could be as large as all of them, as
one text can be that a file stores once and means a million times."""

EXTENSION = b"ARROW:extension:name"
PROVENANCE = tuple(Provenance.__slots__)


def check_file(metadata: pq.FileMetaData, columns: Mapping[str, str], where: str) -> None:
    """Check that a file has the columns that are to be read, as text (the score as a float).

    ``columns`` has the name in the file by ours; other columns of the file are not looked at.

    Raises:
        ValueError: a column is missing, there twice, or of another type.
    """
    try:
        schema = metadata.schema.to_arrow_schema()
    except pa.ArrowException as error:
        raise ValueError(f"{where}: a schema that cannot be read: {error}") from error
    for ours, name in columns.items():
        fields = [field for field in schema if field.name == name]
        wanted = "float" if ours == "language_score" else "string"
        if len(fields) != 1:
            raise ValueError(
                f"{where}: expected one column {name!r} of type {wanted} as the {ours}, got "
                f"{len(fields)}; the file has {', '.join(schema.names)}: name its columns in "
                "documents.source.columns in params.yaml (kind parquet)"
            )
        if not _fits(fields[0], wanted):
            raise ValueError(
                f"{where}: expected column {name!r} to be of type {wanted}, got "
                f"{_type(fields[0])}; cast it, or name another in params.yaml"
            )


def _fits(field: "pa.Field[Any]", wanted: str) -> bool:
    if EXTENSION in (field.metadata or {}):
        return False
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if wanted == "float":
        return bool(pa.types.is_floating(kind))
    return any(
        check(kind)
        for check in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    )


def _type(field: "pa.Field[Any]") -> str:
    extension = (field.metadata or {}).get(EXTENSION)
    return f"{field.type} (extension {extension.decode()})" if extension else str(field.type)


def check_group(metadata: pq.FileMetaData, index: int, names: set[str], where: str) -> None:
    """Check that what a row group's columns unpack to is within bounds, by the file's footer.

    Raises:
        ValueError: it is not.
    """
    size = _size(metadata, index, names)
    if size > MAX_GROUP_BYTES:
        raise ValueError(
            f"{where}, row group {index}: {size:,} bytes unpacked, expected at most "
            f"{MAX_GROUP_BYTES:,}; write the file with smaller row groups (a few thousand rows)"
        )


def _size(metadata: pq.FileMetaData, index: int, names: set[str]) -> int:
    return sum(chunk.total_uncompressed_size for chunk in chunks(metadata, index, names))


def chunks(
    metadata: pq.FileMetaData, index: int, names: set[str]
) -> Iterator[pq.ColumnChunkMetaData]:
    """Yield the column chunks of these names in a row group."""
    group = metadata.row_group(index)
    for number in range(group.num_columns):
        chunk = group.column(number)
        if chunk.path_in_schema in names:
            yield chunk


def read_group(
    file: pq.ParquetFile, index: int, columns: Mapping[str, str], language: str, tally: Tally
) -> Iterator[Document]:
    """Yield the usable documents of a row group, in its order; count the others by reason.

    Raises:
        ValueError: the bytes are not what the footer says.
    """
    names = list(columns.values())
    rows = BATCH_BYTES // max(_size(file.metadata, index, set(names)), 1)
    rows = max(1, min(rows, BATCH_ROWS))
    batches = file.iter_batches(rows, row_groups=[index], columns=names, use_threads=False)
    try:
        for batch in batches:
            for number in range(batch.num_rows):
                document = _document(batch, number, columns, language)
                if isinstance(document, str):
                    tally.drop(document)
                else:
                    yield document
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"row group {index}: cannot be read: {error}; is it damaged?") from error


def _document(
    batch: pa.RecordBatch, number: int, columns: Mapping[str, str], language: str
) -> Document | str:
    """Return the document of a row, or why there is none."""
    try:
        row = {ours: batch.column(name)[number].as_py() for ours, name in columns.items()}
    except UnicodeDecodeError:  # lone surrogates among them
        return "unusable characters"
    if any(isinstance(value, str) and "\0" in value for value in row.values()):
        return "unusable characters"
    if not (row["id"] or "").strip():
        return "no id"
    if not (row["text"] or "").strip():
        return "no text"
    if len(row["text"]) > MAX_CHARACTERS:
        return "too long"
    provenance = Provenance(**{name: row.get(name) for name in PROVENANCE})
    return Document(row["id"], language, row["text"], provenance=provenance)
