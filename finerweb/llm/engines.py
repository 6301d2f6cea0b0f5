"""The engine protocol, and the engine that params name."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from finerweb.llm.requests import Reply, Request
from finerweb.llm.store import ReplyStore
from finerweb.params.llm import LlmParams
from finerweb.params.models import ServedModel


class Engine(Protocol):
    """Turns requests into replies, streaming, in any order.

    ``n_cached_tokens`` counts the prompt tokens that a prefix cache saved it.
    """

    n_cached_tokens: int

    def replies(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Reply]]:
        """Yield each request with its reply as it arrives; requests are taken as needed."""

    def close(self) -> None:
        """Let go of the model."""


def start(model: ServedModel, params: LlmParams, store: ReplyStore) -> Engine:
    """Load the model on this machine, or connect to its server."""
    if model.engine == "vllm":
        from finerweb.llm.vllm_process import VllmProcess

        return VllmProcess(model, params.vllm)
    if params.openai.batch:
        from finerweb.llm.openai_batch import OpenAIBatchEngine

        return OpenAIBatchEngine(model, params.openai, store)
    from finerweb.llm.openai_engine import OpenAIEngine

    return OpenAIEngine(model, params.openai)
