"""Any OpenAI-compatible server: a hosted API, `vllm serve`, Ollama."""

import asyncio
import json
import os
import random
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from finerweb.llm.control_tokens import disarm
from finerweb.llm.openai_errors import KEY, Again, Never, StopAsking, meaning, redacted
from finerweb.llm.requests import REFUSED, Reply, Request
from finerweb.params.llm import OpenAIParams
from finerweb.params.models import ServedModel

FIRST_WAIT_SECONDS = 0.5
GIVE_UPS = 5
"""So many requests without an answer in a row, and the server is taken to be down."""
LONGEST_BACKOFF_SECONDS = 60.0


class GivenUp(StopAsking):
    """One request got no answer in all its attempts; others may."""


@dataclass(slots=True)
class _Failures:
    """What went wrong with requests, the worst first, and whether to stop for it."""

    told: list[StopAsking] = field(default_factory=list)
    in_a_row: int = 0
    stop: bool = False

    def note(self, error: StopAsking) -> None:
        self.in_a_row += 1
        fatal = not isinstance(error, GivenUp)
        self.told.insert(0 if fatal else len(self.told), error)
        self.stop = self.stop or fatal or self.in_a_row >= GIVE_UPS

    def more(self) -> str:
        return f" (and {len(self.told) - 1} more)" if len(self.told) > 1 else ""


