"""Variants at sentence level: passages cut where sentences start, their spans re-based."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from finerweb.corpus.segmentation import sentence_starts
from finerweb.tables.io import Row

SUFFIX = "-sentences"


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
        spans = passage["char_spans"]
        report.entities += len(spans)
        inside = 0
        for number, (start, end) in enumerate(_borders(passage["text"])):
            mine = [span for span in spans if start <= span["start"] and span["end"] <= end]
            touched = sum(span["start"] < end and start < span["end"] for span in spans)
            inside += len(mine)
            report.unannotated += not mine
            rows.append(
                {
                    **passage,
                    "id": f"{passage['id']}-s{number}",
                    "text": passage["text"][start:end],
                    "char_spans": [_rebased(span, start) for span in mine],
                    "passage_id": passage["id"],
                    "start": start,
                    "is_crossed": touched > len(mine),
                }
            )
        report.crossing += len(spans) - inside
    report.sentences = len(rows)
    return rows, report


def _borders(text: str) -> list[tuple[int, int]]:
    """Return where each sentence starts and ends, without the white space around it."""
    found = []
    for start, end in pairwise([*sentence_starts(text).tolist(), len(text)]):
        piece = text[start:end]
        first = start + len(piece) - len(piece.lstrip())
        last = start + len(piece.rstrip())
        if first < last:
            found.append((first, last))
    return found


def _rebased(span: Row, start: int) -> Row:
    return {**span, "start": span["start"] - start, "end": span["end"] - start}
