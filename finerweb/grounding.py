"""Finding the character spans of an annotator's mentions in their passage.

Mentions are looked for in the untouched text, code point for code point: what an annotator made
up, or wrote in other letters, is dropped, and every drop is in the audit.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from finerweb.evaluation.scoring import SpanScores, score
from finerweb.llm.parsing import parse_pairs
from finerweb.llm.requests import NOT_ANSWERED
from finerweb.records import Grounded, Mention, Passage, Span
from finerweb.tables.io import Row
from finerweb.tally import Tally

GROUNDED = "grounded"
OUT_OF_ORDER = "out_of_order"
NOT_FOUND = "not_found"
REPEATED = "repeated"


def ground(text: str, mentions: Iterable[Mention], rule: str) -> list[Grounded]:
    """Return what became of each mention, in their order.

    ``cursor`` is the rule of the paper's text (section 4.4 of its facts): each mention is looked
    for from the end of the last one that was found; one that stands only before it is out of
    order. ``all`` is its Algorithm 1: every occurrence of every distinct mention, overlapping
    ones too, whatever the order: a row for each; a mention listed again is repeated.

    >>> [g.span for g in ground("Ana met Ana.", [Mention("Ana", "person")] * 2, "cursor")]
    [Span(start=0, end=3, type='person'), Span(start=8, end=11, type='person')]
    """
    return _cursor(text, mentions) if rule == "cursor" else _all(text, mentions)


def _cursor(text: str, mentions: Iterable[Mention]) -> list[Grounded]:
    grounded = []
    cursor = 0
    for position, mention in enumerate(mentions):
        start = text.find(mention.text, cursor)
        if start >= 0:
            cursor = start + len(mention.text)
            span = Span(start, cursor, mention.type)
            grounded.append(Grounded(position, mention, GROUNDED, span))
        else:
            status = OUT_OF_ORDER if mention.text in text else NOT_FOUND
            grounded.append(Grounded(position, mention, status))
    return grounded


def _all(text: str, mentions: Iterable[Mention]) -> list[Grounded]:
    grounded = []
    seen: set[Mention] = set()
    for position, mention in enumerate(mentions):
        start = text.find(mention.text)
        if start < 0:
            grounded.append(Grounded(position, mention, NOT_FOUND))
        elif mention in seen:
            grounded.append(Grounded(position, mention, REPEATED))
        while start >= 0 and mention not in seen:
            span = Span(start, start + len(mention.text), mention.type)
            grounded.append(Grounded(position, mention, GROUNDED, span))
            start = text.find(mention.text, start + 1)
        seen.add(mention)
    return grounded


@dataclass(slots=True)
class GroundingReport:
    """What became of replies and mentions, and the scores against gold where there is some."""

    replies: Tally = field(default_factory=Tally)
    repairs: Counter[str] = field(default_factory=Counter)
    mentions: Tally = field(default_factory=Tally)
    scores: SpanScores = field(default_factory=SpanScores)

    def __add__(self, other: "GroundingReport") -> "GroundingReport":
        """Return the report over both."""
        return GroundingReport(
            self.replies + other.replies,
            self.repairs + other.repairs,
            self.mentions + other.mentions,
            self.scores + other.scores,
        )

    def metrics(self) -> dict[str, object]:
        """Return the report for a metrics file; what survives is what is grounded."""
        replies, mentions = self.replies, self.mentions
        return {
            "replies": replies.metrics(),
            "parse_rate": replies.kept / replies.seen if replies.seen else None,
            "repairs": dict(sorted(self.repairs.items())),
            "mentions": mentions.metrics(),
            "survival_rate": self.mentions.kept / self.mentions.seen
            if self.mentions.seen
            else None,
            "gold": self.scores.metrics(),
        }


def ground_language(
    passages: Iterable[Passage], annotations: Iterable[Row], rule: str
) -> tuple[list[Row], GroundingReport]:
    """Return the rows of the `grounded` table for a language's annotations, and their report."""
    replies = {row["passage_id"]: row for row in annotations}
    report = GroundingReport()
    rows = []
    for passage in passages:
        rows += ground_reply(passage, replies[passage.passage_id], rule, report)
    return rows, report


def ground_reply(
    passage: Passage, annotation: Row, rule: str, report: GroundingReport
) -> list[Row]:
    """Return the rows of the `grounded` table for a reply, and count them in the report."""
    parsed = parse_pairs(annotation["reply"])
    report.repairs.update(parsed.repairs)
    if annotation["finish_reason"] in NOT_ANSWERED:
        report.replies.drop(annotation["finish_reason"])
    elif parsed.failure:
        report.replies.drop(parsed.failure)
    else:
        report.replies.keep()
    for reason, n in parsed.rejected.items():
        report.mentions.drop(reason, n)
    found = ground(passage.text, parsed.mentions, rule)
    for status in {grounded.position: grounded.status for grounded in found}.values():
        report.mentions.keep() if status == GROUNDED else report.mentions.drop(status)
    if passage.gold is not None:
        spans = [grounded.span for grounded in found if grounded.span]
        report.scores += score(passage.gold, [(s.start, s.end, (s.type,)) for s in spans])
    return [_row(passage, grounded) for grounded in found]


def _row(passage: Passage, grounded: Grounded) -> Row:
    span = grounded.span
    return {
        "passage_id": passage.passage_id,
        "position": grounded.position,
        "mention": grounded.mention.text,
        "type": grounded.mention.type,
        "status": grounded.status,
        "start": span.start if span else None,
        "end": span.end if span else None,
    }
