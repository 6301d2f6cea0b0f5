"""Having requests answered: from the store where it can, from the model for the rest."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from finerweb.llm.engines import Engine, start
from finerweb.llm.requests import Reply, Request, model_key
from finerweb.llm.store import ReplyStore
from finerweb.models import identity
from finerweb.params.models import LlmParams, ServedModel
from finerweb.progress import bar

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """How many distinct requests there were, how many were asked, and how long loading took."""

    requests: int
    made: int
    load_seconds: float = 0.0

    def note(self) -> dict[str, float]:
        """Return what goes to runs.jsonl."""
        return {"requests_made": self.made, "load_seconds": round(self.load_seconds, 1)}


class Answers:
    """The replies to requests, once `ask` has returned."""

    def __init__(self, model: ServedModel, params: LlmParams) -> None:
        """Open the reply store; no model is loaded before something is missing in it."""
        self._model = model
        self._params = params
        self._key = model_key(model, identity(model.model))
        self._store = ReplyStore(Path(params.store))

    def ask(
        self,
        requests: Callable[[], Iterable[Request]],
        engine: Callable[[ServedModel, LlmParams], Engine] = start,
    ) -> Asked:
        """Have every request answered and kept; ``requests`` is called twice, to count and to ask.

        Each reply is on the disk before the next is taken, so a run that is killed goes on where
        it was.

        Raises:
            ValueError: `llm.replay_only` is set and a reply is missing; the message names it.
        """
        keys: dict[bytes, bool] = {}
        for request in requests():
            key = request.key(self._key)
            if key not in keys:
                keys[key] = self._store.get(key) is None
                if keys[key] and self._params.replay_only:
                    raise ValueError(
                        f"llm.replay_only is set and {self._params.store} has no reply of "
                        f"{self._model.model} to {request.subject}: get the store that has it, "
                        "or set llm.replay_only to false to ask the model"
                    )
        missing = sum(keys.values())
        log.info(
            "%s: %d requests, %d answered before, %d to ask",
            self._model.model, len(keys), len(keys) - missing, missing,
        )  # fmt: skip
        seconds = 0.0
        if missing:
            seconds = self._fill(self._missing(requests(), keys), missing, engine)
        return Asked(len(keys), missing, seconds)

    def __getitem__(self, request: Request) -> Reply:
        """Return the reply to a request that `ask` was given."""
        reply = self._store.get(request.key(self._key))
        if reply is None:
            raise KeyError(f"{request.subject} was not asked")
        return reply

    def of(self, requests: Iterable[Request]) -> list[Reply]:
        """Return the replies to several such requests, in their order."""
        return [self[request] for request in requests]

    def _missing(self, requests: Iterable[Request], keys: dict[bytes, bool]) -> Iterator[Request]:
        for request in requests:
            key = request.key(self._key)
            if keys[key]:
                keys[key] = False
                yield request

    def _fill(
        self,
        requests: Iterator[Request],
        n: int,
        engine: Callable[[ServedModel, LlmParams], Engine],
    ) -> float:
        """Ask, and keep each reply as it arrives; return the seconds that loading took."""
        begun = time.monotonic()
        loaded = engine(self._model, self._params)
        load_seconds = time.monotonic() - begun
        with bar(f"asking {self._model.model}", n) as advance:
            for request, reply in loaded.replies(requests):
                self._store.put(self._model.model, [(request.key(self._key), reply)])
                advance(1)
        return load_seconds
