"""Passages with their merged entities, and the fold that each is in."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from finerweb.binder.examples import Example, documents_with_gold
from finerweb.records import Span
from finerweb.tables.entities import ENTITIES
from finerweb.tables.io import languages_in, stream, stream_tables
from finerweb.tables.passages import SELECTED


@dataclass(frozen=True, slots=True)
class Labelled:
    """A passage and its entities: (start, end, labels), in text order, one at least.

    ``has_gold`` is whether any passage of its document has gold: it is scored, and never learnt.
    """

    passage_id: str
    text: str
    fold: int
    has_gold: bool
    entities: tuple[tuple[int, int, tuple[str, ...]], ...]

    def spans(self) -> tuple[Span, ...]:
        """Return the entities, one with several labels once for each."""
        return tuple(
            Span(start, end, one) for start, end, labels in self.entities for one in labels
        )


Corpus = Mapping[str, Sequence[Labelled]]
"""Language -> its passages with entities, in the order of their ids."""


def fold_of(document_id: str, folds: int) -> int:
    """Return the fold that a document is in, all its passages with it: by a hash of its id alone.

    So it stays there however the corpus grows. Few documents leave some folds empty.
    """
    digest = hashlib.sha256(f"fold\0{document_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % folds


def read_corpus(
    entities: Path, selected: Path, passages: Path, folds: int
) -> dict[str, list[Labelled]]:
    """Return the passages that have merged entities, by language.

    Raises:
        FileNotFoundError, ValueError: as `finerweb.tables.io.read`; or an entity is of a passage
            that is not among the selected ones.
    """
    return {
        code: list(_language(code, entities, selected, passages, folds))
        for code in languages_in(entities)
    }


def _language(
    code: str, entities: Path, selected: Path, passages: Path, folds: int
) -> Iterator[Labelled]:
    name = f"{code}.parquet"
    with_gold = documents_with_gold(passages / name)
    known: dict[str, tuple[str, str]] = {}
    for some in stream_tables(selected / name, SELECTED):
        columns = (some[name].to_pylist() for name in ("passage_id", "document_id", "text"))
        known.update((one, (document, text)) for one, document, text in zip(*columns, strict=True))
    rows = stream(entities / name, ENTITIES)
    for passage_id, group in groupby(rows, key=itemgetter("passage_id")):
        if passage_id not in known:
            raise ValueError(
                f"{entities / name}: passage {passage_id} has entities, but is not in "
                f"{selected / name}; run `dvc repro`, so that both are of one run"
            )
        document, text = known[passage_id]
        found = tuple((row["start"], row["end"], tuple(row["labels"])) for row in group)
        yield Labelled(passage_id, text, fold_of(document, folds), document in with_gold, found)


def examples(corpus: Corpus, fold: int) -> list[Example]:
    """Return what the students of a fold learn from: the other folds, without gold."""
    return [
        Example(one.text, code, one.spans())
        for code, some in corpus.items()
        for one in some
        if one.fold != fold and not one.has_gold
    ]


def held_out(corpus: Corpus, code: str, fold: int) -> list[Labelled]:
    """Return the passages of a language that the students of a fold score, gold or not."""
    return [one for one in corpus[code] if one.fold == fold]
