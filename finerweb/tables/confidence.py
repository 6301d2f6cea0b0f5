"""The `confidence` table: how probable students that never saw an entity find it."""

from pathlib import Path

import pyarrow as pa

from finerweb.tables.entities import ENTITIES
from finerweb.tables.io import Table, column, read_table

CONFIDENCE = Table(
    "confidence",
    pa.schema(
        [
            column("passage_id", pa.string(), "The passage."),
            column("start", pa.int32(), "First code point of the passage's text."),
            column("end", pa.int32(), "One past the last code point."),
            column("fold", pa.int32(), "The part of the documents it is in, from 0."),
            column(
                "probabilities",
                pa.list_(pa.float32()),
                "Of the span with each of the entity's `labels`, in their order: means over seeds.",
                nullable=True,
            ),
            column(
                "confidence", pa.float32(), "Mean of `probabilities`, in [0, 1].", nullable=True
            ),
            column(
                "spread",
                pa.float32(),
                "Standard deviation of the confidence over seeds; 0 of one.",
                nullable=True,
            ),
            column("reason", pa.string(), "Why it has no confidence.", nullable=True),
        ]
    ),
    ENTITIES.key,
)


def read_beside(confidence: Path, entities: Path, code: str) -> tuple[pa.Table, pa.Table]:
    """Return the confidence of a language's entities, and the entities: row by row the same.

    Raises:
        FileNotFoundError, ValueError: as `finerweb.tables.io.read`; or the two have other entities.
    """
    path = confidence / f"{code}.parquet"
    found = read_table(path, CONFIDENCE)
    known = read_table(entities / f"{code}.parquet", ENTITIES)
    key = list(ENTITIES.key)
    if not found.select(key).equals(known.select(key)):
        raise ValueError(
            f"{path}: expected the {len(known)} entities of {entities}, got {len(found)} of "
            "another run; run `dvc repro`, so that both are of one"
        )
    return found, known
