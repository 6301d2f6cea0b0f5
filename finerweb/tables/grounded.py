"""The `grounded` table: every mention of every annotation, and what became of it (the audit)."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from finerweb.columns import EntityColumns, of_spans
from finerweb.records import Entity, Span, single
from finerweb.tables.io import Row, Table, column, read, read_table

GROUNDED = Table(
    "grounded",
    pa.schema(
        [
            column("passage_id", pa.string(), "The passage."),
            column("position", pa.int32(), "Place of the mention in the reply, from 0."),
            column("mention", pa.string(), "The surface as the annotator wrote it."),
            column("type", pa.string(), "The type as the annotator wrote it, folded."),
            column(
                "status",
                pa.string(),
                "`grounded`, `normalised` (in other letters), or why it was dropped.",
            ),
            column("start", pa.int32(), "First code point, where grounded.", nullable=True),
            column("end", pa.int32(), "One past the last code point.", nullable=True),
        ]
    ),
    ("passage_id", "position", "start"),
)


def spans_by_passage(rows: list[Row]) -> dict[str, list[Span]]:
    """Return the spans of the grounded mentions, by passage."""
    spans: dict[str, list[Span]] = {}
    for row in rows:
        if row["start"] is not None:
            span = Span(row["start"], row["end"], row["type"])
            spans.setdefault(row["passage_id"], []).append(span)
    return spans


def read_annotators(
    folder: Path, annotators: Iterable[str], code: str
) -> dict[str, dict[str, list[Entity]]]:
    """Return annotator -> passage -> its entities, of a language, from a folder an annotator."""
    sets = {}
    for name in annotators:
        spans = spans_by_passage(read(folder / name / f"{code}.parquet", GROUNDED))
        sets[name] = {passage: single(name, found) for passage, found in spans.items()}
    return sets


def read_spans(folder: Path, annotators: Iterable[str], code: str) -> dict[str, EntityColumns]:
    """Return annotator -> its entities by columns, of a language, from a folder an annotator."""
    return {
        name: of_spans(read_table(folder / name / f"{code}.parquet", GROUNDED), name)
        for name in annotators
    }
