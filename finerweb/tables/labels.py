"""The `labels` table: the inventory of labels; and `types`: what each type stands for."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from finerweb.tables.io import Table, column, read

Concepts = Mapping[str, tuple[str, ...]]
"""Type, as it was written -> the concepts it names; what `read_concepts` returns."""
_CONCEPTS = column("concepts", pa.list_(pa.string()), "Ids of the concepts it names, sorted.")

LABELS = Table(
    "labels",
    pa.schema(
        [
            column("label", pa.string(), "As it stands in a variant, `person / human`."),
            column("variant", pa.string(), "Annotator, or `merged`."),
            column("language", pa.string(), "FineWeb-2 code."),
            column("count", pa.int64(), "Entities with this label."),
            _CONCEPTS,
        ]
    ),
    ("variant", "language", "label"),
)

TYPES = Table(
    "types",
    pa.schema(
        [
            column("type", pa.string(), "As annotators wrote it, folded."),
            column("count", pa.int64(), "Entities that an annotator gave it, over all languages."),
            _CONCEPTS,
            column("steps", pa.list_(pa.string()), "What changed it on the way to its concepts."),
            column("is_latin", pa.bool_(), "Whether at least half of its letters are Latin."),
        ]
    ),
    ("type",),
)


def read_concepts(labels: Path) -> dict[str, tuple[str, ...]]:
    """Return the concepts that each type names, from the folder that the stage `labels` wrote."""
    rows = read(labels / "types.parquet", TYPES)
    return {row["type"]: tuple(row["concepts"]) for row in rows}
