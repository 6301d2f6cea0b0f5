"""Variants at sentence level: passages cut where sentences start, their spans re-based."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from finerweb.corpus.segmentation import sentence_starts
from finerweb.tables.io import Row

SUFFIX = "-sentences"
TEXTS = 4096
"""Passages whose sentences are remembered: every variant of a language has the same texts."""


@dataclass(slots=True)
class SentenceReport:
    """How many sentences there are, those without an entity, and entities that cross a border."""

    sentences: int = 0
    unannotated: int = 0
    entities: int = 0
    crossing: int = 0

    def __add__(self, other: "SentenceReport") -> "SentenceReport":
        """Return the report over both."""
        return SentenceReport(
            self.sentences + other.sentences,
            self.unannotated + other.unannotated,
            self.entities + other.entities,
            self.crossing + other.crossing,
        )

    def metrics(self) -> dict[str, int]:
        """Return the report for a metrics file."""
        return {
            "sentences": self.sentences,
            "unannotated": self.unannotated,
            "entities": self.entities,
            "crossing": self.crossing,
        }


def sentences(passages: Iterable[Row]) -> tuple[list[Row], SentenceReport]:
    """Return a variant's rows of passages as rows of their sentences, and what was counted.

    Every code point of a passage but white space between sentences is in one of them; offsets are
    accumulated, so that of two equal sentences each has its own entities. A sentence without an
    entity stays. An entity that crosses a border is in no sentence: those it touches are marked
    (``is_crossed``), the passage has it.
    """
    rows, report = [], SentenceReport()
    for passage in passages:
        borders = _borders(passage["text"])
        entities, crossed = _shared_out(passage["char_spans"], borders)
        for number, ((start, end), mine) in enumerate(zip(borders, entities, strict=True)):
            report.unannotated += not mine
            rows.append(
                {
                    **passage,
                    "id": f"{passage['id']}-s{number}",
                    "text": passage["text"][start:end],
                    "char_spans": mine,
                    "passage_id": passage["id"],
                    "start": start,
                    "is_crossed": number in crossed,
                }
            )
        report.entities += len(passage["char_spans"])
        report.crossing += len(passage["char_spans"]) - sum(map(len, entities))
    report.sentences = len(rows)
    return rows, report


def _shared_out(
    spans: Iterable[Row], borders: Sequence[tuple[int, int]]
) -> tuple[list[list[Row]], set[int]]:
    """Return the entities inside each sentence, re-based, and the sentences others touch."""
    starts = [start for start, _ in borders]
    inside: list[list[Row]] = [[] for _ in borders]
    crossed: set[int] = set()
    for span in spans:
        first = max(bisect_right(starts, span["start"]) - 1, 0)
        for number in range(first, bisect_left(starts, span["end"])):
            start, end = borders[number]
            if start <= span["start"] and span["end"] <= end:
                moved = {"start": span["start"] - start, "end": span["end"] - start}
                inside[number].append(span | moved)
            elif span["start"] < end:
                crossed.add(number)
    return inside, crossed


@lru_cache(maxsize=TEXTS)
def _borders(text: str) -> tuple[tuple[int, int], ...]:
    """Return where each sentence starts and ends, without the white space around it."""
    found = []
    for start, end in pairwise([*sentence_starts(text).tolist(), len(text)]):
        piece = text[start:end]
        first = start + len(piece) - len(piece.lstrip())
        last = start + len(piece.rstrip())
        if first < last:
            found.append((first, last))
    return tuple(found)
