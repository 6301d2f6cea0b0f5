"""The `entities` table: one entity set a passage, merged from all annotators."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from finerweb.records import Entity, Source
from finerweb.tables.grounded import read_annotators
from finerweb.tables.io import Row, Table, column, read

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


def entities_by_passage(rows: list[Row]) -> dict[str, list[Entity]]:
    """Return the entities of the rows, by passage."""
    entities: dict[str, list[Entity]] = {}
    for row in rows:
        entity = Entity(
            row["start"],
            row["end"],
            labels=tuple(row["labels"]),
            sources=tuple(Source(**source) for source in row["sources"]),
            similarity=row["similarity"],
        )
        entities.setdefault(row["passage_id"], []).append(entity)
    return entities


def read_sets(
    entities: Path, grounded: Path, annotators: Iterable[str], code: str
) -> dict[str, dict[str, list[Entity]]]:
    """Return ``merged`` and each annotator -> passage -> its entities, of a language."""
    merged = entities_by_passage(read(entities / f"{code}.parquet", ENTITIES))
    return {MERGED: merged} | read_annotators(grounded, annotators, code)
