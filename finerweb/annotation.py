"""What an annotator is asked about a passage (section 4.1 of the paper's facts)."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from finerweb import injection
from finerweb.languages import language
from finerweb.llm.answers import Answers
from finerweb.llm.canaries import Canary
from finerweb.llm.parsing import parse_pairs
from finerweb.llm.requests import Reply, Request
from finerweb.llm.schemas import annotation
from finerweb.llm.templates import render, version
from finerweb.params.annotate import Types
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


EXAMPLES = Path(__file__).parent / "resources" / "annotation_examples.json"


@dataclass(frozen=True, slots=True)
class Brief:
    """What an annotator is held to: its bounds, and the only types it may give; None: any."""

    params: AnnotatorParams
    types: Types | None


def request(passage: Passage, brief: Brief) -> Request:
    """Return the request for a passage's entities, to a chat model or to a base model."""
    return _request(passage, brief, brief.params.max_mentions)


def smaller(passage: Passage, brief: Brief) -> Request:
    """Return the stricter request, where nothing could be made of the reply: half as much."""
    return _request(passage, brief, max(brief.params.max_mentions // 2, 1))


def _request(passage: Passage, brief: Brief, max_mentions: int) -> Request:
    params, types = brief.params, brief.types
    template = "annotate_chat.jinja" if params.chat else "annotate_base.jinja"
    fields: dict[str, object] = {}
    if types is not None:
        template = "annotate_types_chat.jinja" if params.chat else "annotate_types_base.jinja"
        fields = {"types": types, "examples": examples(types)}
    few = "" if max_mentions == params.max_mentions else str(max_mentions)
    name = language(passage.language).name
    prompt = render(template, few=few, language=name, passage=passage.text, **fields)
    return Request(
        subject=passage.passage_id,
        messages=(("user", prompt),) if params.chat else None,
        prompt=None if params.chat else prompt,
        max_tokens=params.max_tokens,
        schema=annotation(max_mentions, params.structured, [one.name for one in types or ()]),
        template=version(template),
    )


@cache
def examples(types: Types) -> tuple[tuple[str, str, str], ...]:
    """Return examples in a closed set of types: language, text, the reply.

    None where a type is not known to them, or is described: they might teach that it is not there,
    or another use of it.
    """
    content = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    names = {one.name.lower(): one.name for one in types}
    called = [known for row in content["examples"] for _, known in row["entities"]]
    understood = {name for known in called for name in known} | set(content["absent"])
    if not names.keys() <= understood or any(one.description for one in types):
        return ()
    found = []
    for row in content["examples"]:
        pairs = [
            [surface, next(names[name] for name in known if name in names)]
            for surface, known in row["entities"]
            if names.keys() & set(known)
        ]
        reply = json.dumps(pairs, ensure_ascii=False, separators=(",", ":"))
        found.append((row["language"], row["text"], reply))
    return tuple(found)


def requests(passages: Iterable[Passage], brief: Brief) -> Iterator[Request]:
    """Yield the request for each passage, then those that show how it takes attacks."""
    yield from (request(passage, brief) for passage in passages)
    yield from (request(passage, brief) for probe in injection.probes() for passage in probe)


def ask(passages: Callable[[], Iterable[Passage]], answers: Answers, brief: Brief) -> None:
    """Have all passages annotated, and those once more whose reply says nothing that can be read.

    Raises:
        ValueError, OSError, KeyboardInterrupt: as `Answers.ask`.
    """
    answers.ask(lambda: requests(passages(), brief), canaries(brief))
    answers.ask(lambda: retries(passages(), answers, brief))


def retries(passages: Iterable[Passage], answers: Answers, brief: Brief) -> Iterator[Request]:
    """Yield the smaller request for each passage whose reply says nothing that can be read."""
    for passage in passages:
        if _unreadable(answers[request(passage, brief)]):
            yield smaller(passage, brief)


def reply_to(passage: Passage, answers: Answers, brief: Brief) -> tuple[Reply, bool]:
    """Return the reply that counts for a passage, and whether it took a second request."""
    first = answers[request(passage, brief)]
    if _unreadable(first):
        return answers[smaller(passage, brief)], True
    return first, False


def _unreadable(reply: Reply) -> bool:
    return reply.answered and parse_pairs(reply.text).failure is not None


def canaries(brief: Brief) -> list[Canary]:
    """Return sentences whose names the annotator has to find before it is given passages.

    They are asked for any types: a closed set may have none for them.
    """
    anything = Brief(brief.params, None)
    return [
        Canary(
            request(Passage("canary", "canary", code, text, 0, 0, "corpus"), anything),
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
    passages: Iterable[Passage], annotator: str, answers: Answers, brief: Brief
) -> tuple[list[Row], AnnotationReport]:
    """Return the rows of the `annotations` table for a language's passages, and their report."""
    report = AnnotationReport()
    annotated = []
    for passage in passages:
        reply, retried = reply_to(passage, answers, brief)
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


def shift(answers: Answers, brief: Brief) -> dict[str, object]:
    """Return how far attacks in passages moved the annotations."""

    def mentions(passage: Passage) -> Sequence[Mention]:
        return parse_pairs(answers[request(passage, brief)].text).mentions

    return injection.annotation_shift(
        [
            (mentions(probe.clean), {name: mentions(p) for name, p in probe.attacked.items()})
            for probe in injection.probes()
        ]
    )
