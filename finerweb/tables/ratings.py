"""The `ratings` table: how useful an LLM finds each passage of the rating part."""

import pyarrow as pa

from finerweb.tables.io import Table, column

RATINGS = Table(
    "ratings",
    pa.schema(
        [
            column("passage_id", pa.string(), "The passage rated."),
            column("rater", pa.string(), "Name of the rater in params."),
            column("text", pa.string(), "The passage's text, for training."),
            column("useful", pa.bool_(), "Whether a human calls it useful.", nullable=True),
            column("rating", pa.float32(), "1 to 4, before rounding.", nullable=True),
            column("score", pa.int8(), "The rating rounded to 1, 2, 3 or 4.", nullable=True),
            column("dropped", pa.string(), "Why there is no rating.", nullable=True),
            column("replies", pa.list_(pa.string()), "The raw replies, one a question."),
        ]
    ),
    ("passage_id",),
)
