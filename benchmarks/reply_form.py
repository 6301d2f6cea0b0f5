"""What compact pairs save: output tokens an entity and F1, as pairs and as objects with keys.

    python benchmarks/reply_form.py

Input: the sample's documents with gold, some of each language, to the default's first annotator
(a chat model). The prompts differ in the form alone. Pairs are asked exactly as the stage asks
them, so what the stage has in the reply store is not asked again.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from finerweb import annotation
from finerweb.evaluation.scoring import SpanScores, score
from finerweb.grounding import ground
from finerweb.llm.answers import Answers
from finerweb.llm.parsing import parse_pairs
from finerweb.llm.requests import Request
from finerweb.params.annotators import AnnotatorParams
from finerweb.params.ground import GroundParams
from finerweb.params.llm import LlmParams
from finerweb.params.load import load
from finerweb.records import Passage
from finerweb.tables.passages import SELECTED
from finerweb.tables.rows import read_passages

ANNOTATOR = "qwen"
A_LANGUAGE = 2
ALL = GroundParams(rule="all", words="anywhere", second_look=[])
_PAIR = re.compile(r'\[("(?:[^"\\]|\\.)*"),("(?:[^"\\]|\\.)*")\]')


def passages() -> Iterator[Passage]:
    """Yield the first selected passages of each language that have gold."""
    for _, some in read_passages(Path("data/selected"), SELECTED):
        yield from [passage for passage in some if passage.gold][:A_LANGUAGE]


def objects(request: Request) -> Request:
    """Return the same request for objects instead of pairs: instruction, examples and schema."""
    ((role, text),) = request.messages or ()
    head, _, passage = text.rpartition("\n\nText in ")
    head = head.replace("[entity, type] pairs", 'objects with the keys "entity" and "type"')
    head = _PAIR.sub(r'{"entity":\1,"type":\2}', head)
    schema = json.loads(request.schema or "{}")
    first, second = schema["items"]["prefixItems"]
    schema["items"] = {
        "type": "object",
        "properties": {"entity": first, "type": second},
        "required": ["entity", "type"],
        "additionalProperties": False,
    }
    return replace(
        request,
        messages=((role, f"{head}\n\nText in {passage}"),),
        schema=json.dumps(schema),
        max_tokens=2 * request.max_tokens,
        template="objects",
    )


def pairs(request: Request) -> Request:
    """Return the request as it is."""
    return request


def main() -> None:
    """Ask in both forms, and print."""
    params = load(f"annotators.{ANNOTATOR}", AnnotatorParams)
    brief = annotation.Brief(params, None)
    chosen = list(passages())
    with Answers("reply_form", params, load("llm", LlmParams)) as answers:
        for form in (pairs, objects):
            asked = [form(annotation.request(passage, brief)) for passage in chosen]
            answers.ask(lambda requests=asked: requests, annotation.canaries(brief))
            scores, tokens, entities, cut = SpanScores(), 0, 0, 0
            for passage, reply in zip(chosen, answers.of(asked), strict=True):
                mentions = parse_pairs(reply.text).mentions
                spans = [g.span for g in ground(passage.text, mentions, ALL) if g.span]
                scores += score(passage.gold or (), [(s.start, s.end, (s.type,)) for s in spans])
                tokens += reply.n_output_tokens
                entities += len(mentions)
                cut += reply.finish_reason == "length"
            click.echo(
                f"{form.__name__:8} {len(chosen)} passages, {tokens} output tokens, {entities} "
                f"entities, {tokens / max(entities, 1):.1f} tokens an entity, {cut} cut off, "
                f"mention F1 {scores.mention.f1:.3f}"
            )


if __name__ == "__main__":
    main()
