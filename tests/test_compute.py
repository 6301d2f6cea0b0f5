"""Batches over worker processes: order, deaths, checkpoints, the same bytes whatever ran them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reach import ROOT
from texts import SENTENCES, texts
from works import ROWS, N, Noting, calls, corpus, doubled, kept, params, processes, run

from finerweb.compute.batches import batches, digest, read, to_bytes
from finerweb.compute.local import WINDOW, shares
from finerweb.compute.mapping import map_batches

SPANS = pa.list_(pa.struct([("start", pa.int32()), ("type", pa.string())]))
NESTED = pa.schema([("text", pa.string()), ("gold", SPANS), ("n", pa.int64())])


@settings(max_examples=50, deadline=None)
@given(st.lists(texts(), max_size=25), st.integers(1, 9), st.integers(1, 9))
def test_batches_are_the_file(
    tmp_path_factory: pytest.TempPathFactory, some: list[str], rows: int, group: int
) -> None:
    """Whatever its row groups are: every row once, in order, at most so many at a time."""
    path = tmp_path_factory.mktemp("b") / "a.parquet"
    pq.write_table(pa.table({"text": some, "n": range(len(some))}), path, row_group_size=group)
    found = [read(batch) for batch in batches(path, rows)]
    assert [text for table in found for text in table["text"].to_pylist()] == some
    assert [n for table in found for n in table["n"].to_pylist()] == list(range(len(some)))
    assert [len(table) for table in found[:-1]] == [rows] * (len(found) - 1)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.none() | texts(), min_size=1, max_size=25),
    st.lists(st.integers(0, 25), max_size=3),
    st.integers(0, 5),
)
def test_digest_is_of_the_content_alone(
    some: list[str | None], cuts: list[int], before: int
) -> None:
    """Not of how the rows are chunked, nor of what they were cut from."""
    gold = [None if text is None else [{"start": 0, "type": text}] for text in some]
    lengths = [None if text is None else len(text) for text in some]
    table = pa.table({"text": some, "gold": gold, "n": lengths}, schema=NESTED)
    ends = sorted({0, len(some), *(min(cut, len(some)) for cut in cuts)})
    parts = [table[a:b] for a, b in pairwise(ends)]
    longer = pa.concat_tables([*[table[:1]] * before, *parts, *[table[:1]] * before])
    assert digest(longer[before : before + len(some)]) == digest(table)
    assert digest(longer.combine_chunks()[before : before + len(some)]) == digest(table)


def test_digest_tells_contents_apart() -> None:
    some = list(SENTENCES.values())
    tables = [
        pa.table({"text": some}),
        pa.table({"texts": some}),
        pa.table({"text": some[::-1]}),
        pa.table({"text": [*some, None]}),
        pa.table({"text": [*some, ""]}),
        pa.table({"text": pa.array(some, pa.large_string())}),
        pa.table({"text": ["".join(some[:2]), "", *some[2:]]}),
    ]
    assert len({digest(table) for table in tables}) == len(tables)


@pytest.mark.slow
def test_a_file_that_lost_rows_is_named(tmp_path: Path, noting: Callable[..., Noting]) -> None:
    todo = corpus(tmp_path, N)
    pq.write_table(pa.table({"text": ["x"] * 4}), tmp_path / "b.parquet")
    with pytest.raises(ValueError, match=r"b\.parquet, rows 3 to 5: expected 3 rows, found 1"):
        run(noting(), todo, tmp_path)


@pytest.mark.slow
def test_in_order_whatever_is_finished_first(tmp_path: Path, noting: Callable[..., Noting]) -> None:
    todo = corpus(tmp_path, N)
    assert run(noting("falling"), todo, tmp_path, workers=3) == doubled(todo)
    finished = [int(text.split()[0]) for text in calls(tmp_path / "notes")]
    assert sorted(finished) == list(range(0, N, ROWS))


@pytest.mark.slow
def test_only_a_window_is_under_way(tmp_path: Path, noting: Callable[..., Noting]) -> None:
    todo = corpus(tmp_path, 120)
    results = map_batches(noting(), todo, params(tmp_path), "test")
    next(results)
    deadline = time.monotonic() + 10
    while len(calls(tmp_path / "notes")) < 2 * WINDOW and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    assert len(calls(tmp_path / "notes")) == 2 * WINDOW < len(todo)
    results.close()
    assert not [pid for pid in processes(tmp_path / "notes") if alive(pid)]


def test_nothing_to_do(tmp_path: Path, noting: Callable[..., Noting]) -> None:
    assert run(noting(), [], tmp_path) == []


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.slow
def test_worker_killed_mid_batch(tmp_path: Path, noting: Callable[..., Noting]) -> None:
    todo = corpus(tmp_path, N)
    victim = read(todo[4])["text"][1].as_py()
    assert run(noting(f"die-once {victim}"), todo, tmp_path) == doubled(todo)
    counted = calls(tmp_path / "notes")
    assert counted.pop(read(todo[4])["text"][0].as_py()) == 2
    assert set(counted.values()) == {1}
    assert len(processes(tmp_path / "notes")) == 3


@pytest.mark.slow
def test_batch_that_kills_every_worker(tmp_path: Path, noting: Callable[..., Noting]) -> None:
    todo = corpus(tmp_path, N)
    first, victim = (read(todo[6])["text"][i].as_py() for i in (0, 1))
    with pytest.raises(
        OSError, match=r"b\.parquet, rows 3 to 5: the worker that had it died 3 times.*SIGKILL"
    ):
        run(noting(f"die-always {victim}"), todo, tmp_path)
    assert calls(tmp_path / "notes")[first] == 3
    assert len(kept(tmp_path)) >= 6, "what was finished before it"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ("refuse", ValueError, r"rows 3 to 5: a text we do not like"),
        ("fault", RuntimeError, r"(?s)rows 3 to 5: Traceback.*KeyError: 'no such thing'"),
    ],
)
def test_error_of_the_work_is_raised_once_and_named(
    tmp_path: Path,
    noting: Callable[..., Noting],
    how: str,
    error: type[Exception],
    message: str,
) -> None:
    todo = corpus(tmp_path, N)
    first, victim = (read(todo[1])["text"][i].as_py() for i in (0, 1))
    with pytest.raises(error, match=message):
        run(noting(f"{how} {victim}"), todo, tmp_path)
    assert calls(tmp_path / "notes")[first] == 1


def test_work_that_cannot_be_told_from_another(tmp_path: Path) -> None:
    how: Any = {"a": 1}
    work = Noting(str(tmp_path / "notes"), how=how)
    with pytest.raises(TypeError, match="a work's field is a dict"):
        run(work, corpus(tmp_path, N), tmp_path)


DRIVER = """
import sys
from pathlib import Path
from works import Noting, corpus, params
from finerweb.compute.batches import to_bytes
from finerweb.compute.mapping import map_batches
if __name__ == "__main__":
    home, how, workers, out = sys.argv[1:]
    todo = corpus(Path(home), 30)
    work = Noting(home + "/notes", how)
    results = map_batches(work, todo, params(Path(home), workers=int(workers)), "test")
    Path(out).write_bytes(b"".join(to_bytes(table) for table in results))
