"""The variants: views of the grounded spans and the merged entities, one row a passage.

{single, multi} label x {each annotator, merged} x {English, translated}: ``qwen-single``,
``qwen-single-translated`` and so on. ``single`` joins the types of an entity to one string,
``person / human``; ``multi`` lists them. All have the concepts that the types name.
"""

from collections.abc import Iterable, Mapping, Sequence

from finerweb.records import SEPARATOR, Entity, Passage
from finerweb.tables.io import Row, Table
from finerweb.tables.labels import Concepts
from finerweb.tables.rows import provenance_row
from finerweb.tables.variants import MULTI, MULTI_SENTENCES, SINGLE, SINGLE_SENTENCES
from finerweb.tally import Tally

KINDS: dict[str, tuple[Table, Table]] = {
    "single": (SINGLE, SINGLE_SENTENCES),
    "multi": (MULTI, MULTI_SENTENCES),
}
"""The tables of each kind, of passages and of sentences."""
TRANSLATED = "-translated"


def view(
    passages: Iterable[tuple[Passage, float]],
    entities: Mapping[str, Sequence[Entity]],
    kind: str,
    annotated_only: bool,
    concepts: Concepts,
    translations: Mapping[str, str] | None = None,
) -> tuple[list[Row], Tally]:
    """Return the rows of one variant and language, and how many passages it leaves out.

    ``concepts`` and ``translations`` say what each type names, and what it is called; without
    translations labels are the types as they were written.
    """
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
                "char_spans": [
                    _span(passage, entity, kind, concepts, translations) for entity in found
                ],
                "document_id": passage.document_id,
                **provenance_row(passage.provenance),
                "quality_score": quality_score,
            }
        )
    return rows, tally


def _span(
    passage: Passage,
    entity: Entity,
    kind: str,
    concepts: Concepts,
    translations: Mapping[str, str] | None,
) -> Row:
    labels = list(entity.labels)
    if translations is not None:
        labels = list(dict.fromkeys(translations[label] for label in labels))
    return {
        "start": entity.start,
        "end": entity.end,
        **({"label": SEPARATOR.join(labels)} if kind == "single" else {"labels": labels}),
        "concepts": sorted({concept for label in entity.labels for concept in concepts[label]}),
        "surface": passage.text[entity.start : entity.end],
        "sources": sorted({source.annotator for source in entity.sources}),
    }
