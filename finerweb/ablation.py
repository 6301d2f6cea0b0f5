"""What the filter is worth: the same annotation of random and of filtered passages.

The paper filters, and never shows what for. Here three arms have equally many passages of the same
documents in each language: ``random`` (the paper's rule, whatever the score), ``filtered`` (the
paper's rule) and ``top_k`` (each document's best passage, of those the best).
"""

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from finerweb import annotation
from finerweb.corpus.identification import Identifier
from finerweb.evaluation.scoring import SpanScores, score
from finerweb.filtering import Outcome, Scored, against, outcome
from finerweb.grounding import GroundingReport, ground_language
from finerweb.llm.answers import Answers
from finerweb.params.annotate import Types
from finerweb.params.filter import FilterParams
from finerweb.params.filter_ablation import FilterAblationParams, StudentParams
from finerweb.params.ground import GroundParams
from finerweb.records import Passage, Span
from finerweb.tables.grounded import spans_by_passage
from finerweb.tables.io import Row
from finerweb.tables.rows import passage

log = logging.getLogger(__name__)
ARMS: dict[str, dict[str, object]] = {
    "random": {"rule": "first", "threshold": -math.inf},
    "filtered": {"rule": "first"},
    "top_k": {"rule": "top_k"},
}
Languages = Callable[[], Iterable[tuple[str, Sequence[Scored]]]]
"""Reads each language's scored passages, one language in memory at a time; again when called."""
CURVE = ("rule", "at", "passages", "precision", "recall", "f1")


def choose(
    scored: Sequence[Scored], params: FilterParams, n: int, identify: Identifier
) -> dict[str, list[Passage]]:
    """Return each arm's passages of a language: n, or as many as the poorest arm has."""
    kept = {}
    for arm, changes in ARMS.items():
        rule = params.model_copy(update=changes | {"quota": n})
        kept[arm] = [passage(row) for row in outcome(scored, rule, identify).kept]
    n = min(len(passages) for passages in kept.values())
    return {arm: passages[:n] for arm, passages in kept.items()}


@dataclass(slots=True)
class Arm:
    """An arm's passages, annotated and grounded."""

    passages: list[Passage] = field(default_factory=list)
    spans: dict[str, list[Span]] = field(default_factory=dict)
    grounding: GroundingReport = field(default_factory=GroundingReport)
    output_tokens: int = 0

    def add(
        self,
        passages: Sequence[Passage],
        annotations: Sequence[Row],
        params: GroundParams,
        types: Types | None,
    ) -> None:
        """Take in a language's passages with their rows of the `annotations` table."""
        rows, report = ground_language(passages, annotations, params, types)
        self.passages += passages
        self.spans |= spans_by_passage(rows)
        self.grounding += report
        self.output_tokens += sum(row["n_output_tokens"] for row in annotations)

    def metrics(self) -> dict[str, Any]:
        """Return the arm's figures; ``useful`` is the share a human called so, of those known."""
        n = len(self.passages)
        types = {span.type for spans in self.spans.values() for span in spans}
        entities = sum(map(len, self.spans.values()))
        told = [one.useful for one in self.passages if one.useful is not None]
        grounding = self.grounding.metrics()
        return {
            "passages": n,
            "useful": sum(told) / len(told) if told else None,
            "entities_per_passage": entities / n if n else None,
            "distinct_types": len(types),
            "parse_rate": grounding["parse_rate"],
            "survival_rate": grounding["survival_rate"],
            "output_tokens_per_entity": self.output_tokens / entities if entities else None,
        }


def wanted(chosen: Mapping[str, Mapping[str, Sequence[Passage]]]) -> list[Passage]:
    """Return the passages of all languages and arms, each once."""
    every = (one for arms in chosen.values() for some in arms.values() for one in some)
    return list({one.passage_id: one for one in every}.values())


def arms_of(
    chosen: Mapping[str, Mapping[str, Sequence[Passage]]],
    annotator: str,
    answers: Answers,
    brief: annotation.Brief,
    ground: GroundParams,
) -> dict[str, Arm]:
    """Return the arms with their annotations, which are answered already."""
    arms = {name: Arm() for name in ARMS}
    for by_arm in chosen.values():
        for name, passages in by_arm.items():
            rows, _ = annotation.rows(passages, annotator, answers, brief)
            arms[name].add(passages, rows, ground, brief.types)
    return arms