"""


def drive(home: Path, how: str, workers: int, out: Path, **env: str) -> subprocess.Popen[bytes]:
    script = home / "driver.py"
    script.write_text(DRIVER, "utf-8")
    path = os.pathsep.join([str(ROOT / "tests"), str(ROOT)])
    return subprocess.Popen(
        [sys.executable, str(script), str(home), how, str(workers), str(out)],
        env={**os.environ, "PYTHONPATH": path, **env},
    )


def whole_ones(home: Path) -> list[Path]:
    """Return the batches that are kept, without those that are being written."""
    return [path for path in kept(home) if not path.name.startswith(".")]


@pytest.mark.slow
def test_driver_killed_and_restarted(tmp_path: Path) -> None:
    """Finished batches are not computed again, and no worker of the dead driver stays."""
    driver = drive(tmp_path, "sleep 0.1", 2, tmp_path / "out")
    deadline = time.monotonic() + 60
    while len(whole_ones(tmp_path)) < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    workers = processes(tmp_path / "notes")
    while any(map(alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(map(alive, workers))
    finished = whole_ones(tmp_path)
    before = calls(tmp_path / "notes")
    assert 4 <= len(finished) < 10
    assert drive(tmp_path, "sleep 0.1", 2, tmp_path / "out").wait() == 0
    again = calls(tmp_path / "notes") - before
    assert again.total() == 10 - len(finished)
    whole = tmp_path / "whole"
    whole.mkdir()
    assert drive(whole, "sleep 0.1", 1, whole / "out").wait() == 0
    assert (whole / "out").read_bytes() == (tmp_path / "out").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("workers", "seed", "locale", "zone"),
    [(2, "1", "C", "UTC"), (8, "2", "C.UTF-8", "Asia/Kathmandu")],
)
def test_same_bytes(tmp_path: Path, workers: int, seed: str, locale: str, zone: str) -> None:
    found = []
    for number, variables in ((1, {}), (workers, {"LC_ALL": locale, "TZ": zone})):
        home = tmp_path / str(number)
        home.mkdir()
        env = {"PYTHONHASHSEED": seed if number > 1 else "0", **variables}
        assert drive(home, "", number, home / "out", **env).wait() == 0
        checkpoints = [(path.name, path.read_bytes()) for path in kept(home)]
        found.append(((home / "out").read_bytes(), checkpoints))
    assert found[0] == found[1]
    assert len(found[0][1]) == 10


@pytest.mark.slow
def test_order_of_the_batches_changes_no_result(
    tmp_path: Path, noting: Callable[..., Noting]
) -> None:
    todo = corpus(tmp_path, N)
    straight = run(noting(), todo, tmp_path)
    assert run(noting(), todo[::-1], tmp_path)[::-1] == straight
    assert calls(tmp_path / "notes").total() == 10, "the second run found every batch"


@pytest.mark.parametrize(
    ("visible", "per_worker", "workers", "expected"),
    [
        ("0,1,2", 1, None, ["0", "1", "2"]),
        ("0,1,2", 1, 2, ["0", "1"]),
        ("GPU-a,GPU-b", 0.5, None, ["GPU-a", "GPU-a", "GPU-b", "GPU-b"]),
        ("4,5,6,7", 2, 9, ["4,5", "6,7"]),
        ("0,1", 0, 3, ["", "", ""]),
    ],
)
def test_each_worker_has_its_share_of_the_gpus(
    monkeypatch: pytest.MonkeyPatch,
    visible: str,
    per_worker: float,
    workers: int | None,
    expected: list[str],
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert shares(per_worker, workers) == expected


def test_gpus_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(ValueError, match=r"gpus_per_worker is 1, but this machine has 0 GPUs"):
        shares(1, None)


def test_bytes_of_a_table_come_back() -> None:
    table = pa.table({"text": list(SENTENCES.values()), "n": [None, *range(len(SENTENCES) - 1)]})
    assert pa.ipc.open_stream(to_bytes(table.slice(3))).read_all() == table.slice(3)
