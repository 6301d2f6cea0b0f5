"""Finished batches: taken only where rows, params and code are the same, and whole."""

import hashlib
import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reach import ROOT
from works import N, Noting, calls, corpus, doubled, kept, params, run

from finerweb.compute.mapping import forget

DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "short": lambda data: data[:-1],
    "cut to its checksum": lambda data: data[:32],
    "flipped": lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:],
    "longer": lambda data: data + b"\0",
    "another's": lambda data: hashlib.sha256(b"x").digest() + data[32:],
}


@pytest.mark.slow
def test_damaged_checkpoints_are_computed_again(
    tmp_path: Path, noting: Callable[..., Noting]
) -> None:
    """Fault 7: a batch counts as finished only if all of its result is there."""
    todo = corpus(tmp_path, N)
    run(noting(), todo, tmp_path)
    good = {path: path.read_bytes() for path in kept(tmp_path)}
    for path, damage in zip(good, DAMAGE.values(), strict=False):
        path.write_bytes(damage(good[path]))
    assert run(noting(), todo, tmp_path) == doubled(todo)
    assert calls(tmp_path / "notes").total() == len(good) + len(DAMAGE)
    assert {path: path.read_bytes() for path in kept(tmp_path)} == good
    next(iter(good)).unlink()
    assert run(noting(), todo, tmp_path) == doubled(todo)
    assert calls(tmp_path / "notes").total() == len(good) + len(DAMAGE) + 1


@pytest.mark.slow
def test_checkpoint_of_other_params_or_rows_is_not_taken(
    tmp_path: Path, noting: Callable[..., Noting]
) -> None:
    """Fault 8: it is computed anew, and what was kept stays."""
    todo = corpus(tmp_path, N)
    run(noting(), todo, tmp_path)
    old = {path: path.read_bytes() for path in kept(tmp_path)}
    assert run(noting(prefix=">"), todo, tmp_path) == doubled(todo, ">")
    assert calls(tmp_path / "notes").total() == 20
    table = pq.read_table(todo[0].path)
    changed = [table["text"][0].as_py() + "!", *table["text"].to_pylist()[1:]]
    pq.write_table(pa.table({"text": changed, "n": table["n"]}), todo[0].path, row_group_size=5)
    assert run(noting(), todo, tmp_path) == doubled(todo)
    assert calls(tmp_path / "notes").total() == 21, "of the changed file only the changed batch"
    assert all(path.read_bytes() == data for path, data in old.items())


@pytest.mark.slow
def test_path_counts_with_what_it_names(tmp_path: Path, noting: Callable[..., Noting]) -> None:
    todo = corpus(tmp_path, N)
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "a.bin").write_bytes(b"1")
    run(noting(weights=weights), todo, tmp_path)
    weights.rename(tmp_path / "moved")
    run(noting(weights=tmp_path / "moved"), todo, tmp_path)
    assert calls(tmp_path / "notes").total() == 10
    (tmp_path / "moved" / "a.bin").write_bytes(b"2")
    run(noting(weights=tmp_path / "moved"), todo, tmp_path)
    assert calls(tmp_path / "notes").total() == 20
    with pytest.raises(FileNotFoundError, match="weights: no such file or folder"):
        run(noting(weights=weights), todo, tmp_path)


@pytest.mark.slow
def test_checkpoint_of_other_code_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    todo = corpus(tmp_path, N)
    code = (ROOT / "tests" / "works.py").read_text("utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for number, text in enumerate([code, code, code.replace("text * 2", "text * 3")]):
        (tmp_path / "other_works.py").write_text(text, "utf-8")
        importlib.invalidate_caches()
        sys.modules.pop("other_works", None)
        module = importlib.import_module("other_works")
        result = run(module.Noting(str(tmp_path / "notes")), todo, tmp_path)
        assert (result == doubled(todo)) == (number < 2)
    assert calls(tmp_path / "notes").total() == 20


@pytest.mark.slow
def test_checkpoints_do_not_grow(tmp_path: Path, noting: Callable[..., Noting]) -> None:
    """A run's go once its results are written; of runs that did not end some are kept."""
    todo = corpus(tmp_path, N)
    for number in range(4):
        run(noting(prefix=str(number)), todo, tmp_path, keep_runs=2, workers=1)
        time.sleep(0.02)
    assert len({path.parent for path in kept(tmp_path)}) == 3
    forget(noting(prefix="3"), params(tmp_path), "test")
    assert len({path.parent for path in kept(tmp_path)}) == 2
    run(noting(prefix="2"), todo, tmp_path)
    assert calls(tmp_path / "notes").total() == 40


def test_checkpoints_that_cannot_be_written_end_the_run(
    tmp_path: Path, noting: Callable[..., Noting]
) -> None:
    """A finished batch that cannot be kept is an error that says where, not a silent loss."""
    todo = corpus(tmp_path, N)
    (tmp_path / "batches").write_text("in the way")
    with pytest.raises(OSError, match="batches"):
        run(noting(), todo, tmp_path)
