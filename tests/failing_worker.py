"""A worker that fails as it is told: `python failing_worker.py HOW FD`, in place of vLLM's.

HOW is `none`, `oom-above-2` (dies at start with more than two sequences), `die-after-3`,
`die-always`, `die-of-r7`, `hang-after-3`, `hang-at-start`, `cannot-load`, `refuse-r7` or
`slow-signs` (says that it lives more often than it replies). Starts are noted in `starts.txt`.
"""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from finerweb.llm import vllm_worker
from finerweb.llm.requests import Reply, Request

HOW = sys.argv.pop(1)
STARTS = Path("starts.txt")


class Engine:
    """Upper-cases prompts, as many a step as there are sequences."""

    name = "failing"

    def __init__(self, model: Any, folder: Path, params: Any) -> None:
        self.sequences = params.max_num_seqs
        with STARTS.open("a") as file:
            file.write(f"{self.sequences}\n")
        self.first = len(STARTS.read_text().splitlines()) == 1
        if HOW == "oom-above-2" and self.sequences > 2:
            os.kill(os.getpid(), signal.SIGKILL)
        if HOW == "cannot-load":
            raise ValueError("quantization fp8 is not there on a CPU")
        if HOW == "hang-at-start" and self.first:
            time.sleep(60)
        self.waiting: list[tuple[int, Request]] = []
        self.n_done = self.n_steps = 0

    def add(self, number: int, request: Request) -> None:
        if HOW == "refuse-r7" and request.text == "r7":
            raise ValueError("no such grammar")
        if HOW == "die-of-r7" and request.text == "r7":
            os._exit(7)
        self.waiting.append((number, request))

    @property
    def busy(self) -> bool:
        return bool(self.waiting)

    def step(self) -> list[tuple[int, Reply, int]]:
        time.sleep(0.01)
        if HOW == "slow-signs":
            self.n_steps += 1
            if self.n_steps % 5:
                return []
        some, self.waiting = self.waiting[: self.sequences], self.waiting[self.sequences :]
        self.n_done += len(some)
        if self.n_done > 3 and (HOW == "die-always" or (HOW == "die-after-3" and self.first)):
            os._exit(7)
        if self.n_done > 3 and HOW == "hang-after-3" and self.first:
            time.sleep(60)
        return [(n, Reply(r.text.upper(), "stop", 4, 1, self.name), 2) for n, r in some]


if __name__ == "__main__":
    if HOW == "slow-signs":
        vllm_worker.SIGN_OF_LIFE_SECONDS = 0.0
    vllm_worker.run(Engine)
