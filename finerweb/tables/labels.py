"""The `labels` table: the inventory of labels."""

import pyarrow as pa

from finerweb.tables.io import Table, column
from finerweb.tables.types import CONCEPTS

LABELS = Table(
    "labels",
    pa.schema(
        [
            column("label", pa.string(), "As it stands in a variant, `person / human`."),
            column("variant", pa.string(), "Annotator, or `merged`."),
            column("language", pa.string(), "FineWeb-2 code."),
            column("count", pa.int64(), "Entities with this label."),
            CONCEPTS,
        ]
    ),
    ("variant", "language", "label"),
)
