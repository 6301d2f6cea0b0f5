"""Any OpenAI-compatible server: a hosted API, `vllm serve`, Ollama."""

import asyncio
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from finerweb.llm.requests import Reply, Request
from finerweb.params.models import LlmParams, ServedModel


class OpenAIEngine:
    """A model behind a server; ``hub:`` references give the server the name after the colon.

    The key comes from the environment variable OPENAI_API_KEY alone, and is written nowhere.
    """

    def __init__(self, model: ServedModel, params: LlmParams) -> None:
        """Make a client; nothing is asked yet."""
        self._model = model.model.partition(":")[2].partition("@")[0]
        self._base_url = params.openai_base_url
        self._concurrency = params.openai_concurrency

    def replies(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Reply]]:
        """Yield each request with its reply, ``concurrency`` requests at a time."""
        waiting = iter(requests)
        while batch := list(islice(waiting, self._concurrency)):
            yield from zip(batch, asyncio.run(self._ask_all(batch)), strict=True)

    async def _ask_all(self, batch: list[Request]) -> list[Reply]:
        from openai import AsyncOpenAI

        async with AsyncOpenAI(base_url=self._base_url) as client:
            return await asyncio.gather(*(self._ask(client, request) for request in batch))

    async def _ask(self, client: Any, request: Request) -> Reply:
        options: dict[str, Any] = {
            "model": self._model,
            "temperature": 0,
            "max_tokens": request.max_tokens,
            "stop": list(request.stop) or None,
        }
        if request.messages is None:
            answer = await client.completions.create(prompt=request.prompt, **options)
            return _reply(answer, answer.choices[0].text, ())
        if request.logprobs:
            options |= {"logprobs": True, "top_logprobs": request.logprobs}
        if request.schema is not None:
            schema = {"name": "reply", "strict": True, "schema": json.loads(request.schema)}
            options["response_format"] = {"type": "json_schema", "json_schema": schema}
        messages = [{"role": role, "content": content} for role, content in request.messages]
        answer = await client.chat.completions.create(messages=messages, **options)
        choice = answer.choices[0]
        first = choice.logprobs.content[0].top_logprobs if choice.logprobs else ()
        return _reply(
            answer,
            choice.message.content or "",
            tuple((token.token, round(token.logprob, 6)) for token in first),
        )


def _reply(answer: Any, text: str, first: tuple[tuple[str, float], ...]) -> Reply:
    return Reply(
        text=text,
        finish_reason=answer.choices[0].finish_reason,
        n_prompt_tokens=answer.usage.prompt_tokens,
        n_output_tokens=answer.usage.completion_tokens,
        engine=f"openai {answer.model}",
        first_tokens=first,
    )
