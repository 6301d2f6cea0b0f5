"""Real Ray: the pool's bytes, an actor killed, a driver restarted, a node lost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filter_inputs import make_inputs, run_filter
from reach import ROOT
from works import ROWS, Noting, calls, corpus, params, processes

from finerweb.compute.batches import to_bytes
from finerweb.compute.mapping import map_batches

ray = pytest.importorskip("ray", reason="the extra `ray` is not installed: make test-all")
pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(300)]
N = 60
"""Texts: twenty batches."""


@pytest.fixture(autouse=True)
def works_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the workers import what is tested, and the works beside the tests."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "tests")]))


@pytest.fixture
def two_nodes() -> Iterator[Any]:
    """Yield a cluster of two nodes with a core each."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    cluster.add_node(num_cpus=1)
    yield cluster
    cluster.shutdown()


def local(home: Path) -> bytes:
    """Return what the pool of this machine makes of the corpus."""
    (home / "local").mkdir()
    todo = corpus(home / "local", N)
    work = Noting(str(home / "local" / "notes"))
    return b"".join(to_bytes(t) for t in map_batches(work, todo, params(home / "local"), "test"))


def parent(pid: int) -> int:
    """Return the process that started one: of a worker's process the actor's."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])


def finished(home: Path) -> list[Path]:
    found = [path for path in (home / "batches").rglob("*") if path.is_file()]
    return [path for path in found if not path.name.startswith(".")]


def recomputed(home: Path) -> int:
    """Return how many batches were computed more than once."""
    counted = calls(home / "notes")
    assert len(counted) == N // ROWS
    assert max(counted.values()) <= 2
    return counted.total() - N // ROWS


def until_both_work(results: Iterator[Any], home: Path) -> list[Any]:
    """Return the first results, until two workers have begun."""
    found = [next(results)]
    while len(processes(home / "notes")) < 2:
        found.append(next(results))
    return found


def test_actor_killed_mid_run(tmp_path: Path) -> None:
    todo = corpus(tmp_path, N)
    work = Noting(str(tmp_path / "notes"), "sleep 0.5")
    results = map_batches(work, todo, params(tmp_path, backend="ray"), "test")
    found = until_both_work(results, tmp_path)
    os.kill(parent(processes(tmp_path / "notes")[0]), signal.SIGKILL)
    assert len(found) < N // ROWS
    found += results
    assert b"".join(map(to_bytes, found)) == local(tmp_path)
    assert recomputed(tmp_path) <= 2, "what two workers had in hand"
    assert len(processes(tmp_path / "notes")) > 2


def test_filter_gives_the_pools_bytes(project: Path, two_nodes: Any) -> None:
    """One node that the stage starts itself, and a cluster of two."""
    make_inputs(project)
    pool = run_filter(project, "pool", {}, workers=2)
    assert run_filter(project, "ray", {}, workers=2, backend="ray") == pool
    address = two_nodes.address
    assert run_filter(project, "two", {}, workers=None, backend="ray", address=address) == pool


def test_batch_that_kills_every_worker_is_named(tmp_path: Path) -> None:
    todo = corpus(tmp_path, N)
    work = Noting(str(tmp_path / "notes"), "die-always 4 अन्ना कल सुबह वाराणसी पहुँची।")
    with pytest.raises(OSError, match=r"a\.parquet, rows 3 to 5: the worker .* died 3 times"):
        list(map_batches(work, todo, params(tmp_path, backend="ray"), "test"))


def test_error_of_the_work_is_named(tmp_path: Path) -> None:
    todo = corpus(tmp_path, N)
    work = Noting(str(tmp_path / "notes"), "refuse 4 अन्ना कल सुबह वाराणसी पहुँची।")
    with pytest.raises(ValueError, match=r"a\.parquet, rows 3 to 5: a text we do not like"):
        list(map_batches(work, todo, params(tmp_path, backend="ray"), "test"))


def test_node_removed_mid_run(tmp_path: Path, two_nodes: Any) -> None:
    todo = corpus(tmp_path, N)
    work = Noting(str(tmp_path / "notes"), "sleep 0.5")
    results = map_batches(
        work, todo, params(tmp_path, backend="ray", address=two_nodes.address), "test"
    )
    found = until_both_work(results, tmp_path)
    (node,) = two_nodes.worker_nodes
    two_nodes.remove_node(node)
    found += results
    assert b"".join(map(to_bytes, found)) == local(tmp_path)
    assert recomputed(tmp_path) <= 2


DRIVER = """
import sys
from pathlib import Path
from works import Noting, corpus, params
from finerweb.compute.batches import to_bytes
from finerweb.compute.mapping import map_batches
home = Path(sys.argv[1])
todo = corpus(home, 60)
work = Noting(str(home / "notes"), "sleep 0.5")
results = map_batches(work, todo, params(home, backend="ray"), "test")
(home / "out").write_bytes(b"".join(map(to_bytes, results)))
"""


def test_driver_killed_and_restarted(tmp_path: Path) -> None:
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, str(tmp_path)])
    deadline = time.monotonic() + 120
    while len(finished(tmp_path)) < 4 and time.monotonic() < deadline:
        time.sleep(0.05)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    time.sleep(3)
    n_finished = len(finished(tmp_path))
    before = calls(tmp_path / "notes")
    assert 4 <= n_finished < 20
    subprocess.run([sys.executable, "-c", DRIVER, str(tmp_path)], check=True)
    assert (calls(tmp_path / "notes") - before).total() == 20 - n_finished
    assert (tmp_path / "out").read_bytes() == local(tmp_path)
