"""`map_batches`: a function over batches, with the same bytes whatever ran it."""

from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path

import pyarrow as pa

from finerweb.compute import checkpoints
from finerweb.compute.batches import Batch, Work, from_bytes
from finerweb.compute.worker import Job
from finerweb.params.compute import ComputeParams
from finerweb.progress import bar


def map_batches(
    work: Work, batches: Iterable[Batch], params: ComputeParams, what: str
) -> Generator[pa.Table, None, None]:
    """Yield the work's result for each batch, in their order.

    A batch that was finished before (`finerweb.compute.checkpoints`) is not computed again. Memory
    is bounded: some batches a worker are under way or wait for an earlier one. ``what`` names the
    stage, for the progress bar and the checkpoints.

    Raises:
        ValueError: the work refused a batch, or the params ask for what is not here.
        OSError: a batch could not be read or written, or workers died more than `params.retries`
            times of it.
        RuntimeError: the work has a fault.
    """
    todo = list(batches)
    if not todo:
        return
    kept = checkpoints.checkpoints(work, what, Path(params.checkpoints), params.keep_runs)
    job = Job(_anywhere(work), kept, params.retries, gpus=None)
    if params.backend == "ray":
        from finerweb.compute.cluster import finish
    else:
        from finerweb.compute.local import finish
    total = sum(batch.n_rows for batch in todo)
    with closing(finish(job, todo, params)) as results, bar(what, total) as advance:
        for batch, result in zip(todo, results, strict=True):
            advance(batch.n_rows)
            yield from_bytes(result)


def _anywhere(work: Work) -> Work:
    """Return the work with absolute paths: a worker on another node is in another folder."""
    named = {field.name: getattr(work, field.name) for field in fields(work)}
    paths = {name: value.absolute() for name, value in named.items() if isinstance(value, Path)}
    return replace(work, **paths)


def forget(work: Work, params: ComputeParams, what: str) -> None:
    """Remove a work's checkpoints; for when what was made of its results is written whole."""
    checkpoints.forget(work, what, Path(params.checkpoints))
