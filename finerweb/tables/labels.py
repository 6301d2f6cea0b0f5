"""The `labels` table: the inventory of entity types."""

import pyarrow as pa

from finerweb.tables.io import Table, column

LABELS = Table(
    "labels",
    pa.schema(
        [
            column("label", pa.string(), "The type as it stands in a variant."),
            column("variant", pa.string(), "Annotator, or `merged`."),
            column("language", pa.string(), "FineWeb-2 code."),
            column("count", pa.int64(), "Entities with this label."),
            column("concepts", pa.list_(pa.string()), "Ids of the concepts it names, sorted."),
        ]
    ),
    ("variant", "language", "label"),
)
