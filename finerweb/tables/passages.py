"""The `passages` table: slices of documents; and `selected`, those the filter kept."""

import pyarrow as pa

from finerweb.tables.documents import GOLD, PROVENANCE
from finerweb.tables.io import Table, column

_FIELDS = [
    column("rank", pa.int64(), "The document's place in the sample's order, from 0."),
    column("passage_id", pa.string(), "`<document_id>#<number of the passage>`."),
    column("document_id", pa.string(), "Document the passage was cut from."),
    column("language", pa.string(), "FineWeb-2 code, as in deu_Latn."),
    column(
        "text", pa.string(), "Exact slice of the document's text, personal data masked if asked."
    ),
    column("start", pa.int32(), "Code point of the document at which the passage starts."),
    column("n_words", pa.int32(), "ICU words, punctuation not counted."),
    column("part", pa.string(), "`rating` or `corpus`, the document's."),
    *PROVENANCE,
    column("useful", pa.bool_(), "The document's `useful`.", nullable=True),
    column("gold", GOLD, "The document's gold inside the passage, re-based.", nullable=True),
    column("personal", GOLD, "Spans of personal data by kind: e-mail, IP, key, telephone."),
]
KEY = ("rank", "start")

PASSAGES = Table("passages", pa.schema(_FIELDS), KEY)

SELECTED = Table(
    "selected",
    pa.schema(
        [*_FIELDS, column("quality_score", pa.float32(), "What the regressor gave the passage.")]
    ),
    KEY,
)
