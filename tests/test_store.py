"""The reply store, and the segments a team shares."""

import json
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from asking import MODEL, request
from conftest import run
from hypothesis import given
from hypothesis import strategies as st
from texts import SENTENCES, texts

from finerweb.llm import segments
from finerweb.llm.requests import Reply, model_key
from finerweb.llm.salvage import salvage
from finerweb.llm.store import Kept, ReplyStore

REPLY = Reply("größe 🚀", "stop", 3, 2, "scripted", (("yes", -0.1), ("no", -2.0)))
SETTINGS = '{"weights": "sha256:abc/d", "template": "t@1", "engine": "vllm"}'


def kept(n: int, text: str = "x", settings: str = SETTINGS) -> Kept:
    return Kept(n.to_bytes(32, "big"), f"p{n}", settings, replace(REPLY, text=f"{text}{n}"))


@given(st.builds(Reply, text=texts(), failure=texts(), finish_reason=st.just("stop"),
                 n_prompt_tokens=st.integers(0, 99), n_output_tokens=st.just(1),
                 engine=st.just("e")))  # fmt: skip
def test_reply_round_trip(reply: Reply) -> None:
    assert Reply.from_json(reply.to_json()) == reply
    assert Reply.from_json(REPLY.to_json()) == REPLY


def test_key_holds_everything_that_can_change_the_reply() -> None:
    model = model_key(MODEL, "weights")
    base = request("x")
    key = base.key(model)
    assert replace(base, subject="other", template="t@2").key(model) == key
    changed = [
        replace(base, prompt="y"),
        replace(base, prompt=None, messages=(("user", "x"),)),
        replace(base, max_tokens=6),
        replace(base, schema="{}"),
        replace(base, logprobs=5),
    ]
    keys = {r.key(model) for r in changed} | {base.key(model_key(MODEL, "other weights"))}
    settings = (
        {"dtype": "float32"},
        {"engine": "openai"},
        {"chat": True},
        {"max_model_len": 65},
        {"quantization": "fp8"},
        {"kv_cache": "fp8"},
        {"seed": 1},
        {"batch_invariant": True},
    )
    keys |= {base.key(model_key(MODEL.model_copy(update=s), "weights")) for s in settings}
    assert len(keys) == len(changed) + 1 + len(settings)
    assert key not in keys


def test_round_trip_and_the_first_reply_stays(tmp_path: Path) -> None:
    with ReplyStore(tmp_path / "r.sqlite") as store:
        store.put([kept(1), kept(2)])
        store.put([kept(1, "later")])
    with ReplyStore(tmp_path / "r.sqlite") as store:
        found = store.get_many([kept(2).key, kept(1).key, kept(3).key])
        assert {key: reply.text for key, reply in found.items()} == {
            kept(1).key: "x1",
            kept(2).key: "x2",
        }
        assert store.get(kept(3).key) is None
        assert store.has([kept(1).key, kept(3).key]) == {kept(1).key}
        assert (len(store), store.delete([kept(1).key]), len(store)) == (2, 1, 1)


def test_a_damaged_reply_goes_to_quarantine(tmp_path: Path) -> None:
    """A byte flipped on the disk, anywhere in the reply: found on reading, never read as empty."""
    path = tmp_path / "r.sqlite"
    with ReplyStore(path) as store:
        store.put([kept(1, "needle"), kept(2, "other"), kept(3, "needle")])
    content = path.read_bytes()
    at = content.find(b"needle1")
    path.write_bytes(content[: at + 2] + b"\xff" + content[at + 3 :])
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA quick_check").fetchone() == ("ok",)
    with ReplyStore(path) as store:
        with pytest.raises(OSError, match=r"is damaged: its checksum does not fit.*quarantine"):
            store.get_many([kept(n).key for n in (1, 2, 3)])
        assert store.get(kept(1).key) is None and store.n_quarantined() == 1
        assert store.get(kept(2).key) == kept(2, "other").reply


