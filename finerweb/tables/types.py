"""The `types` table: what each type stands for; and `vectors`: what it means, to an encoder."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from finerweb.tables.io import Table, column, read, read_table

Vectors = NDArray[np.float32]
Concepts = Mapping[str, tuple[str, ...]]
"""Type, as it was written -> the concepts it names; what `read_concepts` returns."""
CONCEPTS = column("concepts", pa.list_(pa.string()), "Ids of the concepts it names, sorted.")

TYPES = Table(
    "types",
    pa.schema(
        [
            column("type", pa.string(), "As annotators wrote it, folded."),
            column("count", pa.int64(), "Entities that an annotator gave it, over all languages."),
            CONCEPTS,
            column("steps", pa.list_(pa.string()), "What changed it on the way to its concepts."),
            column("is_latin", pa.bool_(), "Whether at least half of its letters are Latin."),
        ]
    ),
    ("type",),
)

VECTORS = Table(
    "vectors",
    pa.schema(
        [
            column("type", pa.string(), "As annotators wrote it, folded."),
            column(
                "vector",
                pa.list_(pa.float32()),
                "Of its spelling, by the encoder; of length one.",
            ),
        ]
    ),
    ("type",),
)


def read_concepts(types: Path) -> dict[str, tuple[str, ...]]:
    """Return the concepts that each type names, from the folder that the stage `types` wrote."""
    rows = read(types / "types.parquet", TYPES)
    return {row["type"]: tuple(row["concepts"]) for row in rows}


def vector_table(types: Iterable[str], vectors: Vectors) -> pa.Table:
    """Return the `vectors` table of types, with vectors of shape (types, width)."""
    width = vectors.size // max(len(vectors), 1)
    offsets = np.arange(len(vectors) + 1, dtype=np.int32) * np.int32(width)
    lists = pa.ListArray.from_arrays(pa.array(offsets), pa.array(vectors.ravel()))
    return pa.Table.from_arrays([pa.array(types, pa.string()), lists], schema=VECTORS.schema)


def read_vectors(types: Path) -> tuple[list[str], Vectors]:
    """Return types, sorted, and their vectors, shape (types, width), from the same folder."""
    table = read_table(types / "vectors.parquet", VECTORS)
    flat = table["vector"].combine_chunks().flatten().to_numpy()
    return table["type"].to_pylist(), flat.reshape(len(table), flat.size // max(len(table), 1))
