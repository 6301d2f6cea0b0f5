"""Two workers against one, and Ray on this machine against the pool, on work for the CPU.

    python benchmarks/compute.py

Input: the sample's texts, repeated, as parquet; the work counts their ICU words several times, so
that a batch takes a fifth of a second or so. Pairs are run in turn; medians of the rates once the
first batch is there, and of the whole runs with the workers' start. Ray is left out where the
extra `ray` is not installed. The machine must be otherwise idle.
"""

import importlib.util
import json
import tempfile
import time
from pathlib import Path
from statistics import median

import click
import pyarrow as pa
import pyarrow.parquet as pq
from counting import Counting

from finerweb.compute.batches import batches
from finerweb.compute.mapping import map_batches
from finerweb.params.compute import ComputeParams

ROWS = 200
N_BATCHES = 100
RUNS = 5
SETTINGS = {"one worker": ("local", 1), "two workers": ("local", 2)}
if importlib.util.find_spec("ray"):
    SETTINGS["Ray, two"] = ("ray", 2)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        path = corpus(Path(folder) / "texts.parquet")
        found: dict[str, list[tuple[float, float, list[int]]]] = {name: [] for name in SETTINGS}
        for number in range(RUNS):
            for name, (backend, workers) in SETTINGS.items():
                home = Path(folder) / f"{number} {name}"
                found[name].append(measure(path, params(home, backend, workers)))
        assert_same([run[2] for runs in found.values() for run in runs])
        for name, runs in found.items():
            whole, rate = (median(run[i] for run in runs) for i in (0, 1))
            click.echo(f"{name:12} {rate:8,.0f} texts/s, {whole:6.1f} s with the start")
        compare(found, "two workers", "one worker")
        if "Ray, two" in found:
            compare(found, "Ray, two", "two workers")


def corpus(path: Path) -> Path:
    """Write the sample's texts, repeated, to a parquet file."""
    texts = [
        json.loads(line)["text"]
        for source in sorted(Path("sample/documents").glob("*.jsonl"))
        for line in source.read_text("utf-8").splitlines()
    ]
    repeated = [f"{i} {texts[i % len(texts)]}" for i in range(ROWS * N_BATCHES)]
    pq.write_table(pa.table({"text": repeated}), path, row_group_size=10 * ROWS)
    return path


def params(home: Path, backend: str, workers: int) -> ComputeParams:
    """Return the params of a run with checkpoints of its own."""
    return ComputeParams.model_validate(
        {
            "backend": backend,
            "workers": workers,
            "gpus_per_worker": 0,
            "address": None,
            "checkpoints": str(home),
            "keep_runs": 0,
            "retries": 0,
        }
    )


def measure(path: Path, params: ComputeParams) -> tuple[float, float, list[int]]:
    """Return the seconds of a run, the texts a second after the first batch, and the result."""
    begun = time.perf_counter()
    first = 0.0
    counts: list[int] = []
    for table in map_batches(Counting(10), batches(path, ROWS), params, "benchmark"):
        first = first or time.perf_counter()
        counts += table["n_words"].to_pylist()
    ended = time.perf_counter()
    return ended - begun, (len(counts) - ROWS) / (ended - first), counts


def assert_same(results: list[list[int]]) -> None:
    """Stop where two runs differ."""
    if any(result != results[0] for result in results):
        raise click.ClickException("two runs gave different results")


def compare(found: dict[str, list[tuple[float, float, list[int]]]], one: str, other: str) -> None:
    """Print the median ratio of the pairs' rates."""
    ratios = [a[1] / b[1] for a, b in zip(found[one], found[other], strict=True)]
    told = ", ".join(f"{ratio:.2f}" for ratio in sorted(ratios))
    click.echo(f"{one} against {other}: {median(ratios):.2f} ({told})")


if __name__ == "__main__":
    main()
