"""The `documents` table: what was sampled from the source."""

import pyarrow as pa

from finerweb.tables.io import Table, column

GOLD = pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int32()), ("type", pa.string())]))

PROVENANCE = [
    column("url", pa.string(), "The page the source has it from.", nullable=True),
    column("dump", pa.string(), "The crawl the source has it from.", nullable=True),
    column("date", pa.string(), "When it was crawled, as the source says.", nullable=True),
    column("language_score", pa.float64(), "How sure the source is of language.", nullable=True),
]
"""What the source says of a document, null where it does not."""

DOCUMENTS = Table(
    "documents",
    pa.schema(
        [
            column("rank", pa.int64(), "Place in the sample's order, from 0."),
            column("document_id", pa.string(), "Id of the document in its source."),
            column("language", pa.string(), "FineWeb-2 code, as in deu_Latn."),
            column("text", pa.string(), "The document, unchanged."),
            column("part", pa.string(), "`rating` (LLM ratings only) or `corpus` (filtered)."),
            *PROVENANCE,
            column("useful", pa.bool_(), "Whether a human calls it useful.", nullable=True),
            column("gold", GOLD, "Human-labelled spans of `text`, code points.", nullable=True),
        ]
    ),
    ("rank",),
)
