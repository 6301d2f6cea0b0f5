"""The variants: views of the grounded spans and the merged entities, one row a passage.

{single, multi} label x {each annotator, merged} x {English, translated}: ``qwen-single``,
``qwen-single-translated`` and so on. ``single`` joins the types of an entity to one string,
``person / human``; ``multi`` lists them. All have the concepts that the types name.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finerweb.columns import EntityColumns
from finerweb.records import SEPARATOR
from finerweb.tables.io import Table
from finerweb.tables.types import Concepts
from finerweb.tables.variants import MULTI, MULTI_SENTENCES, SINGLE, SINGLE_SENTENCES
from finerweb.tally import Tally

KINDS: dict[str, tuple[Table, Table]] = {
    "single": (SINGLE, SINGLE_SENTENCES),
    "multi": (MULTI, MULTI_SENTENCES),
}
"""The tables of each kind, of passages and of sentences."""
TRANSLATED = "-translated"


@dataclass(frozen=True, slots=True)
class Views:
    """What the views of one set of entities share.

    ``passages`` are the columns of a variant without its entities, m rows; ``offsets`` (m + 1,) say
    which of ``entities`` are in each; ``spans`` are their columns but the label, (n,) each.
    """

    passages: pa.Table
    entities: EntityColumns
    offsets: pa.Array
    spans: Mapping[str, pa.Array]
    tally: Tally

    def view(self, kind: str, names: Mapping[str, str] | None = None) -> pa.Table:
        """Return the rows of a variant's table.

        ``names`` say what each type is called; without them labels are the types as they were
        written.
        """
        table = KINDS[kind][0]
        of_entities, lists = self.entities.kinds
        called = [_called(labels, names) for labels in lists]
        if kind == "single":
            labels = {"label": pa.array([SEPARATOR.join(some) for some in called], pa.string())}
        else:
            labels = {"labels": pa.array(called, pa.list_(pa.string()))}
        which = pa.array(of_entities)
        columns = dict(self.spans) | {name: some.take(which) for name, some in labels.items()}
        fields = list(table.schema.field("char_spans").type.value_type)
        spans = pa.StructArray.from_arrays([columns[field.name] for field in fields], fields=fields)
        column = pa.ListArray.from_arrays(self.offsets, spans)
        whole = self.passages.append_column("char_spans", column)
        return whole.select(table.schema.names).cast(table.schema)


def views(
    selected: pa.Table, entities: EntityColumns, annotated_only: bool, concepts: Concepts
) -> Views:
    """Return the views of a set of entities of a language's `selected` passages.

    ``annotated_only`` leaves out passages without an entity; ``concepts`` say what each type names.

    Raises:
        ValueError: an entity is of a passage that is not there.
    """
    passages = selected.rename_columns({"passage_id": "id"}).sort_by("id").combine_chunks()
    of_passage = pc.index_in(entities.passage_ids, value_set=passages["id"].combine_chunks())
    if of_passage.null_count:
        stray = entities.passage_ids.filter(of_passage.is_null())[0]
        raise ValueError(
            f"passage {stray}: has entities, but is not among the selected passages; "
            "run `dvc repro`, so that both are of one run"
        )
    passage = of_passage.to_numpy(zero_copy_only=False).astype(np.int64)
    counts = np.bincount(passage, minlength=len(passages))
    surfaces = _surfaces(passages["text"].to_pylist(), passage, entities)
    tally = Tally()
    if annotated_only:
        tally.drop("no entity", int((counts == 0).sum()))
        passages = passages.filter(pa.array(counts > 0))
        counts = counts[counts > 0]
    tally.keep(len(passages))
    of_entities, lists = entities.kinds
    named = [sorted({one for label in labels for one in concepts[label]}) for labels in lists]
    spans = {
        "start": pa.array(entities.start, pa.int32()),
        "end": pa.array(entities.end, pa.int32()),
        "surface": pa.array(surfaces, pa.string()),
        "concepts": pa.array(named, pa.list_(pa.string())).take(pa.array(of_entities)),
        "sources": entities.annotators,
    }
    offsets = pa.array(np.append(0, np.cumsum(counts)), pa.int32())
    return Views(passages, entities, offsets, spans, tally)


def _called(labels: tuple[str, ...], names: Mapping[str, str] | None) -> tuple[str, ...]:
    if names is None:
        return labels
    return tuple(dict.fromkeys(names[label] for label in labels))


def _surfaces(texts: list[str], passage: np.ndarray, entities: EntityColumns) -> list[str]:
    places = (passage.tolist(), entities.start.tolist(), entities.end.tolist())
    return [texts[i][start:end] for i, start, end in zip(*places, strict=True)]
