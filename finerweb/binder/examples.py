"""What Binder learns from: passages of a variant without gold, and what their types mean."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from finerweb.binder.likeness import Likeness, likeness_of
from finerweb.languages import language
from finerweb.records import Span
from finerweb.tables.io import Row, Table, languages_in, stream, stream_tables
from finerweb.tables.passages import PASSAGES
from finerweb.tables.types import read_concepts, read_vectors
from finerweb.tables.variants import MULTI, MULTI_SENTENCES, SINGLE, SINGLE_SENTENCES
from finerweb.tally import Tally

TABLES = {
    (False, False): SINGLE,
    (True, False): MULTI,
    (False, True): SINGLE_SENTENCES,
    (True, True): MULTI_SENTENCES,
}
"""By whether entities have several labels, and whether rows are sentences."""


class NothingToLearn(ValueError):
    """No example has an entity that a student can learn."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text and its entities; one with several types stands there once for each."""

    text: str
    language: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Examples, what was counted on the way to them, and what their types mean."""

    examples: list[Example]
    passages: dict[str, Tally]
    likeness: Likeness

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the languages that have examples, sorted."""
        return tuple(sorted({one.language for one in self.examples}))


def read_corpus(variant: Path, passages: Path, types: Path, wanted: list[str] | None) -> Corpus:
    """Return the examples of a variant's languages; of those ``wanted``, or of all.

    No document with gold is among them: it is what the student is scored on.

    Raises:
        FileNotFoundError, ValueError: as `finerweb.tables.io.read`; or a wanted language is not
            in the variant.
    """
    table = _table(variant.name)
    there = languages_in(variant)
    missing = sorted(set(wanted or ()) - set(there))
    if missing:
        raise ValueError(
            f"{variant}: has no {missing[0]} (train_binder.languages), only {', '.join(there)}"
        )
    examples: list[Example] = []
    tallies: dict[str, Tally] = {}
    seen: dict[str, set[frozenset[str]]] = {}
    for code in there:
        if wanted is not None and code not in wanted:
            continue
        with_gold = documents_with_gold(passages / f"{code}.parquet")
        tally = tallies[code] = Tally()
        for row in stream(variant / f"{code}.parquet", table):
            if row["document_id"] in with_gold:
                tally.drop("gold")
                continue
            tally.keep()
            examples.append(Example(row["text"], language(code).code, tuple(_spans(row, seen))))
    meant = {name: sorted(some, key=sorted) for name, some in sorted(seen.items())}
    likeness = likeness_of(meant, read_concepts(types), *read_vectors(types))
    return Corpus(examples, tallies, likeness)


def documents_with_gold(passages: Path) -> set[str]:
    """Return the documents of a language of which any passage has gold, be it empty."""
    found: set[str] = set()
    for rows in stream_tables(passages, PASSAGES):
        found.update(rows.filter(rows["gold"].is_valid())["document_id"].to_pylist())
    return found


def _table(variant: str) -> Table:
    kinds = [kind in variant.split("-") for kind in ("single", "multi")]
    if sum(kinds) != 1:
        raise ValueError(f"variant {variant!r}: expected one with `single` or `multi` in its name")
    return TABLES[kinds[1], variant.endswith("-sentences")]


def _spans(row: Row, seen: dict[str, set[frozenset[str]]]) -> Iterator[Span]:
    for entity in row["char_spans"]:
        for label in entity["labels"] if "labels" in entity else [entity["label"]]:
            seen.setdefault(label, set()).add(frozenset(entity["concepts"]))
            yield Span(entity["start"], entity["end"], label)
