"""Requests, the reply store, and having requests answered; the engine is scripted here.

`test_real_model.py` has the real one.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from texts import SENTENCES

from finerweb.llm.answers import Answers
from finerweb.llm.requests import Reply, Request, model_key
from finerweb.llm.store import ReplyStore
from finerweb.params.models import LlmParams, ServedModel

MODEL = ServedModel(
    model="mirror:gemma-3-270m-q4", engine="vllm", chat=False, dtype="bfloat16", max_model_len=64
)
REPLY = Reply("größe 🚀", "stop", 3, 2, "scripted", (("yes", -0.1), ("no", -2.0)))


def llm(tmp_path: Path, **changes: object) -> LlmParams:
    return LlmParams(
        store=str(tmp_path / "replies.sqlite"),
        replay_only=False,
        max_num_seqs=4,
        kv_cache_gib=1,
        openai_base_url="http://localhost",
        openai_concurrency=1,
    ).model_copy(update=changes)


def request(text: str) -> Request:
    return Request(subject=text, max_tokens=5, prompt=text)


class Scripted:
    """An engine that upper-cases the prompt, and counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, model: ServedModel, params: LlmParams) -> "Scripted":
        return self

    def replies(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Reply]]:
        for request in list(requests)[::-1]:
            self.asked.append(request.prompt or "")
            yield request, Reply((request.prompt or "").upper(), "stop", 1, 1, "scripted")


def test_reply_round_trip() -> None:
    assert Reply.from_json(REPLY.to_json()) == REPLY


def test_key_holds_everything_but_the_subject() -> None:
    model = model_key(MODEL, "weights")
    base = request("x")
    key = base.key(model)
    assert replace(base, subject="other").key(model) == key
    changed = [
        replace(base, prompt="y"),
        replace(base, prompt=None, messages=(("user", "x"),)),
        replace(base, max_tokens=6),
        replace(base, schema="{}"),
        replace(base, logprobs=5),
    ]
    keys = {r.key(model) for r in changed} | {base.key(model_key(MODEL, "other weights"))}
    settings = ({"dtype": "float32"}, {"engine": "openai"}, {"chat": True}, {"max_model_len": 65})
    keys |= {base.key(model_key(MODEL.model_copy(update=s), "weights")) for s in settings}
    assert len(keys) == len(changed) + 1 + len(settings)
    assert key not in keys


def test_store_round_trip(tmp_path: Path) -> None:
    with ReplyStore(tmp_path / "r.sqlite") as store:
        store.put("m", [(b"k" * 32, REPLY)])
        store.put("m", [(b"k" * 32, replace(REPLY, text="later"))])
    with ReplyStore(tmp_path / "r.sqlite") as store:
        assert store.get(b"k" * 32) == REPLY
        assert store.get(b"x" * 32) is None
        assert len(store) == 1


def test_damaged_reply_is_found(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    with ReplyStore(path) as store:
        store.put("m", [(b"k" * 32, REPLY)])
    with sqlite3.connect(path) as database:
        database.execute("UPDATE replies SET reply = replace(reply, 'stop', 'stup')")
    with ReplyStore(path) as store, pytest.raises(OSError, match="is damaged"):
        store.get(b"k" * 32)


def test_what_is_no_store_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    path.write_bytes(b"something else entirely" * 100)
    with pytest.raises(OSError, match="not an intact reply store"):
        ReplyStore(path)
    assert path.read_bytes().startswith(b"something else")


def test_each_request_is_asked_once(tmp_path: Path) -> None:
    engine = Scripted()
    requests = [request(text) for text in [*SENTENCES.values(), *SENTENCES.values()]]
    asked = Answers(MODEL, llm(tmp_path)).ask(lambda: requests, engine)
    assert (asked.requests, asked.made) == (len(SENTENCES), len(SENTENCES))
    assert sorted(engine.asked) == sorted(SENTENCES.values())
    again = Answers(MODEL, llm(tmp_path))
    more = [*requests, request("new")]
    assert again.ask(lambda: more, engine).made == 1
    assert [reply.text for reply in again.of(more)] == [r.subject.upper() for r in more]


def test_replay_only_names_the_first_miss(tmp_path: Path) -> None:
    Answers(MODEL, llm(tmp_path)).ask(lambda: [request("a")], Scripted())
    replay = Answers(MODEL, llm(tmp_path, replay_only=True))
    assert replay.ask(lambda: [request("a")], Scripted()).made == 0
    with pytest.raises(ValueError, match=r"replay_only .* to passage-b"):
        replay.ask(lambda: [request("a"), request("passage-b")], Scripted())


def test_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    """SIGKILL after some replies: none that was kept is asked again."""
    script = tmp_path / "run.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import sys
            sys.path[:0] = [{str(Path(__file__).parent)!r}]
            import finerweb.llm.answers as answers
            from pathlib import Path
            from test_llm import MODEL, Scripted, llm, request
            import time
            class Slow(Scripted):
                def replies(self, requests):
                    for i, pair in enumerate(super().replies(requests)):
                        with open("asked.txt", "a") as file:
                            file.write(pair[0].prompt + "\\n")
                        yield pair
                        if i == 9:
                            print("ten", flush=True)
                            time.sleep(60)
            everything = [request(f"r{{i}}") for i in range(20)]
            Answers = answers.Answers(MODEL, llm(Path("."))).ask(lambda: everything, Slow())
            """
        )
    )
    run = subprocess.Popen(
        [sys.executable, str(script)], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "ten\n"
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    run.stdout.close()
    first = (tmp_path / "asked.txt").read_text().split()
    engine = Scripted()
    asked = Answers(MODEL, llm(tmp_path)).ask(lambda: [request(f"r{i}") for i in range(20)], engine)
    assert asked.made == 10, "ten were answered before the process died"
    assert not set(first) & set(engine.asked)
