"""Finding the character spans of an annotator's mentions in their passage.

Mentions are looked for in the untouched text, code point for code point: what an annotator made
up, or wrote in other letters, is dropped, and every drop is in the audit.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from finerweb.evaluation.scoring import SpanScores, score
from finerweb.llm.parsing import fold_type, parse_pairs
from finerweb.llm.requests import NOT_ANSWERED
from finerweb.occurrences import Found, Occurrences, Place
from finerweb.params.annotate import Types
from finerweb.params.ground import GroundParams
from finerweb.records import Grounded, Mention, Passage, Span
from finerweb.tables.io import Row
from finerweb.tally import Tally

GROUNDED = "grounded"
NORMALISED = "normalised"
OUT_OF_ORDER = "out_of_order"
NOT_FOUND = "not_found"
INSIDE_WORD = "inside_word"
EXHAUSTED = "exhausted"
REPEATED = "repeated"
UNLISTED = "type_not_listed"
SURVIVING = (GROUNDED, NORMALISED)
PAPER_SURVIVAL_RATE = 0.774
"""Of Gemma3-27B's annotations, in section 2.4 of the paper."""


def ground(text: str, mentions: Sequence[Mention], params: GroundParams) -> list[Grounded]:
    """Return what became of each mention, in their order.

    ``cursor`` is the rule of the paper's text (section 4.4 of its facts): each mention is looked
    for from the end of the last one that was found; one that stands only before it is out of
    order. ``nearest`` keeps the order too, but drops as few as can be: of all ways to give mentions
    disjoint places in their order the one with most of them, of several the one that ends first,
    so that one mention found too far on costs none between. ``all`` is the paper's Algorithm 1:
    every occurrence of every distinct mention, overlapping ones too, whatever the order: a row for
    each; a mention listed again is repeated.

    A place inside a word may be taken as any other (``words``: ``anywhere``), where the mention
    stands free nowhere (``prefer``), or never (``require``). What stands nowhere is looked for once
    more under the normalisations of ``second_look``, and is ``normalised`` where found: its span is
    the text's, its letters then differ from the mention's.

    Dropped is what is ``not_found``, what stands only ``inside_word``, what is ``exhausted``
    (listed more often than it occurs) and what is ``out_of_order``.

    >>> params = GroundParams(rule="cursor", words="anywhere", second_look=[])
    >>> [g.span for g in ground("Ana met Ana.", [Mention("Ana", "person")] * 2, params)]
    [Span(start=0, end=3, type='person'), Span(start=8, end=11, type='person')]
    """
    found = Occurrences(text, params)
    if params.rule == "all":
        return _all(mentions, found)
    taken = _cursor(mentions, found) if params.rule == "cursor" else _nearest(mentions, found)
    places = set(taken.values())
    return [
        _took(position, mention, taken[position], text)
        if position in taken
        else Grounded(position, mention, _reason(found.of(mention.text), places))
        for position, mention in enumerate(mentions)
    ]


def _took(position: int, mention: Mention, place: Place, text: str) -> Grounded:
    span = Span(*place, mention.type)
    is_exact = text[span.start : span.end] == mention.text
    return Grounded(position, mention, GROUNDED if is_exact else NORMALISED, span)


def _reason(found: Found, taken: Collection[Place]) -> str:
    """Return why a mention was dropped, by the places that mentions have."""
    if found.is_inside:
        return INSIDE_WORD
    if not found.places:
        return NOT_FOUND
    n = sum(place in taken for place in found.places)
    return EXHAUSTED if n >= found.most else OUT_OF_ORDER


def _cursor(mentions: Sequence[Mention], found: Occurrences) -> dict[int, Place]:
    taken = {}
    cursor = 0
    for position, mention in enumerate(mentions):
        place = found.after(mention.text, cursor)
        if place:
            taken[position] = place
            cursor = place[1]
    return taken


@dataclass(frozen=True, slots=True)
class _Link:
    """The last mention of a chain, its place, and the chain before it."""

    position: int
    place: Place
    before: "_Link | None"