def students(
    arms: Mapping[str, Arm], gold: Sequence[Passage], encoder: Path, params: StudentParams
) -> dict[str, Any] | None:
    """Return each arm's downstream F1: of a token classifier that learns its annotations.

    Scored against the gold of passages that none learns from; the arms learn from equally many.
    None where there is no gold.

    Raises:
        ValueError: as `finerweb.evaluation.tagger.train`.
    """
    from finerweb.evaluation.tagger import train

    lessons = _lessons(arms, {one.document_id for one in gold})
    if not gold:
        log.warning("no passage has gold: what students learnt cannot be scored")
        return None
    figures: dict[str, Any] = {
        "passages": len(lessons["random"]),
        "gold_passages": len(gold),
    }
    for name, examples in lessons.items():
        scores = []
        for seed in params.seeds:
            tagger = train(examples, encoder, params, seed)
            found = tagger.spans([one.text for one in gold], params.batch_size)
            total = SpanScores()
            for one, spans in zip(gold, found, strict=True):
                total += score(one.gold or (), [(s.start, s.end, (s.type,)) for s in spans])
            scores.append(total)
        figures[name] = {
            "mention_f1": fmean(total.mention.f1 for total in scores),
            "coarse_f1": fmean(total.coarse.f1 for total in scores),
        }
    return figures


def report(
    arms: Mapping[str, Arm],
    languages: Languages,
    params: FilterAblationParams,
    rules: FilterParams,
    identify: Identifier,
    encoder: Path | None,
) -> dict[str, Any]:
    """Return the arms' figures, what students learn from them, and thresholds against top-k."""
    figures: dict[str, Any] = {"arms": {name: arm.metrics() for name, arm in arms.items()}}
    figures["student"] = None
    if params.student and encoder:
        gold = [one for _, pairs in languages() for one, _ in pairs if one.gold is not None]
        figures["student"] = students(arms, gold, encoder, params.student)
    figures["thresholds"] = thresholds(languages, params.thresholds, rules, identify)
    return figures


def _lessons(
    arms: Mapping[str, Arm], with_gold: Set[str]
) -> dict[str, list[tuple[str, list[Span]]]]:
    """Return what each arm teaches: equally many texts of a language, of no document with gold."""
    by_language: dict[str, dict[str, list[Passage]]] = {}
    for name, arm in arms.items():
        for one in arm.passages:
            if one.document_id not in with_gold:
                by_language.setdefault(one.language, {}).setdefault(name, []).append(one)
    lessons: dict[str, list[tuple[str, list[Span]]]] = {name: [] for name in arms}
    for found in by_language.values():
        n = min(len(found.get(name, [])) for name in arms)
        for name, arm in arms.items():
            chosen = found.get(name, [])[:n]
            lessons[name] += [(one.text, arm.spans.get(one.passage_id, [])) for one in chosen]
    return lessons


def thresholds(
    languages: Languages,
    wanted: Sequence[float],
    params: FilterParams,
    identify: Identifier,
) -> dict[str, Any] | None:
    """Return what thresholds keep beside what a top-k of the same size keeps, by the human's word.

    By threshold: the passages that the paper's rule keeps without a quota, and their precision,
    recall and F1 against ``useful``; and those of ``top_k`` with as many, spread evenly over the
    languages. None where no passage says whether it is useful.
    """

    def kept(rules: Mapping[float, dict[str, object]]) -> tuple[int, dict[float, Outcome]]:
        """Return how many languages there are, and what each threshold's rule keeps of all."""
        n, totals = 0, {threshold: Outcome() for threshold in rules}
        for _, pairs in languages():
            n += 1
            for threshold, changes in rules.items():
                changes = {"quota": len(pairs)} | changes
                found = outcome(pairs, params.model_copy(update=changes), identify)
                totals[threshold].tally += found.tally
                totals[threshold].judged += found.judged
        return n, totals

    n, above = kept({one: {"rule": "first", "threshold": one} for one in wanted})
    if not all(found.judged for found in above.values()):
        return None
    quotas = {one: max(round(found.tally.kept / n), 1) for one, found in above.items()}
    _, best = kept({one: {"rule": "top_k", "quota": quota} for one, quota in quotas.items()})
    return {
        f"{one:g}": {
            name: {"passages": found.tally.kept} | against(found.judged, lambda row: row.kept)
            for name, found in (("threshold", above[one]), ("top_k", best[one]))
        }
        for one in wanted
    }


def curves(figures: Mapping[str, Any] | None) -> Iterator[dict[str, object]]:
    """Yield the points of `thresholds` for a plot of precision over recall."""
    for threshold, row in (figures or {}).items():
        for rule, found in row.items():
            yield {"rule": rule, "at": threshold} | found
