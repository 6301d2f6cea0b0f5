"""The `entities` table: one entity set a passage, merged from all annotators."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from finerweb.columns import EntityColumns, of_entities
from finerweb.tables.grounded import read_spans
from finerweb.tables.io import Table, column, read_table

MERGED = "merged"

SOURCES = pa.list_(
    pa.struct(
        [
            ("annotator", pa.string()),
            ("start", pa.int32()),
            ("end", pa.int32()),
            ("type", pa.string()),
        ]
    )
)

ENTITIES = Table(
    "entities",
    pa.schema(
        [
            column("passage_id", pa.string(), "The passage."),
            column("start", pa.int32(), "First code point of the passage's text."),
            column("end", pa.int32(), "One past the last code point."),
            column("surface", pa.string(), "`text[start:end]`."),
            column(
                "labels", pa.list_(pa.string()), "Types, in the order that `merge.order` names."
            ),
            column("similarity", pa.float32(), "Least cosine of differing types.", nullable=True),
            column("sources", SOURCES, "The annotators' spans the entity came from."),
        ]
    ),
    ("passage_id", "start", "end"),
)


def read_sets(
    entities: Path, grounded: Path, annotators: Iterable[str], code: str
) -> dict[str, EntityColumns]:
    """Return ``merged`` and each annotator -> its entities by columns, of a language."""
    merged = of_entities(read_table(entities / f"{code}.parquet", ENTITIES))
    return {MERGED: merged} | read_spans(grounded, annotators, code)
