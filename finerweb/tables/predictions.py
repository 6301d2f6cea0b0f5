"""The `predictions` table: what each predictor found in each gold text, places and types alone.

No text is in it: some sets may not be passed on, and outputs are pushed to remotes.
"""

import pyarrow as pa

from finerweb.tables.io import Table, column

PREDICTED = pa.list_(
    pa.struct(
        [
            ("start", pa.int32()),
            ("end", pa.int32()),
            ("type", pa.string()),
            ("score", pa.float32()),
        ]
    )
)

PREDICTIONS = Table(
    "predictions",
    pa.schema(
        [
            column("predictor", pa.string(), "Its name in `evaluate.predictors`."),
            column("source", pa.string(), "The gold set's name in `evaluate.sets`."),
            column("gold_id", pa.string(), "The text's id in the set."),
            column("gold", pa.string(), "Digest of the text, its spans and tokens, as they were."),
            column("spans", PREDICTED, "In text order; empty where it found nothing."),
        ]
    ),
    ("predictor", "source", "gold_id"),
)
