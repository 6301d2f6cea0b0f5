"""All variants of a language: by set of entities, kind, names of types, and by sentences."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import pyarrow as pa

from finerweb.columns import EntityColumns
from finerweb.corpus.sentences import Split
from finerweb.release.sentences import SUFFIX, SentenceReport, cut, sentences
from finerweb.release.variants import KINDS, TRANSLATED, views
from finerweb.tables.io import Table
from finerweb.tables.types import Concepts
from finerweb.tally import Tally


@dataclass(frozen=True, slots=True)
class Variant:
    """A variant of a language: its rows, their table, and what was counted."""

    name: str
    rows: pa.Table
    table: Table
    report: Tally | SentenceReport


@dataclass(frozen=True, slots=True)
class Manner:
    """How variants are made: without passages that no entity is in, and by which sentences."""

    annotated_only: bool
    concepts: Concepts
    split: Split | None


def variants(
    passages: pa.Table,
    sets: Mapping[str, EntityColumns],
    translations: Mapping[str, str],
    manner: Manner,
) -> Iterator[Variant]:
    """Yield the variants of a language's `selected` passages, one in memory at a time.

    ``sets`` are each annotator's entities and the merged ones, ``translations`` what each type is
    called in the language.
    """
    called = {"": None, TRANSLATED: translations}
    for name, entities in sets.items():
        shared = views(passages, entities, manner.annotated_only, manner.concepts)
        for (kind, tables), (suffix, names) in product(KINDS.items(), called.items()):
            variant = f"{name}-{kind}{suffix}"
            rows = shared.view(kind, names)
            yield Variant(variant, rows, tables[0], shared.tally)
            if manner.split:
                texts = rows["text"].to_pylist()
                made, report = sentences(rows, tables[1], cut(texts, manner.split(texts)))
                yield Variant(f"{variant}{SUFFIX}", made, tables[1], report)
