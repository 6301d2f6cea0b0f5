"""Batches on a Ray cluster, by Ray Data and a pool of actors.

Every node must read the files and the checkpoints under the same paths (a shared folder) and have
the same environment; `docs/cluster.md` says how.
"""

import logging
import os
import warnings
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from finerweb.compute.batches import Batch
from finerweb.compute.local import cores
from finerweb.compute.worker import RAISED, Job, Worker
from finerweb.params.compute import ComputeParams

log = logging.getLogger(__name__)
BLOCKS = 2000
"""Most parts that Ray Data is given; each is some batches, and the actors take them in turn."""


class Actor:
    """A worker on some node of the cluster; it has a process of its own, as one here has."""

    def __init__(self, job: Job) -> None:
        self._worker = Worker(job)

    def __call__(self, rows: pa.Table) -> pa.Table:
        """Return the result for each row, which says what batch it is."""
        answers = [self._answer(row) for row in rows.to_pylist()]
        return pa.Table.from_pylist(answers, schema=_ANSWERS)

    def _answer(self, row: dict[str, Any]) -> dict[str, Any]:
        columns = None if row["columns"] is None else tuple(row["columns"])
        batch = Batch(Path(row["path"]), row["first"], row["n_rows"], columns)
        try:
            return {"number": row["number"], "error": "", "result": self._worker.finish(batch)}
        except (ValueError, OSError, RuntimeError) as error:
            kind = next((name for name, kind in RAISED.items() if isinstance(error, kind)), "")
            message = str(error).encode()
            return {"number": row["number"], "error": kind or "RuntimeError", "result": message}


_ANSWERS = pa.schema(
    [("number", pa.int64()), ("error", pa.string()), ("result", pa.large_binary())]
)


def finish(
    job: Job, batches: Sequence[Batch], params: ComputeParams
) -> Generator[bytes, None, None]:
    """Yield the result of each batch, in their order.

    Where an actor or a node is lost, a new pool of what is left of the cluster takes over from the
    first batch that was not yielded; of those after it the finished ones have checkpoints. Ray Data
    would restart an actor itself, but one of a lost node only when the others have nothing left to
    do, and until then no result would come.

    Raises:
        ValueError, OSError, RuntimeError: as `Worker.finish`; OSError also where one pool after
            the other is lost before the next batch is finished.
    """
    # Before the import, which reads it: nothing is reported.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    n_done = n_lost = 0
    if not params.gpus_per_worker:
        job = replace(job, gpus="")
    while n_done < len(batches):
        try:
            with _cluster(params), closing(_pool(job, batches[n_done:], params)) as results:
                for result in results:
                    yield result
                    n_done += 1
                    n_lost = 0
        except ray.exceptions.RayTaskError as error:
            raise RuntimeError(f"a fault of the Ray workers: {error}") from error
        except ray.exceptions.RayError as error:
            n_lost += 1
            reason = str(error).strip().splitlines()[-1].strip()
            if n_lost > params.retries:
                raise OSError(
                    f"{batches[n_done]}: the Ray workers were lost {n_lost} times before it was "
                    f"finished, the last time with: {reason}. Finished batches are kept: see to "
                    "the cluster (`ray status`), and run again"
                ) from error
            log.warning("a Ray worker was lost, a new pool goes on: %s", reason)


def _pool(
    job: Job, batches: Sequence[Batch], params: ComputeParams
) -> Generator[bytes, None, None]:
    """Yield the results of one pool of actors, until it is done or lost."""
    import ray

    rows = [
        {
            "number": number,
            "path": str(batch.path),
            "first": batch.first,
            "n_rows": batch.n_rows,
            "columns": batch.columns if batch.columns is None else list(batch.columns),
        }
        for number, batch in enumerate(batches)
    ]
    given = ray.data.from_items(rows, override_num_blocks=min(len(rows), BLOCKS))
    with warnings.catch_warnings():
        # There is no other way to say how often an actor is restarted; pyproject.toml holds Ray
        # below the version that drops this one.
        warnings.simplefilter("ignore", ray.util.annotations.RayDeprecationWarning)
        results = given.map_batches(
            Actor,
            fn_constructor_args=(job,),
            batch_size=1,
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(size=min(_size(params), len(rows))),
            num_cpus=1,
            num_gpus=params.gpus_per_worker or None,
            max_restarts=0,
        )
    expected = 0
    for answer in results.iter_rows():
        if answer["number"] != expected:
            raise RuntimeError(f"Ray gave batch {answer['number']}, expected {expected}")
        expected += 1
        if answer["error"]:
            raise RAISED.get(answer["error"], RuntimeError)(answer["result"].decode())
        yield answer["result"]


def _size(params: ComputeParams) -> int:
    """Return how many actors the cluster has room for, or as many as asked for if fewer."""
    import ray

    have = ray.cluster_resources()
    fit = int(have.get("CPU", 0))
    if params.gpus_per_worker:
        fit = min(fit, int(have.get("GPU", 0) / params.gpus_per_worker))
    if not fit:
        raise ValueError(
            f"the Ray cluster has {have.get('CPU', 0):g} CPUs and {have.get('GPU', 0):g} GPUs: "
            f"expected a CPU and {params.gpus_per_worker:g} GPUs (compute.gpus_per_worker) for a "
            "worker"
        )
    return min(params.workers or fit, fit)


@contextmanager
def _cluster(params: ComputeParams) -> Iterator[None]:
    """Connect to the cluster, or start one here, for one pool.

    When the connection ends Ray ends the pool's actors. It does not before: what is left of a pool
    that lost one of them would keep its cores and GPUs from the next pool.
    """
    import ray
    import ray.data

    here = {"num_cpus": params.workers or cores(), "include_dashboard": False}
    ray.init(
        address=params.address or "local",
        log_to_driver=False,
        logging_level=logging.ERROR,
        **({} if params.address else here),
    )
    try:
        context = ray.data.DataContext.get_current()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        # It logs what is raised here too.
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        yield
    finally:
        ray.shutdown()
