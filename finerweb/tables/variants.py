"""The `variants` tables: what is released, one row a passage, or a sentence of one."""

import pyarrow as pa

from finerweb.tables.documents import PROVENANCE
from finerweb.tables.io import Table, column

SPAN_COLUMNS = {
    "start": "First code point in `text`.",
    "end": "Code point after the last one.",
    "label": "What it is called; several names as in `person / human`. In single-label variants.",
    "labels": "What it is called, in the annotators' order. In multi-label variants.",
    "concepts": "What its types name, however they are spelled, translated or not.",
    "surface": "The text from `start` to `end`.",
    "sources": "The annotators that found it.",
}
"""What the parts of `char_spans` mean; not in the schema, whose bytes are in every file."""
CONFIDENCE = pa.field("confidence", pa.float32())
CONFIDENCE_MEANING = (
    "How sure students that never saw the entity are of it, from 0 to 1; null where they cannot "
    "read it: too long for them or, for a GLiNER, cut inside a word. In merged variants."
)
"""What releases join to the entities of merged variants, if `release.confidence` says so."""


def _spans(label: tuple[str, pa.DataType]) -> pa.DataType:
    return pa.list_(
        pa.struct(
            [
                ("start", pa.int32()),
                ("end", pa.int32()),
                label,
                ("concepts", pa.list_(pa.string())),
                ("surface", pa.string()),
                ("sources", pa.list_(pa.string())),
            ]
        )
    )


def _table(name: str, spans: pa.DataType) -> Table:
    return Table(
        name,
        pa.schema(
            [
                column("id", pa.string(), "Id of the passage."),
                column("text", pa.string(), "The passage."),
                column("language", pa.string(), "FineWeb-2 code, as in deu_Latn."),
                column("char_spans", spans, "Entities: [start, end) in code points of `text`."),
                column("document_id", pa.string(), "Id of the document in its source."),
                *PROVENANCE,
                column("quality_score", pa.float32(), "What the filter's regressor gave it."),
            ]
        ),
        ("id",),
    )


def _of_sentences(table: Table) -> Table:
    fields = [
        column("passage_id", pa.string(), "The passage it is of."),
        column("start", pa.int32(), "Code point of the passage at which it starts."),
        column("is_crossed", pa.bool_(), "Whether an entity of the passage crosses its border."),
    ]
    schema = pa.schema([*table.schema, *fields])
    return Table(f"{table.name}, sentences", schema, ("passage_id", "start"))


def with_confidence(table: Table) -> Table:
    """Return the table of a variant whose entities have a confidence, their last part."""
    place = table.schema.get_field_index("char_spans")
    field = table.schema.field(place)
    parts = pa.struct([*field.type.value_type, CONFIDENCE])
    changed = field.with_type(pa.list_(parts))
    return Table(f"{table.name} with confidence", table.schema.set(place, changed), table.key)


SINGLE = _table("single-label variant", _spans(("label", pa.string())))
MULTI = _table("multi-label variant", _spans(("labels", pa.list_(pa.string()))))
SINGLE_SENTENCES = _of_sentences(SINGLE)
MULTI_SENTENCES = _of_sentences(MULTI)
