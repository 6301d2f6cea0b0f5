"""vLLM's process: its death, its hanging, and that only what was in flight is lost.

The worker is a stand-in that fails on command; `test_vllm.py` kills the real one.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from asking import MODEL, llm, request

from finerweb.llm import vllm_process
from finerweb.llm.requests import Reply, Request
from finerweb.llm.vllm_process import VllmProcess
from finerweb.params.models import ServedModel

WORKER = Path(__file__).parent / "failing_worker.py"
TEXTS = [f"r{n}" for n in range(30)]


@pytest.fixture(autouse=True)
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServedModel:
    """Return a local model, whose folder is not looked into by the stand-in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gemma3_text"}))
    monkeypatch.setattr(vllm_process, "resolve", lambda reference: tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(WORKER.parent.parent)]))
    return MODEL


def ask(model: ServedModel, how: str, **params: float) -> tuple[list[tuple[Request, Reply]], int]:
    settings = llm(Path(), vllm=params).vllm
    engine = VllmProcess(model, settings, (sys.executable, str(WORKER), how))
    try:
        return list(engine.replies(request(text) for text in TEXTS)), engine.n_cached_tokens
    finally:
        engine.close()


def starts() -> list[int]:
    """Return the number of sequences of each start."""
    return [int(line) for line in Path("starts.txt").read_text().split()]


def test_answers(model: ServedModel) -> None:
    replies, n_cached = ask(model, "none")
    assert {r.text: reply.text for r, reply in replies} == {t: t.upper() for t in TEXTS}
    assert (len(replies), n_cached, starts()) == (30, 60, [4])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "sequences"),
    [
        ("oom-above-2", [4, 2]),
        ("die-after-3", [4, 2]),
        ("hang-after-3", [4, 2]),
        ("hang-at-start", [4, 2]),
    ],
)
def test_29_starts_again_with_half_the_sequences(
    model: ServedModel, how: str, sequences: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    replies, _ = ask(model, how, hang_seconds=2.0)
    assert sorted(reply.text for _, reply in replies) == sorted(t.upper() for t in TEXTS)
    assert starts() == sequences
    assert "start 2 of 3, with max_num_seqs 2" in caplog.text
    killed = "killed: out of memory?" in caplog.text
    assert killed == (how == "oom-above-2")
    assert ("hung" in caplog.text) == how.startswith("hang")


def test_29_gives_up_after_so_many_and_keeps_what_was_finished(model: ServedModel) -> None:
    engine = VllmProcess(model, llm(Path()).vllm, (sys.executable, str(WORKER), "die-always"))
    finished = []
    with pytest.raises(OSError, match=r"exit code 7 .* for the 3\. time in a row, at last with"):
        for pair in engine.replies(request(text) for text in TEXTS):
            finished.append(pair)
    engine.close()
    assert starts() == [4, 2, 1]
    assert len(finished) == len(set(finished)) > 0


@pytest.mark.slow
@pytest.mark.parametrize("sequences", [1, 4, 16])
def test_29_a_request_that_kills_each_process_is_found_and_left(
    model: ServedModel, sequences: int
) -> None:
    """It costs itself; all others, also those that were in flight with it, are answered."""
    replies, _ = ask(model, "die-of-r7", restarts=3, max_num_seqs=sequences)
    assert {r.text: reply.text for r, reply in replies if reply.answered} == {
        text: text.upper() for text in TEXTS if text != "r7"
    }
    ((deadly, reply),) = [(r.text, reply) for r, reply in replies if not reply.answered]
    assert (deadly, reply.finish_reason) == ("r7", "rejected")
    assert reply.failure == "vLLM died of it 3 times, at last alone"


def test_29_a_process_that_always_dies_blames_no_request(model: ServedModel) -> None:
    engine = VllmProcess(model, llm(Path()).vllm, (sys.executable, str(WORKER), "die-of-r7"))
    finished = []
    with pytest.raises(OSError, match=r"in a row"):
        for pair in engine.replies(request("r7") for _ in range(10)):
            finished.append(pair)
    engine.close()
    assert finished == []


def test_what_can_never_load_is_tried_once(model: ServedModel) -> None:
    with pytest.raises(ValueError, match=r"vLLM cannot run .* so: quantization fp8 is not there"):
        ask(model, "cannot-load")
    assert starts() == [4]


def test_a_request_the_engine_refuses_is_a_reply_with_a_reason(model: ServedModel) -> None:
    replies, _ = ask(model, "refuse-r7")
    assert len(replies) == 30
    ((refused, reply),) = [(r.text, reply) for r, reply in replies if not reply.answered]
    assert (refused, reply.finish_reason, reply.failure) == ("r7", "rejected", "no such grammar")


def test_no_more_is_with_the_process_than_its_window(model: ServedModel) -> None:
    """Signs of life without replies take no further requests in."""
    worker = (sys.executable, str(WORKER), "slow-signs")
    engine = VllmProcess(model, llm(Path()).vllm, worker)
    taken = 0

    def requests() -> Iterator[Request]:
        nonlocal taken
        for text in TEXTS:
            taken += 1
            yield request(text)

    ahead = [taken - n for n, _ in enumerate(engine.replies(requests()), 1)]
    engine.close()
    assert max(ahead) <= 6


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_30_gemma_3_runs_in_bfloat16_alone(model: ServedModel, dtype: str) -> None:
    with pytest.raises(ValueError, match=rf"is a Gemma 3, dtype is {dtype}: expected bfloat16"):
        VllmProcess(model.model_copy(update={"dtype": dtype}), llm(Path()).vllm)


def test_the_worker_ends_with_its_parent(model: ServedModel, tmp_path: Path) -> None:
    code = f"""
import os, sys
from pathlib import Path
sys.path[:0] = [{str(WORKER.parent)!r}]
from asking import MODEL, llm
from finerweb.llm import vllm_process
vllm_process.resolve = lambda reference: Path({str(tmp_path)!r})
worker = (sys.executable, {str(WORKER)!r}, "none")
engine = vllm_process.VllmProcess(MODEL, llm(Path()).vllm, worker)
print(engine._process.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    worker = Path(f"/proc/{int(done.stdout)}")
    for _ in range(50):
        if not worker.exists() or "Z" in (worker / "stat").read_text().split()[2]:
            return
        time.sleep(0.1)
    pytest.fail("the worker outlived its parent")