def test_verify_finds_all_damage(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    with ReplyStore(path) as store:
        store.put(kept(n) for n in range(20))
    with sqlite3.connect(path) as database:
        database.execute("UPDATE replies SET reply = x'00' WHERE subject IN ('p3', 'p7')")
        database.execute("UPDATE replies SET key = x'99' WHERE subject = 'p9'")
    with ReplyStore(path) as store:
        assert sorted(store.verify()) == sorted([kept(3).key, kept(7).key, b"\x99"])
        assert store.verify() == []
        assert len(store) == 17


@pytest.mark.parametrize("damage", ["truncated", "other", "middle"])
def test_a_damaged_file_is_told_and_salvaged(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    with ReplyStore(path) as store:
        store.put(kept(n, "text" * 50) for n in range(300))
    content = path.read_bytes()
    if damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "other":
        path.write_bytes(b"something else entirely" * 100)
    else:
        half = len(content) // 2 // 4096 * 4096
        path.write_bytes(content[:half] + os.urandom(4096) + content[half + 4096 :])
    damaged = path.read_bytes()
    with (
        pytest.raises(OSError, match=r"not an intact reply store|malformed"),
        ReplyStore(path) as s,
    ):
        s.verify()
    assert path.read_bytes() == damaged, "left as it is"
    n, aside = salvage(path)
    assert aside.read_bytes() == damaged
    assert (n > 100) == (damage == "middle")
    with ReplyStore(path) as store:
        assert store.verify() == [] and len(store) == n
        store.put([kept(1)])


def test_another_format_is_told(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "r.sqlite") as database:
        database.execute("CREATE TABLE replies (key BLOB)")
    with pytest.raises(OSError, match="a reply store of format 0, expected 2; it is left as it is"):
        ReplyStore(tmp_path / "r.sqlite")


def test_a_full_disk_keeps_what_was_there(tmp_path: Path) -> None:
    """No room for a batch: an error that says so, nothing of the batch, all of what was before."""
    script = """
import resource, signal, sys
from pathlib import Path
from finerweb.llm.store import ReplyStore
from test_store import kept
store = ReplyStore(Path(sys.argv[1]))
store.put([kept(1)])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
try:
    store.put(kept(n, "x" * 1000) for n in range(2, 1000))
except OSError as error:
    print(error)
"""
    path = tmp_path / "r.sqlite"
    env = {"PYTHONPATH": str(Path(__file__).parent)}
    done = run(sys.executable, "-c", script, str(path), cwd=Path(__file__).parents[1], env=env)
    assert "cannot keep" in done.stdout and "Is the disk full" in done.stdout
    with ReplyStore(path) as store:
        assert len(store) == 1 and store.verify() == []


@pytest.mark.slow
def test_several_processes_on_one_store(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from finerweb.llm.store import ReplyStore
from test_store import kept
store = ReplyStore(Path(sys.argv[1]))
for n in range(int(sys.argv[2]), 200, 2):
    store.put([kept(n), kept(n + 1)])
"""
    path = tmp_path / "r.sqlite"
    command = [sys.executable, "-c", script, str(path)]
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    both = [subprocess.Popen([*command, str(n)], env=env, stderr=subprocess.PIPE) for n in (0, 1)]
    assert [process.communicate()[1] for process in both] == [b"", b""]
    with ReplyStore(path) as store:
        assert len(store) == 201 and store.verify() == []


def test_segments_travel(tmp_path: Path) -> None:
    rows = [kept(n, "x", SETTINGS.replace("abc", "abcd"[n % 4])) for n in range(20)]
    random.Random(0).shuffle(rows)
    with ReplyStore(tmp_path / "a.sqlite") as store:
        store.put(rows)
        written = segments.export(store, tmp_path / "shared")
        assert len(written) == 4 and segments.export(store, tmp_path / "shared") == []
        store.put([kept(99)])
        assert len(segments.export(store, tmp_path / "shared")) == 1
        assert segments.bring(store, tmp_path / "shared") == (0, 0)
    with ReplyStore(tmp_path / "b.sqlite") as store:
        store.put(sorted(rows, key=lambda row: row.key))
        again = segments.export(store, tmp_path / "other")
        assert {p.name for p in again} == {p.name for p in written}, "the same replies, one file"
    with ReplyStore(tmp_path / "c.sqlite") as store:
        assert segments.bring(store, tmp_path / "shared") == (5, 21)
        assert segments.bring(store, tmp_path / "shared") == (0, 0)
        assert {row.key: row for row in store.rows()} == {row.key: row for row in [*rows, kept(99)]}


def test_what_is_shared_comes_back_after_damage_and_failures_are_not_shared(tmp_path: Path) -> None:
    failed = replace(kept(2), reply=replace(REPLY, finish_reason="rejected", failure="no"))
    with ReplyStore(tmp_path / "r.sqlite") as store:
        store.put([kept(1), failed])
        (path,) = segments.export(store, tmp_path / "shared")
        assert segments._keys(path) == [kept(1).key]
        store._database.execute("UPDATE replies SET reply = x'00' WHERE subject = 'p1'")
        assert store.verify() == [kept(1).key]
        assert segments.bring(store, tmp_path / "shared") == (1, 1)
        assert store.get(kept(1).key) == kept(1).reply
        store.delete([failed.key])
        store.put([kept(2)])
        assert len(segments.export(store, tmp_path / "shared")) == 1


def test_a_reply_no_file_takes_is_kept_without_what_it_cannot_hold(tmp_path: Path) -> None:
    odd = replace(kept(1), reply=replace(REPLY, text="a\ud83d b"))
    with ReplyStore(tmp_path / "r.sqlite") as store:

        def broken() -> Iterator[Kept]:
            yield kept(0, settings="other")
            raise ValueError("no more")

        with pytest.raises(ValueError, match="no more"):
            store.put(broken())
        store.put([odd, kept(2, settings="other")])
        assert [row.reply.text for row in store.rows()] == ["a? b", "x2"]


@pytest.mark.slow
def test_many_processes_open_a_new_store_at_once(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from finerweb.llm.store import ReplyStore; "
    code += "ReplyStore(Path(sys.argv[1])).close()"
    command = [sys.executable, "-c", code, str(tmp_path / "r.sqlite")]
    several = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(6)]
    assert [process.communicate()[1] for process in several] == [b""] * 6


def test_a_damaged_segment_is_refused(tmp_path: Path) -> None:
    with ReplyStore(tmp_path / "a.sqlite") as store:
        store.put([kept(1)])
        (path,) = segments.export(store, tmp_path / "shared")
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"!" + content[101:])
    with ReplyStore(tmp_path / "b.sqlite") as store:
        with pytest.raises(OSError, match="damaged segment of replies: expected sha256"):
            segments.bring(store, tmp_path / "shared")
        assert len(store) == 0


@pytest.mark.slow
def test_memory_does_not_grow_with_the_store(tmp_path: Path) -> None:
    script = """
import resource, sys
from pathlib import Path
from finerweb.llm.store import ReplyStore
from test_store import kept
with ReplyStore(Path(sys.argv[1])) as store:
    store.put(kept(n, "x" * 2000) for n in range(2000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    store.put(kept(n, "x" * 2000) for n in range(2000, 32_000))
    assert sum(1 for _ in store.rows()) == 32_000
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""
    env = {"PYTHONPATH": str(Path(__file__).parent)}
    command = (sys.executable, "-c", script, str(tmp_path / "r.sqlite"))
    done = run(*command, cwd=Path(__file__).parents[1], env=env)
    assert float(done.stdout) < 20, "MB more for 60 MB of replies"


@pytest.mark.slow
def test_commands(project: Path) -> None:
    path = project / ".finerweb" / "replies.sqlite"
    failed = replace(kept(3), reply=replace(REPLY, finish_reason="content_filter", failure="no"))
    settings = json.dumps(json.loads(SETTINGS) | {"max_tokens": 5, "schema": "s"})
    with ReplyStore(path) as store:
        store.put(replace(row, settings=settings) for row in (kept(1), kept(2), failed))
    stat = run("finerweb", "replies", "stat", cwd=project).stdout
    assert "3 replies" in stat and "t@1, vllm, max_tokens 5" in stat
    (segment,) = run("finerweb", "replies", "export", cwd=project).stdout.split()
    assert (project / segment).is_file()
    assert "0 damaged" in run("finerweb", "replies", "verify", cwd=project).stdout
    counted = run("finerweb", "replies", "prune", "--failed", cwd=project).stdout
    assert counted == "1 replies would go; add --yes\n"
    run("finerweb", "replies", "prune", "--failed", "--yes", cwd=project)
    assert (
        "2 replies would go"
        in run(
            "finerweb", "replies", "prune", "--template", "t@", "--model", "abc", cwd=project
        ).stdout
    )
    with ReplyStore(project / "other.sqlite") as store:
        store.put([kept(4)])
    done = run("finerweb", "replies", "import", "other.sqlite", cwd=project)
    assert done.stdout == "1 new replies from other.sqlite\n"
    path.write_bytes(b"no store" * 1000)
    done = run("finerweb", "replies", "stat", cwd=project, check=False)
    assert done.returncode == 1 and "replies salvage" in done.stderr
    run("finerweb", "replies", "salvage", cwd=project)
    assert run("finerweb", "replies", "import", cwd=project).stdout.startswith("2 new replies")


@pytest.mark.parametrize("sentence", SENTENCES.values(), ids=SENTENCES)
def test_every_script(sentence: str, tmp_path: Path) -> None:
    row = Kept(b"k" * 32, sentence, SETTINGS, replace(REPLY, text=sentence))
    with ReplyStore(tmp_path / "r.sqlite") as store:
        store.put([row])
        assert list(store.rows()) == [row]
