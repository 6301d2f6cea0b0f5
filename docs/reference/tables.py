"""The tables of the artefacts: which folder holds which, and what their columns are."""

from collections.abc import Iterator

import pyarrow as pa

from finerweb.tables.annotations import ANNOTATIONS
from finerweb.tables.confidence import CONFIDENCE
from finerweb.tables.documents import DOCUMENTS
from finerweb.tables.entities import ENTITIES
from finerweb.tables.grounded import GROUNDED
from finerweb.tables.io import Table
from finerweb.tables.labels import LABELS
from finerweb.tables.passages import PASSAGES, SELECTED
from finerweb.tables.predictions import PREDICTIONS
from finerweb.tables.ratings import RATINGS
from finerweb.tables.scores import SCORES
from finerweb.tables.translations import TRANSLATIONS
from finerweb.tables.types import TYPES, VECTORS
from finerweb.tables.variants import (
    MULTI,
    MULTI_SENTENCES,
    SINGLE,
    SINGLE_SENTENCES,
    SPAN_COLUMNS,
)
from finerweb.tables.verdicts import VERDICTS

VARIANTS = (SINGLE, MULTI, SINGLE_SENTENCES, MULTI_SENTENCES)
TABLES: dict[str, tuple[Table, ...]] = {
    "data/documents": (DOCUMENTS,),
    "data/passages": (PASSAGES,),
    "data/ratings": (RATINGS,),
    "data/selected": (SELECTED,),
    "data/scores": (SCORES,),
    "data/annotations": (ANNOTATIONS,),
    "data/grounded": (GROUNDED,),
    "data/types": (TYPES, VECTORS),
    "data/entities": (ENTITIES,),
    "data/labels": (LABELS,),
    "data/label_translations": (TRANSLATIONS,),
    "data/variants": VARIANTS,
    "data/release": VARIANTS,
    "data/verdicts": (VERDICTS,),
    "data/predictions": (PREDICTIONS,),
    "data/confidence": (CONFIDENCE,),
}
"""Folder that a stage writes -> the tables of its parquet files."""


def columns(table: Table) -> Iterator[tuple[str, str, str]]:
    """Yield name, type and meaning of each column; of the lists of entities, their parts too."""
    for field in table.schema:
        meaning = (field.metadata or {})[b"description"].decode()
        yield field.name, f"{_type(field.type)}{', null' if field.nullable else ''}", meaning
        if field.name == "char_spans":
            for part in field.type.value_type:
                yield f"char_spans.{part.name}", _type(part.type), SPAN_COLUMNS[part.name]


def _type(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"list of {_type(kind.value_type)}"
    if pa.types.is_struct(kind):
        return "{" + ", ".join(part.name for part in kind) + "}"
    return str(kind)