def _nearest(mentions: Sequence[Mention], found: Occurrences) -> dict[int, Place]:
    """Return the longest chain of mentions with disjoint places in their order.

    As for the longest increasing subsequence: of all chains of n mentions so far only the one that
    ends first is kept, since whatever may follow another may follow it.
    """
    ends: list[int] = []
    chains: list[_Link] = []
    for position, mention in enumerate(mentions):
        longer: dict[int, Place] = {}
        for place in found.of(mention.text).places:
            n = bisect_right(ends, place[0])
            end = longer[n][1] if n in longer else ends[n] if n < len(ends) else None
            if end is None or place[1] < end:
                longer[n] = place
        links = {n: _Link(position, place, chains[n - 1] if n else None)
                 for n, place in longer.items()}  # fmt: skip
        for n, link in sorted(links.items()):
            ends[n : n + 1] = [link.place[1]]
            chains[n : n + 1] = [link]
    taken = {}
    last: _Link | None = chains[-1] if chains else None
    while last:
        taken[last.position] = last.place
        last = last.before
    return taken


def _all(mentions: Sequence[Mention], found: Occurrences) -> list[Grounded]:
    grounded = []
    seen: set[Span] = set()
    for position, mention in enumerate(mentions):
        there = found.of(mention.text)
        # Of two spellings of one surface, at a second look, the later is a repetition too.
        spans = [Span(*place, mention.type) for place in there.places]
        new = [span for span in spans if span not in seen]
        seen.update(new)
        status = GROUNDED if there.is_exact else NORMALISED
        grounded += [Grounded(position, mention, status, span) for span in new]
        if not new:
            reason = REPEATED if spans else _reason(there, ())
            grounded.append(Grounded(position, mention, reason))
    return grounded


def ground_listed(
    text: str, mentions: Sequence[Mention], params: GroundParams, types: Types | None
) -> list[Grounded]:
    """Return what became of each mention where only some types may be given; None: any.

    A type is read without regard to case, and is from then on spelled as the list has it. What has
    another is dropped as ``type_not_listed``, and takes no place from those that follow.
    """
    if types is None:
        return ground(text, mentions, params)
    names = {fold_type(one.name): one.name for one in types}
    places = [i for i, mention in enumerate(mentions) if mention.type in names]
    listed = [Mention(mentions[i].text, names[mentions[i].type]) for i in places]
    found = [replace(one, position=places[one.position]) for one in ground(text, listed, params)]
    others = set(range(len(mentions))) - set(places)
    found += [Grounded(i, mentions[i], UNLISTED) for i in others]
    return sorted(found, key=lambda one: one.position)


@dataclass(slots=True)
class GroundingReport:
    """What became of replies and mentions, and the scores against gold where there is some."""

    replies: Tally = field(default_factory=Tally)
    repairs: Counter[str] = field(default_factory=Counter)
    mentions: Tally = field(default_factory=Tally)
    normalised: int = 0
    scores: SpanScores = field(default_factory=SpanScores)

    def __add__(self, other: "GroundingReport") -> "GroundingReport":
        """Return the report over both."""
        return GroundingReport(
            self.replies + other.replies,
            self.repairs + other.repairs,
            self.mentions + other.mentions,
            self.normalised + other.normalised,
            self.scores + other.scores,
        )

    def metrics(self) -> dict[str, object]:
        """Return the report for a metrics file; what survives is what has a span."""
        replies, mentions = self.replies, self.mentions
        return {
            "replies": replies.metrics(),
            "parse_rate": replies.kept / replies.seen if replies.seen else None,
            "repairs": dict(sorted(self.repairs.items())),
            "mentions": mentions.metrics(),
            "normalised": self.normalised,
            "survival_rate": mentions.kept / mentions.seen if mentions.seen else None,
            "gold": self.scores.metrics(),
        }


def ground_language(
    passages: Iterable[Passage],
    annotations: Iterable[Row],
    params: GroundParams,
    types: Types | None,
) -> tuple[list[Row], GroundingReport]:
    """Return the rows of the `grounded` table for a language's annotations, and their report."""
    replies = {row["passage_id"]: row for row in annotations}
    report = GroundingReport()
    rows = []
    for passage in passages:
        rows += ground_reply(passage, replies[passage.passage_id], params, types, report)
    return rows, report


def ground_reply(
    passage: Passage,
    annotation: Row,
    params: GroundParams,
    types: Types | None,
    report: GroundingReport,
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
    found = ground_listed(passage.text, parsed.mentions, params, types)
    for status in {grounded.position: grounded.status for grounded in found}.values():
        if status in SURVIVING:
            report.mentions.keep()
            report.normalised += status == NORMALISED
        else:
            report.mentions.drop(status)
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
