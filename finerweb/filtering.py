"""Which scored passages are kept: the paper's first acceptable one a document, or the best."""

import heapq
import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, groupby

from finerweb.corpus.identification import Identifier, accept
from finerweb.params.filter import FilterParams
from finerweb.records import Passage
from finerweb.tables.io import Row
from finerweb.tables.rows import passage_row
from finerweb.tally import Tally

Scored = tuple[Passage, float]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Decision:
    """A scored passage, and why it was dropped; ``reason`` is None of one that is kept."""

    passage: Passage
    score: float
    reason: str | None


@dataclass(frozen=True, slots=True)
class Judged:
    """What is remembered of a passage that a human called useful or useless."""

    useful: bool
    score: float
    n_words: int
    kept: bool


@dataclass(slots=True)
class Outcome:
    """What became of a language's passages; of all but the kept ones only counts stay."""

    kept: list[Row] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    judged: list[Judged] = field(default_factory=list)
    lowest: float = math.inf
    highest: float = -math.inf

    def add(self, decision: Decision) -> None:
        """Count a decision; keep the row of the `selected` table of a passage that is kept."""
        passage, score = decision.passage, decision.score
        kept = decision.reason is None
        if kept:
            self.tally.keep()
            self.kept.append(passage_row(passage) | {"quality_score": score})
        else:
            self.tally.drop(str(decision.reason))
        if passage.useful is not None:
            self.judged.append(Judged(passage.useful, score, passage.n_words, kept))
        self.lowest, self.highest = min(self.lowest, score), max(self.highest, score)


def outcome(scored: Iterable[Scored], params: FilterParams, identify: Identifier) -> Outcome:
    """Return what the rule of the params makes of a language's passages, which are read once."""
    found = Outcome()
    rule = {"first": first, "top_k": top_k}[params.rule]
    for decision in rule(scored, params, identify):
        found.add(decision)
    return found


def first(
    scored: Iterable[Scored], params: FilterParams, identify: Identifier
) -> Iterator[Decision]:
    """Yield a decision for each passage, in their order, by the paper's rule.

    Section 3 of the paper's facts: passages come document by document in the order of the sample,
    inside a document in text order. One is accepted if its score is above the threshold and it is
    not identified as English (unless the language is); the first accepted passage of a document is
    kept, and the language ends when the quota is full. There is no ranking by score.
    """
    done: set[str] = set()
    for passage, score in scored:
        if passage.document_id in done:
            reason: str | None = "document has one"
        elif not score > params.threshold:
            reason = "below threshold"
        elif params.reject_english and _english(passage, identify):
            reason = "English"
        elif len(done) >= params.quota:
            reason = "over quota"
        else:
            reason = None
            done.add(passage.document_id)
        yield Decision(passage, score, reason)


def top_k(
    scored: Iterable[Scored], params: FilterParams, identify: Identifier
) -> Iterator[Decision]:
    """Yield a decision for each passage, in any order: kept are the quota's best, by score.

    Each document stands with its best passage that is not identified as English (unless the
    language is). There is no threshold. Of equal scores the earlier one stays. At most the quota
    and one document are held in memory.
    """
    best: list[tuple[float, int, Passage]] = []
    order = count(0, -1)
    for _, document in groupby(scored, key=lambda pair: pair[0].document_id):
        ranked = sorted(document, key=lambda pair: -pair[1])
        for place, (passage, score) in enumerate(ranked):
            if params.reject_english and _english(passage, identify):
                yield Decision(passage, score, "English")
                continue
            for other, lower in ranked[place + 1 :]:
                yield Decision(other, lower, "document has a better one")
            heapq.heappush(best, (score, next(order), passage))
            break
        if len(best) > params.quota:
            score, _, passage = heapq.heappop(best)
            yield Decision(passage, score, "not among the best")
    for score, _, passage in sorted(best, key=lambda item: -item[1]):
        yield Decision(passage, score, None)


def _english(passage: Passage, identify: Identifier) -> bool:
    return not accept(passage.text, passage.language, "reject_english", identify)


def report(outcomes: Mapping[str, Outcome], params: FilterParams) -> dict[str, object]:
    """Return the counts by language, and how well the score tells useful from useless.

    ``short`` is how many passages are missing to the quota; nothing makes up for them. ``useful``
    has precision, recall and F1 against it, of all passages that say, of ``score > threshold``
    (``filter``), of accepting everything, of accepting the longer half, and of the passages that
    the rule really kept (``kept``); None where no passage says.

    Raises:
        ValueError: the regressor gives every passage the same score.
    """
    _check(outcomes)
    overall = Outcome()
    languages = {}
    for code, found in outcomes.items():
        overall.tally += found.tally
        overall.judged += found.judged
        short = params.quota - found.tally.kept
        languages[code] = _figures(found, params.threshold) | {"short": short}
        if short:
            log.warning("%s: %d passages, %d short of filter.quota", code, found.tally.kept, short)
    short = sum(params.quota - found.tally.kept for found in outcomes.values())
    total = _figures(overall, params.threshold) | {"short": short}
    return {"overall": total, "languages": languages}


def _check(outcomes: Mapping[str, Outcome]) -> None:
    """Refuse a regressor that has learnt nothing: what it accepts would be chance, and costs."""
    seen = sum(found.tally.seen for found in outcomes.values())
    lowest = min((found.lowest for found in outcomes.values()), default=0.0)
    if seen > 1 and lowest == max(found.highest for found in outcomes.values()):
        raise ValueError(
            f"the regressor gives all {seen} passages the score {lowest:g}: expected it to tell "
            "them apart; look at its figures in metrics/regressor.json, rate more passages or "
            "train longer"
        )


def _figures(found: Outcome, threshold: float) -> dict[str, object]:
    return found.tally.metrics() | {"useful": _against_useful(found.judged, threshold)}


def _against_useful(judged: Sequence[Judged], threshold: float) -> dict[str, object] | None:
    if not judged:
        return None
    lengths = sorted(one.n_words for one in judged)
    median = lengths[len(lengths) // 2]
    return {
        "filter": against(judged, lambda one: one.score > threshold),
        "kept": against(judged, lambda one: one.kept),
        "accept_all": against(judged, lambda one: True),
        "by_length": against(judged, lambda one: one.n_words >= median),
    }


def against(judged: Sequence[Judged], keep: Callable[[Judged], bool]) -> dict[str, float]:
    """Return precision, recall and F1 of what ``keep`` keeps, against what humans call useful."""
    useful = sum(one.useful for one in judged)
    kept = [one for one in judged if keep(one)]
    right = sum(one.useful for one in kept)
    precision = right / len(kept) if kept else 0.0
    recall = right / useful if useful else 0.0
    f1 = 2 * right / (len(kept) + useful) if kept or useful else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}
