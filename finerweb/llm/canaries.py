"""Questions with known answers, asked before a model is trusted with money or hours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from finerweb.llm.engines import Engine
from finerweb.llm.requests import Reply, Request


@dataclass(frozen=True, slots=True)
class Canary:
    """A request, what its reply should be, in words, and whether a reply is that."""

    request: Request
    expected: str
    passes: Callable[[Reply], bool]


def check(engine: Engine, canaries: Sequence[Canary], model: str) -> None:
    """Ask the canaries.

    Raises:
        ValueError: fewer than half got the reply that was expected: a wrong dtype or chat template
            gives fluent garbage, and this is where it shows.
    """
    by_request = {canary.request: canary for canary in canaries}
    wrong = []
    for request, reply in engine.replies(list(by_request)):
        canary = by_request[request]
        if not canary.passes(reply):
            got = repr(reply.text[:80]) if reply.answered else reply.failure or reply.finish_reason
            wrong.append(f"expected {canary.expected}, got {got}")
    if 2 * len(wrong) > len(canaries):
        raise ValueError(
            f"{model} failed {len(wrong)} of {len(canaries)} test questions, the last one: "
            f"{wrong[-1]}. Is this the right model, with its own chat template and dtype? (A rater "
            "behind a server that tells no probabilities wants read_out: digit.) Nothing was asked "
            "about your passages"
        )
