"""What an annotator is asked about a passage (section 4.1 of the paper's facts)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from finerweb import injection
from finerweb.languages import language
from finerweb.llm.answers import Answers
from finerweb.llm.canaries import Canary
from finerweb.llm.parsing import parse_pairs
from finerweb.llm.requests import Reply, Request
from finerweb.llm.schemas import annotation
from finerweb.llm.templates import render, version
from finerweb.params.annotators import AnnotatorParams
from finerweb.records import Mention, Passage
from finerweb.tables.io import Row
from finerweb.tally import Tally

KNOWN = (
    ("eng_Latn", "Angela Merkel met Emmanuel Macron in Paris.", ("Merkel", "Macron", "Paris")),
    ("spa_Latn", "Gabriel García Márquez nació en Colombia.", ("Márquez", "Colombia")),
    ("rus_Cyrl", "Анна Ахматова жила в городе Ташкент.", ("Ахматова", "Ташкент")),
)
"""Sentences, and names of which any annotator worth the wait lists at least one."""


def request(passage: Passage, params: AnnotatorParams) -> Request:
    """Return the request for a passage's entities, to a chat model or to a base model."""
    return _request(passage, params, params.max_mentions)


def smaller(passage: Passage, params: AnnotatorParams) -> Request:
    """Return the stricter request, where nothing could be made of the reply: half as much."""
    return _request(passage, params, max(params.max_mentions // 2, 1))


def _request(passage: Passage, params: AnnotatorParams, max_mentions: int) -> Request:
    template = "annotate_chat.jinja" if params.chat else "annotate_base.jinja"
    fields = {"language": language(passage.language).name, "passage": passage.text}
    few = "" if max_mentions == params.max_mentions else str(max_mentions)
    prompt = render(template, few=few, **fields)
    return Request(
        subject=passage.passage_id,
        messages=(("user", prompt),) if params.chat else None,
        prompt=None if params.chat else prompt,
        max_tokens=params.max_tokens,
        schema=annotation(max_mentions, params.structured),
        template=version(template),
    )


def requests(passages: Iterable[Passage], params: AnnotatorParams) -> Iterator[Request]:
    """Yield the request for each passage, then those that show how it takes attacks."""
    yield from (request(passage, params) for passage in passages)
    yield from (request(passage, params) for probe in injection.probes() for passage in probe)


def ask(
    passages: Callable[[], Iterable[Passage]], answers: Answers, params: AnnotatorParams
) -> None:
    """Have all passages annotated, and those once more whose reply says nothing that can be read.

    Raises:
        ValueError, OSError, KeyboardInterrupt: as `Answers.ask`.
    """
    answers.ask(lambda: requests(passages(), params), canaries(params))
    answers.ask(lambda: retries(passages(), answers, params))


def retries(
    passages: Iterable[Passage], answers: Answers, params: AnnotatorParams
) -> Iterator[Request]:
    """Yield the smaller request for each passage whose reply says nothing that can be read."""
    for passage in passages:
        if _unreadable(answers[request(passage, params)]):
            yield smaller(passage, params)


def reply_to(passage: Passage, answers: Answers, params: AnnotatorParams) -> tuple[Reply, bool]:
    """Return the reply that counts for a passage, and whether it took a second request."""
    first = answers[request(passage, params)]
    if _unreadable(first):
        return answers[smaller(passage, params)], True
    return first, False


def _unreadable(reply: Reply) -> bool:
    return reply.answered and parse_pairs(reply.text).failure is not None


def canaries(params: AnnotatorParams) -> list[Canary]:
    """Return sentences whose names the annotator has to find before it is given passages."""
    return [
        Canary(
            request(Passage("canary", "canary", code, text, 0, 0, "corpus"), params),
            f"one of {', '.join(names)}",
            partial(_names_one, names),
        )
        for code, text, names in KNOWN
    ]


def _names_one(names: Sequence[str], reply: Reply) -> bool:
    return any(name in reply.text for name in names)


@dataclass(slots=True)
class AnnotationReport:
    """Counts of replies, and of the tokens of those that were used."""

    replies: Tally = field(default_factory=Tally)
    cut_off: int = 0
    retried: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: "AnnotationReport") -> "AnnotationReport":
        """Return the report over both."""
        return AnnotationReport(
            self.replies + other.replies,
            self.cut_off + other.cut_off,
            self.retried + other.retried,
            self.prompt_tokens + other.prompt_tokens,
            self.output_tokens + other.output_tokens,
        )

    def metrics(self) -> dict[str, object]:
        """Return the report for a metrics file; what is dropped was not answered."""
        return {
            "passages": self.replies.metrics(),
            "cut_off": self.cut_off,
            "retried": self.retried,
            "prompt_tokens": self.prompt_tokens,
            "output_tokens": self.output_tokens,
        }


def rows(
    passages: Iterable[Passage], annotator: str, answers: Answers, params: AnnotatorParams
) -> tuple[list[Row], AnnotationReport]:
    """Return the rows of the `annotations` table for a language's passages, and their report."""
    report = AnnotationReport()
    annotated = []
    for passage in passages:
        reply, retried = reply_to(passage, answers, params)
        report.replies.keep() if reply.answered else report.replies.drop(reply.finish_reason)
        report.cut_off += reply.finish_reason == "length"
        report.retried += retried
        report.prompt_tokens += reply.n_prompt_tokens
        report.output_tokens += reply.n_output_tokens
        annotated.append(
            {
                "passage_id": passage.passage_id,
                "annotator": annotator,
                "reply": reply.text,
                "finish_reason": reply.finish_reason,
                "retried": retried,
                "n_prompt_tokens": reply.n_prompt_tokens,
                "n_output_tokens": reply.n_output_tokens,
            }
        )
    return annotated, report


def shift(answers: Answers, params: AnnotatorParams) -> dict[str, object]:
    """Return how far attacks in passages moved the annotations."""

    def mentions(passage: Passage) -> Sequence[Mention]:
        return parse_pairs(answers[request(passage, params)].text).mentions

    return injection.annotation_shift(
        [
            (mentions(probe.clean), {name: mentions(p) for name, p in probe.attacked.items()})
            for probe in injection.probes()
        ]
    )