class Pace:
    """How many requests at a time, and not before when: halved by "too many", then regained."""

    def __init__(self, concurrency: int) -> None:
        """Begin with all of them."""
        self._most = concurrency
        self._now = float(concurrency)
        self._under_way = 0
        self._halved = self._not_before = 0.0

    @property
    def at_a_time(self) -> int:
        """Return how many requests may be under way."""
        return int(self._now)

    def answered(self) -> None:
        """Regain one more request at a time for every such number of answers."""
        self._now = min(self._now + 1 / self._now, float(self._most))

    def too_many(self, seconds: float) -> None:
        """Go at half the pace, once for all requests that were under way, after a pause."""
        now = time.monotonic()
        if now >= self._halved:
            self._now = max(self._now / 2, 1.0)
        self._halved = self._not_before = max(self._not_before, now + seconds)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for a place among the requests under way, and for the end of a pause."""
        while self._under_way >= self.at_a_time or self._not_before > time.monotonic():
            await asyncio.sleep(min(max(self._not_before - time.monotonic(), 0.01), 1.0))
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1


class OpenAIEngine:
    """A model behind a server, by the name after ``served:``.

    The key comes from the environment variable OPENAI_API_KEY alone, and is written nowhere.
    """

    n_cached_tokens = 0

    def __init__(self, model: ServedModel, params: OpenAIParams) -> None:
        """Note where to ask; nothing is asked yet.

        Raises:
            StopAsking: there is no key in the environment.
        """
        self._model = model
        self._params = params
        check_key(params)
        self._pace = Pace(params.concurrency)

    def replies(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Reply]]:
        """Yield each request with its reply as it arrives.

        Raises:
            StopAsking: the server can answer no request now; the replies to those that were under
                way were yielded before.
        """
        import openai

        waiting = iter(requests)
        pending: dict[asyncio.Task[Reply], Request] = {}
        failures = _Failures()
        loop = asyncio.new_event_loop()
        self._client = openai.AsyncOpenAI(
            base_url=self._params.base_url, max_retries=0, timeout=self._params.timeout_seconds
        )
        try:
            while True:
                n = 0 if failures.stop else self._pace.at_a_time - len(pending)
                for request in islice(waiting, max(n, 0)):
                    pending[loop.create_task(self._ask(request))] = request
                if not pending:
                    break
                first = asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                done, _ = loop.run_until_complete(first)
                yield from _finished(done, pending, failures)
            if failures.told:
                raise StopAsking(
                    f"{self._params.base_url}, {self._model.model}: {failures.told[0]}"
                    f"{failures.more()}; what was answered is kept, a new run asks only the rest"
                ) from failures.told[0]
        finally:
            for task in pending:
                task.cancel()
            if pending:
                loop.run_until_complete(asyncio.wait(pending))
            loop.run_until_complete(self._client.close())
            loop.close()

    def close(self) -> None:
        """Nothing is left open between two calls of `replies`."""

    async def _ask(self, request: Request) -> Reply:
        """Return the reply to a request, after as many attempts as it takes and params allow.

        Being told "too many" is no failed attempt; but nobody is asked for ever either.
        """
        import openai

        failed = refused = 0
        patience = time.monotonic() + self._params.attempts * self._params.longest_wait_seconds
        while True:
            try:
                async with self._pace.slot():
                    reply = await self._once(request)
            except (openai.APIError, ValueError) as error:
                failure = meaning(error, self._params.longest_wait_seconds)
            else:
                self._pace.answered()
                return reply
            if isinstance(failure, Never):
                return Reply("", failure.finish_reason, 0, 0, "openai", failure=failure.why)
            failed, refused = failed + (not failure.too_many), refused + failure.too_many
            if failed == self._params.attempts or time.monotonic() > patience:
                raise GivenUp(
                    f"no answer to {request.subject} in {failed + refused} attempts ({failure.why})"
                )
            await self._pause(failure, failed + refused - 1)

    async def _pause(self, failure: Again, attempt: int) -> None:
        seconds = min(FIRST_WAIT_SECONDS * 2**attempt, LONGEST_BACKOFF_SECONDS)
        if failure.seconds is not None:
            seconds = failure.seconds
        if failure.too_many:
            self._pace.too_many(seconds)
        # Scattered, so that requests that failed together do not come back together.
        await asyncio.sleep(seconds * random.uniform(1.0, 1.5))

    async def _once(self, request: Request) -> Reply:
        body = body_of(request, self._model)
        if self._model.chat:
            answer = await self._client.chat.completions.create(**body)
        else:
            # The client does not know that servers take it here too.
            form = {name: body.pop(name) for name in ("response_format",) if name in body}
            answer = await self._client.completions.create(**body, extra_body=form)
        # The client gives the text of an answer that is no JSON: a proxy's page, say.
        return read(answer if isinstance(answer, str) else answer.model_dump(), self._model.chat)


def _finished(
    done: Iterable[asyncio.Task[Reply]],
    pending: dict[asyncio.Task[Reply], Request],
    failures: _Failures,
) -> Iterator[tuple[Request, Reply]]:
    """Yield the replies of tasks that are done, and take them from pending; note the failures."""
    unknown = []
    for task in done:
        request = pending.pop(task)
        error = task.exception()
        if error is None:
            failures.in_a_row = 0
            yield request, task.result()
        elif isinstance(error, StopAsking):
            failures.note(error)
        else:
            unknown.append(error)
    if unknown:
        raise unknown[0]


def check_key(params: OpenAIParams) -> None:
    """Look for a key in the environment.

    Raises:
        StopAsking: there is none.
    """
    if not os.environ.get(KEY):
        raise StopAsking(
            f"no key for {params.base_url}: put it into the environment variable {KEY} (any text "
            "for a server that wants none)"
        )


def body_of(request: Request, model: ServedModel) -> dict[str, Any]:
    """Return the body of a request, to chat completions or, for a base model, to completions."""
    body: dict[str, Any] = {
        "model": model.model.removeprefix("served:"),
        "temperature": 0,
        "max_tokens": request.max_tokens,
        "seed": model.seed,
    }
    if request.schema is not None:
        schema = {"name": "reply", "strict": True, "schema": json.loads(request.schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    if request.messages is None:
        logprobs = {"logprobs": request.logprobs} if request.logprobs else {}
        return body | logprobs | {"prompt": disarm(request.prompt or "")}
    if request.logprobs:
        body |= {"logprobs": True, "top_logprobs": request.logprobs}
    messages = [{"role": role, "content": disarm(text)} for role, text in request.messages]
    return body | {"messages": messages}


def read(answer: Any, chat: bool) -> Reply:
    """Return the reply in the body of a completion.

    Raises:
        ValueError: it is no completion.
    """
    try:
        return _read_chat(answer) if chat else _read_completion(answer)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError(f"expected a completion, got {str(answer)[:200]}") from error


def _read_chat(answer: dict[str, Any]) -> Reply:
    choice = answer["choices"][0]
    content = (choice.get("logprobs") or {}).get("content") or ()
    first = content[0]["top_logprobs"] if content else ()
    refusal = choice["message"].get("refusal")
    return Reply(
        text=choice["message"].get("content") or "",
        finish_reason=REFUSED if refusal else choice["finish_reason"] or "stop",
        first_tokens=tuple((t["token"], round(t["logprob"], 6)) for t in first),
        failure=redacted(refusal or ""),
        **_common(answer),
    )


def _read_completion(answer: dict[str, Any]) -> Reply:
    choice = answer["choices"][0]
    tops = (choice.get("logprobs") or {}).get("top_logprobs") or [{}]
    ranked = sorted(tops[0].items(), key=lambda token: (-token[1], token[0]))
    return Reply(
        text=choice["text"] or "",
        finish_reason=choice["finish_reason"] or "stop",
        first_tokens=tuple((token, round(value, 6)) for token, value in ranked),
        **_common(answer),
    )


def _common(answer: dict[str, Any]) -> dict[str, Any]:
    usage = answer.get("usage") or {}
    return {
        "n_prompt_tokens": usage.get("prompt_tokens") or 0,
        "n_output_tokens": usage.get("completion_tokens") or 0,
        "engine": f"openai {answer.get('model', '')}",
    }
