"""Between the rows of the passage tables and the records of the domain."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from finerweb.records import Document, Passage, Provenance, Span
from finerweb.tables.io import Row, Table, read_languages

_NESTED = ("gold", "personal", "provenance")
_PASSAGE = tuple(name for name in Passage.__slots__ if name not in _NESTED)
_DOCUMENT = tuple(name for name in Document.__slots__ if name not in _NESTED)


def document_row(document: Document) -> Row:
    """Return the row of a document."""
    return _row(document, _DOCUMENT)


def document(row: Row) -> Document:
    """Return the document of a row."""
    return Document(**{name: row[name] for name in _DOCUMENT}, **_nested(row))


def passage_row(passage: Passage) -> Row:
    """Return the row of a passage."""
    return _row(passage, _PASSAGE) | {"personal": _plain(passage.personal)}


def passage(row: Row) -> Passage:
    """Return the passage of a row; further columns are left out."""
    return Passage(
        **{name: row[name] for name in _PASSAGE},
        **_nested(row),
        personal=_spans(row["personal"]) or (),
    )


def provenance_row(provenance: Provenance) -> Row:
    """Return the columns of a provenance."""
    return {name: getattr(provenance, name) for name in Provenance.__slots__}


def read_passages(folder: Path, table: Table) -> Iterator[tuple[str, list[Passage]]]:
    """Yield each language of a passage table's folder with its passages."""
    for code, rows in read_languages(folder, table):
        yield code, [passage(row) for row in rows]


def all_passages(folder: Path, table: Table) -> Iterator[Passage]:
    """Yield the passages of all languages of a passage table's folder."""
    for _, passages in read_passages(folder, table):
        yield from passages


def _row(record: Document | Passage, names: tuple[str, ...]) -> Row:
    plain = {name: getattr(record, name) for name in names}
    return plain | provenance_row(record.provenance) | {"gold": _plain(record.gold)}


def _nested(row: Row) -> dict[str, Any]:
    provenance = Provenance(**{name: row[name] for name in Provenance.__slots__})
    return {"provenance": provenance, "gold": _spans(row["gold"])}


def _plain(gold: tuple[Span, ...] | None) -> list[Row] | None:
    if gold is None:
        return None
    return [{"start": span.start, "end": span.end, "type": span.type} for span in gold]


def _spans(rows: list[Row] | None) -> tuple[Span, ...] | None:
    if rows is None:
        return None
    return tuple(Span(row["start"], row["end"], row["type"]) for row in rows)
