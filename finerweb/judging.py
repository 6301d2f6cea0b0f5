"""What a judge is asked about annotated passages (section 7 of the paper's facts).

Of each language it is shown some passages with the annotations of a variant. By two more the judge
itself is judged: some passages with people's own annotations, and some once more with faults
planted in these; in the variant's where people annotated none.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from finerweb import injection
from finerweb.languages import language
from finerweb.llm.answers import Answers
from finerweb.llm.canaries import Canary
from finerweb.llm.requests import Reply, Request
from finerweb.llm.schemas import ASPECTS, verdict
from finerweb.llm.templates import render, version
from finerweb.params.judge import JudgeParams
from finerweb.params.judges import JudgeModel
from finerweb.planting import Plant, plant
from finerweb.records import Mention, Passage, Span
from finerweb.tables.io import Row
from finerweb.verdicts import Read, parse_verdict, standing

VARIANT, GOLD = "variant", "gold"
CHARACTERS_A_WORD = 8
"""Of an explanation, a little more than words have, so that it is seldom cut off."""
KNOWN = (
    (
        "eng_Latn",
        "Angela Merkel met Emmanuel Macron in Paris.",
        (("Angela Merkel", "person"), ("Emmanuel Macron", "person"), ("Paris", "city")),
    ),
    (
        "rus_Cyrl",
        "Анна Ахматова жила в городе Ташкент.",
        (("Анна Ахматова", "person"), ("Ташкент", "city")),
    ),
)
"""Sentences with all of their entities."""


@dataclass(frozen=True, slots=True)
class Case:
    """A passage with the annotations to be judged, of `VARIANT` or `GOLD`, and what is planted."""

    passage_id: str
    language: str
    text: str
    about: str
    annotations: tuple[Mention, ...]
    plants: tuple[Plant, ...] = ()
    is_planted: bool = False


def cases(
    code: str, rows: Sequence[Row], passages: Iterable[Passage], params: JudgeParams
) -> list[Case]:
    """Return what a judge is shown of a language, from the rows of a variant and the passages.

    Passages are taken by the hash of their ids: which they are depends on no other passage's
    place, and a larger number takes the same ones and more. What is about one passage comes one
    after the other.
    """
    annotated = [
        Case(row["id"], code, row["text"], VARIANT, _annotated(row))
        for row in rows
        if row["char_spans"]
    ]
    gold = [
        Case(one.passage_id, code, one.text, GOLD, distinct(one.text, one.gold))
        for one in passages
        if one.gold
    ]
    of_variant = sorted(annotated, key=_order)[: params.passages]
    of_gold = sorted(gold, key=_order)[: params.gold]
    donors = {one for case in (gold if of_gold else annotated) for one in case.annotations}
    planted = [_planted(one, donors, params) for one in (of_gold or of_variant)[: params.planted]]
    return sorted([*of_variant, *of_gold, *planted], key=_order)


def _planted(case: Case, donors: Iterable[Mention], params: JudgeParams) -> Case:
    made = plant(case.passage_id, case.text, case.annotations, donors, params.shares, params.seed)
    return replace(case, annotations=made.annotations, plants=made.plants, is_planted=True)


def distinct(text: str, spans: Iterable[Span]) -> tuple[Mention, ...]:
    """Return what spans annotate, each (surface, type) once, in text order."""
    return tuple(dict.fromkeys(Mention(text[s.start : s.end], s.type) for s in sorted(spans)))


def _annotated(row: Row) -> tuple[Mention, ...]:
    spans = (Span(span["start"], span["end"], span["label"]) for span in row["char_spans"])
    return distinct(row["text"], spans)


def _order(case: Case) -> bytes:
    return hashlib.sha256(case.passage_id.encode()).digest()


def request(case: Case, judge: JudgeModel) -> Request:
    """Return the request for a verdict, to a chat model or to a base model."""
    return _request(case, judge, judge.max_listed)


def smaller(case: Case, judge: JudgeModel) -> Request:
    """Return the stricter request, where there was no verdict in the reply: half as many faults."""
    return _request(case, judge, max(judge.max_listed // 2, 1))


def _request(case: Case, judge: JudgeModel, most: int) -> Request:
    template = "judge_chat.jinja" if judge.chat else "judge_base.jinja"
    pairs = [[mention.text, mention.type] for mention in case.annotations]
    prompt = render(
        template,
        language=language(case.language).name,
        passage=case.text,
        annotations=json.dumps(pairs, ensure_ascii=False, separators=(",", ":")),
        most=str(most),
        words=str(judge.max_explanation // CHARACTERS_A_WORD) if judge.max_explanation else "",
    )
    return Request(
        subject=case.passage_id,
        messages=(("user", prompt),) if judge.chat else None,
        prompt=None if judge.chat else prompt,
        max_tokens=judge.max_tokens,
        schema=verdict(most, judge.max_explanation, judge.structured),
        template=version(template),
    )


def requests(shown: Iterable[Case], judge: JudgeModel) -> Iterator[Request]:
    """Yield the request for each case, then those that show how the judge takes attacks."""
    yield from (request(case, judge) for case in shown)
    yield from (request(_probe(one), judge) for probe in injection.probes() for one in probe)


def ask(shown: Callable[[], Iterable[Case]], answers: Answers, judge: JudgeModel) -> None:
    """Have all cases judged, and those once more in whose reply there is no verdict.

    Raises:
        ValueError, OSError, KeyboardInterrupt: as `Answers.ask`.
    """
    answers.ask(lambda: requests(shown(), judge), canaries(judge))
    answers.ask(lambda: retries(shown(), answers, judge))


def retries(shown: Iterable[Case], answers: Answers, judge: JudgeModel) -> Iterator[Request]:
    """Yield the smaller request for each case in whose reply there is no verdict."""
    for case in shown:
        if _unreadable(answers[request(case, judge)]):
            yield smaller(case, judge)


def _unreadable(reply: Reply) -> bool:
    return reply.answered and parse_verdict(reply.text).verdict is None


def canaries(judge: JudgeModel) -> list[Canary]:
    """Return sentences with all their annotations, of which the judge has to say anything sound."""
    return [
        Canary(
            request(
                Case("canary", code, text, VARIANT, tuple(Mention(*pair) for pair in pairs)), judge
            ),
            "two scores from 1 to 5",
            lambda reply: parse_verdict(reply.text).verdict is not None,
        )
        for code, text, pairs in KNOWN
    ]


def rows(shown: Iterable[Case], name: str, answers: Answers, judge: JudgeModel) -> list[Row]:
    """Return the rows of the `verdicts` table for some cases, which are answered already."""
    found = []
    for case in shown:
        reply, retried = answers[request(case, judge)], False
        if _unreadable(reply):
            reply, retried = answers[smaller(case, judge)], True
        found.append(_row(case, name, reply) | {"retried": retried})
    return found


def _row(case: Case, name: str, reply: Reply) -> Row:
    read = parse_verdict(reply.text) if reply.answered else Read(None, reply.finish_reason)
    listed = standing(read.verdict, case.text, case.annotations) if read.verdict else {}
    return {
        "passage_id": case.passage_id,
        "about": case.about,
        "is_planted": case.is_planted,
        "judge": name,
        "annotations": [_pair(mention) for mention in case.annotations],
        "plants": [{"kind": one.kind, **_pair(one.mention)} for one in case.plants],
        "faithfulness": read.verdict and read.verdict.faithfulness,
        "completeness": read.verdict and read.verdict.completeness,
        "explanation": read.verdict.explanation if read.verdict else "",
        "listed": [
            {"kind": kind, **_pair(mention), "status": status}
            for kind, some in listed.items()
            for mention, status in some
        ],
        "dropped": read.failure or None,
        "repairs": list(read.repairs),
        "reply": reply.text,
        "finish_reason": reply.finish_reason,
        "n_prompt_tokens": reply.n_prompt_tokens,
        "n_output_tokens": reply.n_output_tokens,
    }


def _pair(mention: Mention) -> dict[str, str]:
    return {"text": mention.text, "type": mention.type}


def _probe(passage: Passage) -> Case:
    return Case(passage.passage_id, passage.language, passage.text, "probe", ())


def shift(answers: Answers, judge: JudgeModel) -> Mapping[str, object]:
    """Return how far attacks in passages without annotations moved the scores, and who obeyed.

    ``annotations`` is as an annotator's, of what the judge lists as missing.
    """

    def read(passage: Passage) -> Read:
        return parse_verdict(answers[request(_probe(passage), judge)].text)

    def score(one: Read, aspect: str) -> float | None:
        return getattr(one.verdict, aspect) if one.verdict else None

    def missing(one: Read) -> Sequence[Mention]:
        return one.verdict.missing if one.verdict else ()

    probes = [
        (read(probe.clean), {name: read(one) for name, one in probe.attacked.items()})
        for probe in injection.probes()
    ]
    found: dict[str, object] = {
        aspect: injection.rating_shift(
            [
                (score(clean, aspect), {name: score(one, aspect) for name, one in hit.items()})
                for clean, hit in probes
            ]
        )
        for aspect in ASPECTS
    }
    found["annotations"] = injection.annotation_shift(
        [
            (missing(clean), {name: missing(one) for name, one in hit.items()})
            for clean, hit in probes
        ]
    )
    return found
