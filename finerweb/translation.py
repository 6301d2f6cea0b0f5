"""Types in the language of their passages (section 5 of the paper's facts).

Translated are the concepts that types name, once each, so a type and its variants ("persons",
"Person") have one translation. A type whose concepts have none stays in English, and is counted.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from finerweb.normalisation import is_latin
from finerweb.tables.io import Row
from finerweb.tables.types import Concepts

ENGLISH = "eng_Latn"
COMPOUND = "/"
LEXICAL, BY_LLM, BY_GOOGLE = "lexicon", "llm", "google"
TRANSLATORS = (LEXICAL, BY_LLM, BY_GOOGLE)
PARTLY, KEPT, NONE = "partly", "kept", "none"
EXAMPLES = 10


@dataclass(frozen=True, slots=True)
class Name:
    """What a concept is called in a language, and by which of `TRANSLATORS`."""

    text: str
    by: str


@dataclass(frozen=True, slots=True)
class Return:
    """A concept whose name its translator took back: to what, None where nothing usable came."""

    concept: str
    name: Name
    back: str | None
    is_same: bool


@dataclass(slots=True)
class Names:
    """What translators made of a language's concepts.

    ``refused`` counts, by translator and reason, names that were given but are not used; of a
    concept that a later translator named, too. ``returns`` is empty unless that was asked for.
    """

    given: dict[str, Name] = field(default_factory=dict)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    returns: list[Return] = field(default_factory=list)


@dataclass(slots=True)
class TranslationReport:
    """How many types, mentions and concepts of a language have a translation, and by whom."""

    types: Counter[str] = field(default_factory=Counter)
    mentions: Counter[str] = field(default_factory=Counter)
    concepts: Counter[str] = field(default_factory=Counter)
    collisions: list[Row] = field(default_factory=list)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    taken_back: Counter[str] = field(default_factory=Counter)
    came_back: Counter[str] = field(default_factory=Counter)
    differing: list[Row] = field(default_factory=list)

    def __add__(self, other: "TranslationReport") -> "TranslationReport":
        """Return the report over both."""
        return TranslationReport(
            self.types + other.types,
            self.mentions + other.mentions,
            self.concepts + other.concepts,
            self.collisions + other.collisions,
            self.refused + other.refused,
            self.taken_back + other.taken_back,
            self.came_back + other.came_back,
            (self.differing + other.differing)[:EXAMPLES],
        )

    def metrics(self) -> dict[str, object]:
        """Return the report for a metrics file; ``collisions`` are the most frequent ones.

        ``back`` has, by translator, how many names it was asked about, and the share that came back
        to their concept.
        """
        refused: dict[str, dict[str, int]] = {}
        for (translator, reason), n in sorted(self.refused.items()):
            refused.setdefault(translator, {})[reason] = n
        return {
            "types": {**self.types, "coverage": _coverage(self.types)},
            "mentions": {**self.mentions, "coverage": _coverage(self.mentions)},
            "concepts": {**self.concepts, "coverage": _coverage(self.concepts)},
            "n_collisions": len(self.collisions),
            "collisions": self.collisions[:EXAMPLES],
            "refused": refused,
            "back": {
                by: {"asked": n, "same": self.came_back[by], "share": self.came_back[by] / n}
                for by, n in sorted(self.taken_back.items())
            },
            "differing": self.differing[:EXAMPLES],
        }


def wanted(kinds: Iterable[str], concepts: Concepts, language: str) -> list[str]:
    """Return the concepts to translate of a language's types, sorted and distinct.

    None of English; none of types that are not in Latin letters, which are no English; none
    without any letter.
    """
    if language == ENGLISH:
        return []
    found = {concept for kind in kinds if is_latin(kind) for concept in concepts[kind]}
    return sorted(concept for concept in found if any(map(str.isalpha, concept)))


def translate(
    counts: Mapping[str, int], concepts: Concepts, language: str, names: Names
) -> tuple[list[Row], TranslationReport]:
    """Return the rows of `label_translations` for a language's types with their counts.

    What is not in Latin letters, and all types of English passages, are ``kept``. Compounds are
    translated part by part; ``partly`` where a part stays in English, ``none`` where all do. Two
    translations collide where types of different concepts have the same one.
    """
    report = _report(wanted(counts, concepts, language), language, names)
    rows = []
    meanings: dict[str, dict[tuple[str, ...], int]] = {}
    for kind, count in sorted(counts.items()):
        translation, status = _translated(kind, concepts[kind], names.given, language)
        rows.append({"type": kind, "count": count, "translation": translation, "status": status})
        report.types[status] += 1
        report.mentions[status] += count
        of_it = meanings.setdefault(translation, {})
        of_it[concepts[kind]] = of_it.get(concepts[kind], 0) + count
    several = {name: found for name, found in meanings.items() if len(found) > 1}
    for name, found in sorted(several.items(), key=lambda item: (-sum(item[1].values()), item[0])):
        meant = sorted(COMPOUND.join(several_concepts) for several_concepts in found)
        report.collisions.append({"language": language, "translation": name, "concepts": meant})
    return rows, report


def _report(asked: Sequence[str], language: str, names: Names) -> TranslationReport:
    """Return the report with what is told of concepts, not of types."""
    by = Counter(names.given[c].by if c in names.given else NONE for c in asked)
    differing = [
        {"language": language, "concept": one.concept, "name": one.name.text, "back": one.back}
        for one in names.returns
        if not one.is_same
    ]
    return TranslationReport(
        concepts=by,
        refused=names.refused,
        taken_back=Counter(one.name.by for one in names.returns),
        came_back=Counter(one.name.by for one in names.returns if one.is_same),
        differing=differing[:EXAMPLES],
    )


def _translated(
    kind: str, concepts: Sequence[str], names: Mapping[str, Name], language: str
) -> tuple[str, str]:
    if language == ENGLISH or not is_latin(kind):
        return kind, KEPT
    known = [names[concept] for concept in concepts if concept in names]
    if not known:
        return kind, NONE
    whole = COMPOUND.join(names[c].text if c in names else c for c in concepts)
    if len(known) < len(concepts):
        return whole, PARTLY
    return whole, max((name.by for name in known), key=TRANSLATORS.index)


def _coverage(counts: Mapping[str, int]) -> float | None:
    """Return the share with a whole translation, of those that want one."""
    whole = sum(n for status, n in counts.items() if status in TRANSLATORS)
    wanted = sum(n for status, n in counts.items() if status != KEPT)
    return whole / wanted if wanted else None
