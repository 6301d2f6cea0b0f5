"""The variants: views of the grounded spans and the merged entities, one row a passage.

{single, multi} label x {each annotator, merged}, with English labels: ``qwen-single`` and so on.
``single`` joins the types of an entity to one string, ``person / human``; ``multi`` lists them.
"""

from collections.abc import Iterable, Mapping, Sequence

from finerweb.records import Entity, Passage
from finerweb.tables.io import Row, Table
from finerweb.tables.rows import provenance_row
from finerweb.tables.variants import MULTI, MULTI_SENTENCES, SINGLE, SINGLE_SENTENCES
from finerweb.tally import Tally

KINDS: dict[str, tuple[Table, Table]] = {
    "single": (SINGLE, SINGLE_SENTENCES),
    "multi": (MULTI, MULTI_SENTENCES),
}
"""The tables of each kind, of passages and of sentences."""


def view(
    passages: Iterable[tuple[Passage, float]],
    entities: Mapping[str, Sequence[Entity]],
    kind: str,
    annotated_only: bool,
) -> tuple[list[Row], Tally]:
    """Return the rows of one variant and language, and how many passages it leaves out."""
    rows = []
    tally = Tally()
    for passage, quality_score in passages:
        found = entities.get(passage.passage_id, ())
        if annotated_only and not found:
            tally.drop("no entity")
            continue
        tally.keep()
        rows.append(
            {
                "id": passage.passage_id,
                "text": passage.text,
                "language": passage.language,
                "char_spans": [_span(passage, entity, kind) for entity in found],
                "document_id": passage.document_id,
                **provenance_row(passage.provenance),
                "quality_score": quality_score,
            }
        )
    return rows, tally


def _span(passage: Passage, entity: Entity, kind: str) -> Row:
    labels = {"label": entity.label} if kind == "single" else {"labels": list(entity.labels)}
    return {
        "start": entity.start,
        "end": entity.end,
        **labels,
        "surface": passage.text[entity.start : entity.end],
        "sources": sorted({source.annotator for source in entity.sources}),
    }
