"""Having requests answered: from the store where it can, from the model for the rest."""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from finerweb.llm import segments
from finerweb.llm.canaries import Canary, check
from finerweb.llm.engines import Engine, start
from finerweb.llm.plan import Estimate, Plan
from finerweb.llm.replay import miss
from finerweb.llm.requests import Reply, Request, model_key
from finerweb.llm.stopping import stoppable
from finerweb.llm.store import AT_ONCE, Kept, ReplyStore
from finerweb.llm.turns import turn
from finerweb.models import identity
from finerweb.params.llm import LlmParams
from finerweb.params.models import Model
from finerweb.progress import bar

SPEED_OF = 10
"""So many requests must have been asked for their speed to be worth remembering."""
RECENT = 50
FAILURES = 10
FAILURE_RATE = 0.3
"""More failures than both of them among the recent replies: something is wrong with the asking."""
log = logging.getLogger(__name__)
Starter = Callable[[Any, LlmParams, ReplyStore], Engine]
"""Makes an engine for a kind of model of its own."""


@dataclass(slots=True)
class Asked:
    """How many distinct requests there were, and what asking the missing ones took."""

    requests: int = 0
    made: int = 0
    load_seconds: float = 0.0
    ask_seconds: float = 0.0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    money: float = 0.0

    @property
    def tokens(self) -> int:
        """Return the tokens that were read and written."""
        return self.prompt_tokens + self.output_tokens

    def note(self) -> dict[str, float]:
        """Return what goes to runs.jsonl."""
        return {
            "requests_made": self.made,
            "load_seconds": round(self.load_seconds, 1),
            "ask_seconds": round(self.ask_seconds, 1),
            "prompt_tokens": self.prompt_tokens,
            "cached_tokens": self.cached_tokens,
            "output_tokens": self.output_tokens,
            "money": round(self.money, 6),
        }


