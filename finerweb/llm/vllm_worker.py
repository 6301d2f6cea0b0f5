"""The process that vLLM lives in: `python -m finerweb.llm.vllm_worker FD`.

It speaks with `finerweb.llm.vllm_process` over the connection with that file descriptor: first it
receives what to load, and says when it is ready; then it receives lists of numbered requests, and
sends lists of numbered replies, an empty one as a sign of life. It ends when the connection does.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Protocol

from finerweb.llm.requests import REJECTED, Reply, Request

SIGN_OF_LIFE_SECONDS = 1.0


class LoadError(str):
    """Why a model cannot be loaded, however often it is tried."""


class Steps(Protocol):
    """What a worker drives (`finerweb.llm.vllm_engine.VllmEngine`)."""

    name: str

    def add(self, number: int, request: Request) -> None:
        """Take a request in."""

    @property
    def busy(self) -> bool:
        """Return whether there is something to do."""

    def step(self) -> list[tuple[int, Reply, int]]:
        """Return (number, reply, prompt tokens from the cache) of what was finished."""


def serve(connection: Connection, load: Callable[..., Steps]) -> None:
    """Load a model and answer until the connection ends."""
    what = connection.recv()
    # Read by a thread of its own: with both sides sending, neither would read; and where the stage
    # ends while the model is loading, this process does too.
    inbox: SimpleQueue[list[tuple[int, Request]]] = SimpleQueue()
    threading.Thread(target=_read, args=(connection, inbox), daemon=True).start()
    try:
        engine = load(*what)
    except (ValueError, NotImplementedError) as error:
        # What vLLM says of settings that it, the model or the machine cannot do; whatever else goes
        # wrong while loading (no memory, a lost GPU) may go well at another try.
        connection.send(LoadError(str(error).strip()))
        raise
    connection.send(engine.name)
    last = time.monotonic()
    rejected: list[tuple[int, Reply, int]] = []
    while True:
        while not engine.busy or not inbox.empty():
            for number, request in inbox.get():
                try:
                    engine.add(number, request)
                except ValueError as error:
                    reply = Reply("", REJECTED, 0, 0, engine.name, failure=str(error))
                    rejected.append((number, reply, 0))
            if rejected:
                break
        finished = rejected + (engine.step() if engine.busy else [])
        rejected = []
        if finished or time.monotonic() - last > SIGN_OF_LIFE_SECONDS:
            last = time.monotonic()
            connection.send(finished)


def _read(connection: Connection, inbox: "SimpleQueue[list[tuple[int, Request]]]") -> None:
    try:
        while True:
            inbox.put(connection.recv())
    except (EOFError, OSError):
        os._exit(0)


def run(load: Callable[..., Steps]) -> None:
    """Serve on the connection that the command line names."""
    try:
        serve(Connection(int(sys.argv[1])), load)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        os._exit(0)


def _load(model: Any, folder: Path, params: Any) -> Steps:
    from finerweb.llm.vllm_engine import VllmEngine

    return VllmEngine(model, folder, params)


if __name__ == "__main__":
    run(_load)
