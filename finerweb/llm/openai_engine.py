"""Any OpenAI-compatible server: a hosted API, `vllm serve`, Ollama."""

import asyncio
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from finerweb.llm.requests import Reply, Request
from finerweb.params.models import LlmParams, ServedModel


class OpenAIEngine:
    """A chat model behind a server, by the name after ``served:``.

    The key comes from the environment variable OPENAI_API_KEY alone, and is written nowhere.
    """

    def __init__(self, model: ServedModel, params: LlmParams) -> None:
        """Note where to ask; nothing is asked yet."""
        self._model = model.model.removeprefix("served:")
        self._base_url = params.openai_base_url
        self._concurrency = params.openai_concurrency

    def replies(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Reply]]:
        """Yield each request with its reply, so many at a time.

        Raises:
            OSError: the server failed one for good; the others of its batch were yielded before.
        """
        waiting = iter(requests)
        while batch := list(islice(waiting, self._concurrency)):
            answers = asyncio.run(self._ask_all(batch))
            pairs = list(zip(batch, answers, strict=True))
            yield from ((r, a) for r, a in pairs if isinstance(a, Reply))
            for request, answer in pairs:
                if not isinstance(answer, Reply):
                    raise OSError(
                        f"{self._base_url}: {self._model} did not answer {request.subject}: "
                        f"{answer}; what was answered is kept"
                    ) from answer

    async def _ask_all(self, batch: list[Request]) -> list[Reply | BaseException]:
        from openai import AsyncOpenAI, OpenAIError

        try:
            client = AsyncOpenAI(base_url=self._base_url)
        except OpenAIError as error:
            raise OSError(f"cannot ask {self._base_url}: {error}") from error
        async with client:
            asking = (self._ask(client, request) for request in batch)
            return await asyncio.gather(*asking, return_exceptions=True)

    async def _ask(self, client: Any, request: Request) -> Reply:
        options: dict[str, Any] = {}
        if request.logprobs:
            options |= {"logprobs": True, "top_logprobs": request.logprobs}
        if request.schema is not None:
            schema = {"name": "reply", "strict": True, "schema": json.loads(request.schema)}
            options["response_format"] = {"type": "json_schema", "json_schema": schema}
        answer = await client.chat.completions.create(
            model=self._model,
            messages=[{"role": role, "content": text} for role, text in request.messages or ()],
            temperature=0,
            max_tokens=request.max_tokens,
            **options,
        )
        choice = answer.choices[0]
        content = (choice.logprobs and choice.logprobs.content) or ()
        first = content[0].top_logprobs if content else ()
        return Reply(
            text=choice.message.content or "",
            finish_reason=choice.finish_reason,
            n_prompt_tokens=answer.usage.prompt_tokens,
            n_output_tokens=answer.usage.completion_tokens,
            engine=f"openai {answer.model}",
            first_tokens=tuple((token.token, round(token.logprob, 6)) for token in first),
        )
