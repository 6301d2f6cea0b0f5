"""What the tests of the LLM layer share: params, requests, and an engine that is scripted."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from finerweb.llm.requests import Reply, Request
from finerweb.llm.store import ReplyStore
from finerweb.params.llm import LlmParams
from finerweb.params.models import ServedModel

MODEL = ServedModel(
    model="mirror:gemma-3-270m-q4",
    engine="vllm",
    chat=False,
    dtype="bfloat16",
    quantization="none",
    kv_cache="auto",
    max_model_len=64,
    seed=0,
    batch_invariant=False,
    structured="list",
)
SERVED = MODEL.model_copy(update={"model": "served:scripted", "engine": "openai", "chat": True})
LLM: dict[str, Any] = {
    "store": "replies.sqlite",
    "shared": "replies",
    "replay_only": False,
    "budget": {"tokens": None, "money": None, "hours": None},
    "prices": {"scripted": {"input": 1000.0, "output": 4000.0, "batch": 0.5}},
    "vllm": {
        "max_num_seqs": 4,
        "kv_cache_gib": 1,
        "gpu_memory": 0.9,
        "tensor_parallel_size": 1,
        "enforce_eager": True,
        "hang_seconds": 20.0,
        "restarts": 2,
    },
    "openai": {
        "base_url": "http://localhost",
        "concurrency": 4,
        "attempts": 4,
        "timeout_seconds": 5.0,
        "longest_wait_seconds": 5.0,
        "batch": False,
        "poll_seconds": 0.01,
    },
    "google": {
        "base_url": "http://localhost",
        "project": "test",
        "location": "global",
        "attempts": 3,
        "timeout_seconds": 5.0,
        "longest_wait_seconds": 5.0,
    },
}


def llm(folder: Path, **changes: Any) -> LlmParams:
    """Return the section with its store in a folder; a dict changes part of a subsection."""
    section = LLM | {"store": str(folder / "replies.sqlite"), "shared": str(folder / "replies")}
    for name, value in changes.items():
        section[name] = {**section[name], **value} if isinstance(value, dict) else value
    return LlmParams.model_validate(section)


def request(text: str) -> Request:
    """Return a request to a base model."""
    return Request(subject=text, max_tokens=5, prompt=text)


def chat(text: str) -> Request:
    """Return a request to a chat model."""
    return Request(subject=text, max_tokens=5, messages=(("user", text),))


class Scripted:
    """An engine that upper-cases the prompt, counts what it was asked, and waits if it is told."""

    n_cached_tokens = 0

    def __init__(self, seconds: float = 0.0) -> None:
        self.asked: list[str] = []
        self.seconds = seconds

    def __call__(self, model: ServedModel, params: LlmParams, store: ReplyStore) -> "Scripted":
        return self

    def replies(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Reply]]:
        for request in requests:
            time.sleep(self.seconds)
            self.asked.append(request.text)
            yield request, Reply(request.text.upper(), "stop", 1, 1, "scripted")

    def close(self) -> None:
        """Nothing is open."""
