"""The `candidates` table: passages on their way through the stage `passages`, never an artefact."""

import pyarrow as pa

from finerweb.tables.io import Table, column
from finerweb.tables.passages import PASSAGES

CANDIDATES = Table(
    "candidates",
    pa.schema(
        [
            *PASSAGES.schema,
            column("reason", pa.string(), "Why it is dropped, without its text.", nullable=True),
            column("exact", pa.uint64(), "Hash of the text.", nullable=True),
            column("near", pa.list_(pa.uint64()), "MinHash band keys.", nullable=True),
        ]
    ),
    PASSAGES.key,
)
