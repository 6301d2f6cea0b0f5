"""Batches on this machine: a process a core, or a GPU."""

import math
import os
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from queue import SimpleQueue

from finerweb.compute.batches import Batch
from finerweb.compute.worker import Job, Worker
from finerweb.params.compute import ComputeParams

WINDOW = 4
"""Batches a worker that are under way, or finished and waiting for an earlier one."""


def finish(
    job: Job, batches: Sequence[Batch], params: ComputeParams
) -> Generator[bytes, None, None]:
    """Yield the result of each batch, in their order.

    Raises:
        ValueError, OSError, RuntimeError: as `Worker.finish`.
    """
    gpus = shares(params.gpus_per_worker, params.workers)
    workers = [Worker(replace(job, gpus=share)) for share in gpus[: len(batches)]]
    idle: SimpleQueue[Worker] = SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def one(batch: Batch) -> bytes:
        worker = idle.get()
        try:
            return worker.finish(batch)
        finally:
            idle.put(worker)

    with ThreadPoolExecutor(max(len(workers), 1)) as threads:
        try:
            yield from _in_order(threads, one, batches, WINDOW * len(workers))
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            for worker in workers:
                worker.dismiss()
            for worker in workers:
                worker.close()


def _in_order(
    threads: ThreadPoolExecutor,
    one: Callable[[Batch], bytes],
    batches: Sequence[Batch],
    window: int,
) -> Iterator[bytes]:
    waiting: deque[Future[bytes]] = deque()
    for batch in batches:
        waiting.append(threads.submit(one, batch))
        if len(waiting) >= window:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def shares(gpus_per_worker: float, workers: int | None) -> list[str]:
    """Return the CUDA_VISIBLE_DEVICES of each worker: as many as asked for, else as fit.

    Raises:
        ValueError: there are fewer GPUs than one worker needs.
    """
    if not gpus_per_worker:
        return [""] * (workers or cores())
    devices = _devices()
    fit = int(len(devices) / gpus_per_worker)
    if not fit:
        raise ValueError(
            f"compute.gpus_per_worker is {gpus_per_worker:g}, but this machine has {len(devices)} "
            "GPUs: 0 runs on its cores"
        )
    each = math.ceil(gpus_per_worker)
    firsts = [int(number * gpus_per_worker) for number in range(min(workers or fit, fit))]
    return [",".join(devices[first : first + each]) for first in firsts]


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def _devices() -> list[str]:
    """Return the GPUs this process may use, as CUDA_VISIBLE_DEVICES names them."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [name for name in named.split(",") if name]
    import torch

    return [str(number) for number in range(torch.cuda.device_count())]
