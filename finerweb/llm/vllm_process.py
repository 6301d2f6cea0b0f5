"""vLLM in a process of its own, watched: its death costs the requests in flight, not the run."""

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import Any

from finerweb.llm import vllm_worker
from finerweb.llm.requests import Reply, Request
from finerweb.llm.vllm_worker import LoadError
from finerweb.models import resolve
from finerweb.params.llm import VllmParams
from finerweb.params.models import ServedModel

log = logging.getLogger(__name__)
WORKER = (sys.executable, "-m", vllm_worker.__name__)


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
        self._restarts = 0
        self._numbers = count()
        self.n_cached_tokens = 0
        while not self._started():
            self._died("while it was loading")

    def replies(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Reply]]:
        """Yield each request with its reply as it is finished.

        Raises:
            OSError: as at the start; what was yielded before is whole.
        """
        waiting = zip(self._numbers, requests, strict=False)
        in_flight: dict[int, Request] = {}
        unsent: list[tuple[int, Request]] = []
        while True:
            while len(in_flight) < self._window and (item := next(waiting, None)) is not None:
                in_flight[item[0]] = item[1]
                unsent.append(item)
            if not in_flight:
                return
            finished = self._exchange(unsent)
            unsent = []
            if finished is None:
                self._died(f"with {len(in_flight)} requests in flight")
                while not self._started():
                    self._died("while it was loading")
                unsent = list(in_flight.items())
                continue
            for number, reply, n_cached in finished:
                if number in in_flight:
                    self.n_cached_tokens += n_cached
                    yield in_flight.pop(number), reply

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
                f"vLLM {how} {when}, for the {self._restarts + 1}. time, at last with "
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
