"""The `grounded` table: every mention of every annotation, and what became of it (the audit)."""

import pyarrow as pa

from finerweb.records import Span
from finerweb.tables.io import Row, Table, column

GROUNDED = Table(
    "grounded",
    pa.schema(
        [
            column("passage_id", pa.string(), "The passage."),
            column("position", pa.int32(), "Place of the mention in the reply, from 0."),
            column("mention", pa.string(), "The surface as the annotator wrote it."),
            column("type", pa.string(), "The type as the annotator wrote it, folded."),
            column("status", pa.string(), "`grounded`, `out_of_order`, `not_found`, `repeated`."),
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
