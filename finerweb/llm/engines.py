"""The engine protocol, and the engine that params name."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from finerweb.llm.requests import Reply, Request
from finerweb.params.models import LlmParams, ServedModel


class Engine(Protocol):
    """Turns requests into replies, streaming, in any order."""

    def replies(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Reply]]:
        """Yield each request with its reply as it arrives; requests are taken as needed."""


def start(model: ServedModel, params: LlmParams) -> Engine:
    """Load the model in this process, or connect to its server."""
    if model.engine == "vllm":
        from finerweb.llm.vllm_engine import VllmEngine

        return VllmEngine(model, params)
    from finerweb.llm.openai_engine import OpenAIEngine

    return OpenAIEngine(model, params)
