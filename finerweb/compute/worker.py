"""A process that works on batches: its death costs the batch it had, not the run."""

import logging
import multiprocessing
import os
import signal
import threading
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from finerweb.compute.batches import Batch, Function, Work, digest, read, to_bytes
from finerweb.compute.checkpoints import Checkpoints

log = logging.getLogger(__name__)
GRACE_SECONDS = 10
"""For a process to end by itself; killed, it would leave semaphores behind."""
RAISED = {"ValueError": ValueError, "OSError": OSError}
"""Errors of a work that are raised as they are: a stage ends with their message."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker is given: the work, where finished batches are, and the GPUs it may use.

    ``gpus`` is a value of CUDA_VISIBLE_DEVICES; None leaves the one that is set.
    """

    work: Work
    checkpoints: Checkpoints
    retries: int
    gpus: str | None


class Worker:
    """One process, started with its first batch, and again after it died."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._process: Any = None
        self._closed = False
        self._busy = False

    def finish(self, batch: Batch) -> bytes:
        """Return a batch's result as an Arrow stream.

        Raises:
            ValueError: the work refused the batch; the message names it.
            OSError: it could not be read or written, or its process died of it each time.
            RuntimeError: the work has a fault; the message has its traceback.
        """
        for _ in range(self._job.retries + 1):
            answer = self._ask(batch)
            if self._closed:
                raise OSError(f"{batch}: given up")
            if answer is not None:
                error, result = answer
                if error:
                    raise RAISED.get(error, RuntimeError)(f"{batch}: {result.decode()}")
                return result
            log.warning("%s: the worker died (%s)", batch, self._ended())
        raise OSError(
            f"{batch}: the worker that had it died {self._job.retries + 1} times, the last time "
            f"with {self._ended()}. Is memory short? Finished batches are kept: fewer workers "
            "(compute.workers) or a smaller batch, and run again"
        )

    def dismiss(self) -> None:
        """Let the process end by itself, unless it has a batch; `close` waits for it."""
        self._closed = True
        if self._process is not None and not self._busy:
            self._connection.close()

    def close(self) -> None:
        """End the process; at once if it has a batch, and the `finish` under way raises."""
        self._closed = True
        if self._process is not None:
            if not self._busy:
                self._connection.close()
                self._process.join(GRACE_SECONDS)
            self._process.kill()
            self._process.join()

    def _ask(self, batch: Batch) -> tuple[str, bytes] | None:
        """Return the name of an error and its message, or "" and the result; None of the dead."""
        if self._process is None or not self._process.is_alive():
            self._start()
        self._busy = True
        try:
            self._connection.send(batch)
            answer: tuple[str, bytes] = self._connection.recv()
            self._busy = False
            return answer
        except (EOFError, OSError):
            return None

    def _start(self) -> None:
        # Not forked: threads and CUDA do not survive it.
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._job), daemon=True)
        process.start()
        theirs.close()
        self._process = process
        if self._closed:
            self._process.kill()

    def _ended(self) -> str:
        self._process.join()
        code = self._process.exitcode
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _serve(connection: Connection, job: Job) -> None:
    """Work on batches as they come, until the other side is gone."""
    # Ctrl-C in the terminal is for the stage, which ends its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if job.gpus is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = job.gpus
    finisher = _Finisher(job)
    while True:
        try:
            batch = connection.recv()
        except EOFError:
            return
        connection.send(_answer(finisher, batch))


def _end_with_parent() -> None:
    """End this process with the one that started it, were it killed: its memory is needed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _answer(finisher: "_Finisher", batch: Batch) -> tuple[str, bytes]:
    try:
        return "", finisher.finish(batch)
    except ValueError as error:
        return "ValueError", str(error).encode()
    except OSError as error:
        return "OSError", str(error).encode()
    except Exception:  # A fault of the work: the stage tells it, with its traceback.
        return "Exception", traceback.format_exc().encode()


class _Finisher:
    """Takes batches from their checkpoints; loads the work for the first that has none."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._function: Function | None = None

    def finish(self, batch: Batch) -> bytes:
        table = read(batch)
        key = digest(table)
        kept = self._job.checkpoints.get(key)
        if kept is not None:
            return kept
        if self._function is None:
            self._function = self._job.work.load()
        result = to_bytes(self._function(table))
        self._job.checkpoints.put(key, result)
        return result
