"""Variants of passages and entities that a test spells out."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from finerweb.columns import EntityColumns, of_entities
from finerweb.records import Entity, Passage, Source
from finerweb.release.variants import views
from finerweb.tables.entities import ENTITIES
from finerweb.tables.passages import SELECTED
from finerweb.tables.rows import passage_row
from finerweb.tally import Tally


def columns(entities: Mapping[str, Sequence[Entity]]) -> EntityColumns:
    """Return entities by passage as columns."""
    rows = [
        {
            "passage_id": name,
            "start": entity.start,
            "end": entity.end,
            "surface": "",
            "labels": list(entity.labels),
            "similarity": None,
            "sources": [
                {field: getattr(source, field) for field in Source.__slots__}
                for source in entity.sources
            ],
        }
        for name, found in sorted(entities.items())
        for entity in found
    ]
    return of_entities(pa.Table.from_pylist(rows, schema=ENTITIES.schema))


def viewed(
    passages: Sequence[tuple[Passage, float]],
    entities: Mapping[str, Sequence[Entity]],
    kind: str,
    annotated_only: bool,
    concepts: Mapping[str, tuple[str, ...]],
    names: Mapping[str, str] | None = None,
) -> tuple[pa.Table, Tally]:
    """Return a variant's table and what it leaves out, of passages with their quality scores."""
    rows: list[dict[str, Any]] = [
        passage_row(passage) | {"quality_score": score} for passage, score in passages
    ]
    selected = pa.Table.from_pylist(rows, schema=SELECTED.schema)
    shared = views(selected, columns(entities), annotated_only, concepts)
    return shared.view(kind, names), shared.tally
