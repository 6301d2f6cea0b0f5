"""vLLM in a process of its own, watched: its death costs the requests in flight, not the run."""

import json
import logging
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import Any

from finerweb.llm import vllm_worker
from finerweb.llm.requests import REJECTED, Reply, Request
from finerweb.llm.vllm_worker import LoadError
from finerweb.models import resolve
from finerweb.params.llm import VllmParams
from finerweb.params.models import ServedModel

log = logging.getLogger(__name__)
PARTS = 8
STRIKES = 3
DEADLY = Reply(
    "", REJECTED, 0, 0, "vllm", failure=f"vLLM died of it {STRIKES} times, at last alone"
)
WORKER = (sys.executable, "-m", vllm_worker.__name__)


@dataclass(slots=True)
class _Flight:
    """The requests that are with the process, by their numbers, and those it may have died of.

    What was with it when it died is asked again in parts, and a part that it dies of in smaller
    ones, until one request is alone.
    """

    waiting: Iterator[tuple[int, Request]]
    requests: dict[int, Request] = field(default_factory=dict)
    suspects: list[list[tuple[int, Request]]] = field(default_factory=list)
    deaths: Counter[int] = field(default_factory=Counter)
    deadly: list[tuple[Request, Reply]] = field(default_factory=list)
    is_trial: bool = False

    def take(self, most: int) -> list[tuple[int, Request]]:
        """Return what is to be sent: a part of the suspects, else as many as there is room for."""
        new: list[tuple[int, Request]] = []
        if not self.requests:
            self.is_trial = bool(self.suspects)
            new = self.suspects.pop() if self.suspects else []
        if not self.is_trial:
            new = list(islice(self.waiting, most - len(self.requests)))
        self.requests.update(new)
        return new

    def ended(self) -> None:
        """Note that the process died."""
        some = list(self.requests.items())
        self.requests = {}
        self.deaths.update(number for number, _ in some)
        if len(some) == 1 and self.deaths[some[0][0]] == STRIKES:
            self.deadly.append((some[0][1], DEADLY))
            return
        size = max(len(some) // PARTS, 1)
        self.suspects += [some[i : i + size] for i in range(0, len(some), size)]


class VllmProcess:
    """A model that vLLM serves in a child process; the engine of `engine: vllm`."""

    def __init__(
        self, model: ServedModel, params: VllmParams, worker: Sequence[str] = WORKER
    ) -> None:
        """Load the model.

        Raises:
            ValueError: the model cannot be run with these settings.
            OSError: the process died, or hung, more often than `params.restarts`.
        """
        self._model = model
        self._folder = resolve(model.model)
        _check(model, self._folder)
        self._params = params
        self._worker = worker
        self._batch = params.max_num_seqs
        self._restarts = 0
        self._numbers = count()
        self.n_cached_tokens = 0
        while not self._started():
            self._died("while it was loading")

    def replies(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Reply]]:
        """Yield each request with its reply as it is finished.

        A request of which the process died `STRIKES` times, at last alone, has the reply `REJECTED`
        once another one was answered.

        Raises:
            OSError: as at the start; what was yielded before is whole.
        """
        flight = _Flight(zip(self._numbers, requests, strict=False))
        while True:
            unsent = flight.take(self._window)
            if not flight.requests:
                yield from flight.deadly
                return
            finished = self._exchange(unsent)
            if finished is None:
                n = len(flight.requests)
                flight.ended()
                self._died(f"with {n} requests in flight")
                while not self._started():
                    self._died("while it was loading")
                continue
            for number, reply, n_cached in finished:
                if number in flight.requests:
                    self._answered(n_cached)
                    yield from flight.deadly
                    flight.deadly = []
                    yield flight.requests.pop(number), reply

    def close(self) -> None:
        """End the process, and all that it started."""
        self._connection.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            pass
        self._kill()

    @property
    def _window(self) -> int:
        """Return how many requests are with the process: a batch, and what is to follow it."""
        return self._params.max_num_seqs + max(self._params.max_num_seqs // 2, 1)

    def _started(self) -> bool:
        self._connection, theirs = Pipe()
        self._n_answered = 0
        self._process = subprocess.Popen(
            [*self._worker, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            # A session of its own: Ctrl-C in the terminal is for the stage, which lets the batch
            # finish, and all of vLLM's processes can be ended at once.
            start_new_session=True,
        )
        theirs.close()
        loaded = self._receive((self._model, self._folder, self._params))
        if isinstance(loaded, LoadError):
            self.close()
            raise ValueError(f"vLLM cannot run {self._model.model} so: {loaded}")
        return loaded is not None

    def _exchange(self, unsent: list[tuple[int, Request]]) -> list[tuple[int, Reply, int]] | None:
        """Send requests, return what is finished; None where the process is dead or hung."""
        finished: list[tuple[int, Reply, int]] | None = self._receive(unsent or None)
        return finished

    def _receive(self, message: Any) -> Any:
        try:
            if message is not None:
                self._connection.send(message)
            if self._connection.poll(self._params.hang_seconds):
                return self._connection.recv()
            log.warning("vLLM was silent for %g seconds", self._params.hang_seconds)
        except (EOFError, OSError):
            pass
        return None

    def _answered(self, n_cached: int) -> None:
        """Count a reply; as many of them as make a batch, and earlier deaths are forgotten."""
        self.n_cached_tokens += n_cached
        self._n_answered += 1
        if self._n_answered == self._batch:
            self._restarts = 0

    def _died(self, when: str) -> None:
        """Clean up; make ready for another try with half the sequences, or give up."""
        code = self._kill()
        self._connection.close()
        how = "hung" if code is None else f"died with exit code {code}"
        if code == -signal.SIGKILL:
            how += " (killed: out of memory?)"
        halved = max(self._params.max_num_seqs // 2, 1)
        if self._restarts == self._params.restarts:
            raise OSError(
                f"vLLM {how} {when}, for the {self._restarts + 1}. time in a row, at last with "
                f"llm.vllm.max_num_seqs {self._params.max_num_seqs}; its own words are above. What "
                f"was answered is kept: mend the cause (less memory: llm.vllm.kv_cache_gib, "
                "gpu_memory, max_model_len) and run again"
            )
        self._restarts += 1
        self._params = self._params.model_copy(update={"max_num_seqs": halved})
        log.warning(
            "vLLM %s %s; start %d of %d, with max_num_seqs %d",
            how, when, self._restarts + 1, self._params.restarts + 1, halved,
        )  # fmt: skip

    def _kill(self) -> int | None:
        """End the process and its children; return its exit code, None where it was alive."""
        code = self._process.poll()
        if code is None:
            try:
                code = self._process.wait(1)
            except subprocess.TimeoutExpired:
                code = None
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            self._process.kill()
        self._process.wait()
        return code


def _check(model: ServedModel, folder: Path) -> None:
    """Refuse what is known to give garbage.

    Raises:
        ValueError: Gemma 3 in anything but bfloat16.
    """
    kind = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type", "")
    if kind.startswith("gemma3") and model.dtype != "bfloat16":
        raise ValueError(
            f"{model.model} is a Gemma 3, dtype is {model.dtype}: expected bfloat16 (in float16 it "
            "replies with nothing or with garbage); set dtype to bfloat16 in params.yaml"
        )