class Answers:
    """The replies to requests, once `ask` has returned; to be closed after use (`with`)."""

    def __init__(
        self, what: str, model: Model, params: LlmParams, starter: Starter = start
    ) -> None:
        """Open the reply store, with what the team shares; no model is loaded before it is needed.

        ``what`` says who asks, ``annotate@qwen``, in messages.
        """
        self.asked = Asked()
        self._what = what
        self._model = model
        self._params = params
        self._starter = starter
        self._engine: Engine | None = None
        self._key = model_key(model, identity(model.model))
        self._store = ReplyStore(Path(params.store))
        new, replies = segments.bring(self._store, Path(params.shared))
        if new:
            log.info("%s: %d replies from %d new segments", params.shared, replies, new)

    def __enter__(self) -> "Answers":
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let go of the model and of the store."""
        if self._engine is not None:
            self._engine.close()
        self._store.close()

    def plan(self, requests: Iterable[Request]) -> Plan:
        """Return what `ask` would take for these requests; nothing is asked."""
        return self._survey(requests)[0]

    def keys(self, requests: Iterable[Request]) -> Iterator[bytes]:
        """Yield the key of each request."""
        return (request.key(self._key) for request in requests)

    def ask(
        self, requests: Callable[[], Iterable[Request]], canaries: Sequence[Canary] = ()
    ) -> None:
        """Have every request answered and kept; ``requests`` is called to count, and to ask.

        Each reply is on the disk before the next is taken, so a run that is killed goes on where
        it was. Processes that ask one model with one store take turns, so that nothing is paid for
        twice. The canaries are asked first, when the model is loaded.

        Raises:
            ValueError: `llm.replay_only` is set and a reply is missing; it would take more than
                `llm.budget`, or took more than was planned; or the canaries failed.
            OSError: the model or its server gave up.
            KeyboardInterrupt: somebody stopped it.
        """
        plan, _ = self._survey(requests())
        self.asked.requests += plan.requests
        if plan.missing:
            with turn(Path(self._params.store), self._key, self._what):
                self._ask(requests, canaries)
        elif plan.requests:
            log.info("%s: all %d replies are kept", self._what, plan.requests)

    def _ask(self, requests: Callable[[], Iterable[Request]], canaries: Sequence[Canary]) -> None:
        # Once more: another process may have had some answered while this one waited for its turn.
        plan, missing = self._survey(requests())
        log.info("%s", plan.text())
        if not plan.missing:
            return
        plan.check(self._params.budget, self.asked.tokens, self.asked.money)
        # What a batch API was given is answered whoever waits: there, Ctrl-C stops at once.
        with stoppable() if not self._in_batches else nullcontext(lambda: False) as stopping:
            engine = self._start(canaries)
            self._fill(engine, self._missing(requests(), missing, stopping), plan.missing)
            if missing and stopping():
                log.warning(
                    "%s: stopped; all that was answered is kept. Run again to go on", self._what
                )
                raise KeyboardInterrupt
        if missing:
            raise ValueError(
                f"{self._what}: llm.budget is used up ({self._over()}), {len(missing)} requests "
                "are left. What was answered is kept: raise the budget in params.yaml, and a new "
                "run asks only the rest"
            )

    def __getitem__(self, request: Request) -> Reply:
        """Return the reply to a request that `ask` was given."""
        return self.of([request])[0]

    def of(self, requests: Sequence[Request]) -> list[Reply]:
        """Return the replies to several such requests, in their order."""
        keys = list(self.keys(requests))
        found = self._store.get_many(keys)
        for request, key in zip(requests, keys, strict=True):
            if key not in found:
                raise KeyError(f"{request.subject} was not asked")
        return [found[key] for key in keys]

    def _survey(self, requests: Iterable[Request]) -> tuple[Plan, set[bytes]]:
        """Return the plan, and the keys of the distinct requests that no reply is kept for."""
        estimate = Estimate()
        seen: set[bytes] = set()
        missing: set[bytes] = set()
        before: list[int] = []
        first = ""
        for some in _chunks(requests):
            keyed = {request.key(self._key): request for request in some}
            new = {key: request for key, request in keyed.items() if key not in seen}
            seen |= new.keys()
            here = self._store.has(list(new))
            lacking = {key: request for key, request in new.items() if key not in here}
            if lacking and self._params.replay_only:
                raise ValueError(miss(next(iter(lacking.values())), self._key, self._store))
            if here and len(before) < AT_ONCE:
                kept = self._store.get_many(list(here))
                before += [reply.n_output_tokens for reply in kept.values()]
            missing |= lacking.keys()
            estimate.add(list(new.values()), list(lacking.values()))
            first = first or next((r.settings(self._key) for r in lacking.values()), "")
        what = f"{self._what}, {self._model.model}"
        plan = estimate.plan(
            what, self._model, self._params, before, self._store.notes.speed(first)
        )
        return plan, missing

    def _start(self, questions: Sequence[Canary]) -> Engine:
        """Return the loaded model; the first time it is loaded, and put to the test."""
        if self._engine is None:
            begun = time.monotonic()
            self._engine = self._starter(self._model, self._params, self._store)
            self.asked.load_seconds = time.monotonic() - begun
            if questions:
                self._test(questions)
        return self._engine

    @property
    def _in_batches(self) -> bool:
        return self._params.asks_in_batches(self._model.engine)

    def _test(self, questions: Sequence[Canary]) -> None:
        """Put the model to the test; a batch API, which takes a day, is not waited for."""
        engine = self._engine
        if self._in_batches:
            now = self._params.openai.model_copy(update={"batch": False})
            params = self._params.model_copy(update={"openai": now})
            engine = self._starter(self._model, params, self._store)
        if engine is not None:
            check(engine, questions, self._model.model)

    def _missing(
        self, requests: Iterable[Request], missing: set[bytes], stopping: Callable[[], bool]
    ) -> Iterator[Request]:
        """Yield each missing request once, and take it off; until somebody stops it, or money."""
        for request in requests:
            if stopping() or self._over():
                return
            key = request.key(self._key)
            if key in missing:
                missing.remove(key)
                yield request

    def _over(self) -> str:
        """Return which bound of the budget is reached, or nothing.

        What is under way when one is reached is still answered.
        """
        budget = self._params.budget
        if budget.tokens is not None and self.asked.tokens >= budget.tokens:
            return f"{self.asked.tokens:,} of {budget.tokens:,} tokens"
        if budget.money is not None and self.asked.money >= budget.money:
            return f"{self.asked.money:,.2f} of {budget.money:,.2f} money"
        return ""

    def _fill(self, engine: Engine, requests: Iterator[Request], n: int) -> None:
        """Ask, and keep each reply as it arrives."""
        begun = time.monotonic()
        cached = engine.n_cached_tokens
        made, settings = 0, ""
        recent: deque[bool] = deque(maxlen=RECENT)
        with bar(f"asking {self._model.model}", n) as advance:
            for request, reply in engine.replies(requests):
                settings = request.settings(self._key)
                self._store.put([Kept(request.key(self._key), request.subject, settings, reply)])
                made += 1
                tokens = (reply.n_prompt_tokens, reply.n_output_tokens)
                self.asked.prompt_tokens += tokens[0]
                self.asked.output_tokens += tokens[1]
                money = self._params.money(self._model.model, self._model.engine, *tokens) or 0.0
                self.asked.money += money
                advance(1, tokens=sum(tokens), money=money)
                recent.append(not reply.answered)
                if sum(recent) > FAILURES and sum(recent) > FAILURE_RATE * len(recent):
                    raise OSError(_failing(sum(recent), len(recent), request, reply))
        seconds = time.monotonic() - begun
        self.asked.made += made
        self.asked.ask_seconds += seconds
        self.asked.cached_tokens += engine.n_cached_tokens - cached
        if made >= SPEED_OF:
            self._store.notes.set_speed(settings, made, seconds)


def notes(several: Iterable[Answers]) -> dict[str, float]:
    """Return what goes to runs.jsonl of a stage that asks several models: the sums."""
    rows = [answers.asked.note() for answers in several]
    return {name: sum(row[name] for row in rows) for name in (rows[0] if rows else ())}


def _failing(failed: int, made: int, request: Request, reply: Reply) -> str:
    return (
        f"{failed} of {made} requests were not answered, the last one about {request.subject}: "
        f"{reply.finish_reason} {reply.failure}. They count as answered from now on: once the "
        "cause is mended, `finerweb replies prune --failed` forgets them, and a new run asks again"
    )


def _chunks(requests: Iterable[Request]) -> Iterator[list[Request]]:
    waiting = iter(requests)
    while some := list(islice(waiting, AT_ONCE)):
        yield some
