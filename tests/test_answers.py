"""Having requests answered: once, resumably, within a budget, from the store alone."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from asking import MODEL, SERVED, Scripted, chat, llm, request
from conftest import run
from reach import ROOT
from texts import SENTENCES

from finerweb import annotation
from finerweb.llm.answers import Answers
from finerweb.llm.canaries import Canary
from finerweb.llm.plan import SAMPLE, Estimate
from finerweb.llm.requests import Reply, Request
from finerweb.llm.store import ReplyStore
from finerweb.params.annotators import AnnotatorParams
from finerweb.records import Passage


def test_each_request_is_asked_once(tmp_path: Path) -> None:
    engine = Scripted()
    requests = [request(text) for text in [*SENTENCES.values(), *SENTENCES.values()]]
    with Answers("test", SERVED, llm(tmp_path), engine) as answers:
        answers.ask(lambda: requests)
        assert (answers.asked.requests, answers.asked.made) == (len(SENTENCES), len(SENTENCES))
    assert sorted(engine.asked) == sorted(SENTENCES.values())
    more = [*requests, request("new")]
    with Answers("test", SERVED, llm(tmp_path), engine) as answers:
        answers.ask(lambda: more)
        assert answers.asked.made == 1
        assert [reply.text for reply in answers.of(more)] == [r.subject.upper() for r in more]
        with pytest.raises(KeyError, match="never was not asked"):
            answers[request("never")]


def test_replay_only_names_the_passage_and_what_differs(tmp_path: Path) -> None:
    with Answers("test", SERVED, llm(tmp_path), Scripted()) as answers:
        answers.ask(lambda: [request("a")])
    replay = llm(tmp_path, replay_only=True)
    with Answers("test", SERVED, replay, Scripted()) as answers:
        answers.ask(lambda: [request("a")])
        assert answers.asked.made == 0
        with pytest.raises(ValueError, match=r"replay_only .* to b, nor any other about it"):
            answers.ask(lambda: [request("a"), request("b")])
    later = Request("a", 9, prompt="a", template="t@2")
    changed = SERVED.model_copy(update={"quantization": "fp8"})
    with Answers("test", changed, replay, Scripted()) as answers:
        with pytest.raises(ValueError, match=r"to a\. The nearest that is kept differs in") as told:
            answers.ask(lambda: [later])
    for difference in (
        "quantization is fp8, was none",
        "max_tokens is 9, was 5",
        "template is t@2",
    ):
        assert difference in str(told.value)
    with Answers("test", SERVED, replay, Scripted()) as answers:
        with pytest.raises(ValueError, match="differs in: the text of the prompt"):
            answers.ask(lambda: [Request("a", 5, prompt="other text")])


def test_plan_and_budget(tmp_path: Path) -> None:
    requests = [chat(f"a passage of some length, number {n}") for n in range(40)]
    with Answers("test", SERVED, llm(tmp_path), Scripted()) as answers:
        plan = answers.plan(requests)
        assert (plan.requests, plan.missing, plan.output_tokens) == (40, 40, 200)
        assert plan.counted == plan.as_before == 0 and plan.hours is None
        assert plan.money == pytest.approx((plan.prompt_tokens * 1000 + 200 * 4000) / 1e6)
        answers.ask(lambda: requests[:20])
        assert answers.asked.note()["money"] == pytest.approx(answers.asked.money) != 0
        plan = answers.plan(requests)
        assert (plan.requests, plan.answered, plan.missing) == (40, 20, 20)
        assert plan.output_tokens == 20, "one token each, as the twenty before"
        assert plan.hours is not None and plan.hours < 0.1
        for line in ("requests", "answered before 20, to ask 20", "guessed from bytes", "money"):
            assert line in plan.text()
    for budget in ({"tokens": 10}, {"money": 0.01}, {"hours": 1e-9}):
        engine = Scripted()
        with Answers("test", SERVED, llm(tmp_path, budget=budget), engine) as answers:
            (name,) = budget
            with pytest.raises(
                ValueError, match=rf"llm\.budget\.{name} allows .*nothing was asked"
            ):
                answers.ask(lambda: requests)
            assert engine.asked == []
            answers.ask(lambda: requests[:20])
    batch = llm(tmp_path, openai={"batch": True})
    with Answers("test", SERVED, batch, Scripted()) as answers:
        assert answers.plan(requests).money == pytest.approx((plan.money or 0) / 2)


@pytest.mark.parametrize(
    ("model", "engine", "batch", "money"),
    [
        ("served:scripted", "openai", False, 3.0),
        ("served:scripted", "openai", True, 1.5),
        ("served:scripted", "google", True, 3.0),
        ("served:scripted", "vllm", False, None),
        ("served:other", "openai", False, None),
    ],
)
def test_what_tokens_cost(
    tmp_path: Path, model: str, engine: str, batch: bool, money: float | None
) -> None:
    """1,000 a million read and 4,000 a million written; half of that through a batch API."""
    assert llm(tmp_path, openai={"batch": batch}).money(model, engine, 1000, 500) == money


@pytest.mark.slow
def test_plan_counts_with_the_model_s_own_tokenizer(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    from finerweb.models import resolve

    tokenizer = AutoTokenizer.from_pretrained(resolve(MODEL.model))
    requests = [request(text * 3) for text in SENTENCES.values()]
    with Answers("test", MODEL, llm(tmp_path), Scripted()) as answers:
        plan = answers.plan(requests)
    assert plan.counted == len(requests)
    expected = sum(len(tokenizer.encode(r.text, add_special_tokens=False)) for r in requests)
    assert plan.prompt_tokens == expected


def test_a_large_plan_is_counted_on_a_sample(tmp_path: Path) -> None:
    with Answers("test", SERVED, llm(tmp_path), Scripted()) as answers:
        plan = answers.plan(chat(f"{n:06} " * (1 + n % 5)) for n in range(20_000))
    estimate = Estimate()
    estimate.add([], [chat(str(n)) for n in range(20_000)])
    sampled = [int(asked.text) for asked in estimate.sample]
    assert SAMPLE <= len(sampled) < 2 * SAMPLE
    steps = {b - a for a, b in pairwise(sampled)}
    assert len(steps) == 1 and sampled[-1] > 19_900, "even, from the first to the last"
    assert plan.missing == 20_000
    assert plan.prompt_tokens == pytest.approx(
        sum(7 * (1 + n % 5) for n in range(20_000)) / 3, 0.01
    )


def canary(text: str) -> Canary:
    return Canary(chat(text), f"{text} in capitals", lambda reply: reply.text == text.upper())


def test_a_model_that_answers_garbage_is_stopped(tmp_path: Path) -> None:
    class Garbage(Scripted):
        def replies(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Reply]]:
            for asked, _ in super().replies(requests):
                yield asked, Reply("<pad><pad>", "length", 1, 5, "scripted")

    engine = Garbage()
    with Answers("test", SERVED, llm(tmp_path), engine) as answers:
        with pytest.raises(ValueError, match=r"failed 2 of 2 test questions.*got '<pad><pad>'"):
            answers.ask(lambda: [chat("passage")], [canary("x"), canary("y")])
    assert engine.asked == ["x", "y"], "no passage was asked about"
    good = Scripted()
    with Answers("test", SERVED, llm(tmp_path), good) as answers:
        answers.ask(lambda: [chat("passage")], [canary("x"), canary("y")])
        answers.ask(lambda: [chat("another")], [canary("x"), canary("y")])
        assert answers.asked.made == 2, "canaries are no part of what is kept or counted"
    assert good.asked == ["x", "y", "passage", "another"], "asked once, when the model is loaded"
    with Answers("test", SERVED, llm(tmp_path), Scripted()) as answers:
        answers.ask(lambda: [chat("passage")], [canary("z")])
        assert answers.asked.made == 0


def test_too_many_failures_stop_the_run(tmp_path: Path) -> None:
    class Refusing(Scripted):
        def replies(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Reply]]:
            for asked, _ in super().replies(requests):
                yield asked, Reply("", "rejected", 0, 0, "scripted", failure="unknown parameter")

    engine = Refusing()
    with Answers("test", SERVED, llm(tmp_path), engine) as answers:
        with pytest.raises(
            OSError, match=r"11 of 11 requests were not answered.*unknown parameter"
        ):
            answers.ask(lambda: [chat(str(n)) for n in range(1000)])
    assert len(engine.asked) == 11


RUN = """
import sys, time
from pathlib import Path
sys.path[:0] = [{tests!r}]
from asking import SERVED, Scripted, llm, request
from finerweb.llm.answers import Answers
import logging
logging.basicConfig(level=logging.INFO, format="%(message)s")

class Slow(Scripted):
    def replies(self, requests):
        for pair in super().replies(requests):
            with open("asked.txt", "a") as file:
                file.write(pair[0].text + "\\n")
            yield pair
            if len(self.asked) == {after}:
                print("so far", flush=True)
                time.sleep({seconds})

try:
    with Answers("test", SERVED, llm(Path(".")), Slow()) as answers:
        answers.ask(lambda: [request(f"r{{i}}") for i in range(20)])
        print("".join(sorted(r.text for r in answers.of([request(f"r{{i}}") for i in range(20)]))))
except KeyboardInterrupt:
    sys.exit(130)
"""


def start(folder: Path, after: int, seconds: float) -> "subprocess.Popen[str]":
    code = RUN.format(tests=str(Path(__file__).parent), after=after, seconds=seconds)
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", code]
    return subprocess.Popen(command, cwd=folder, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.slow
def test_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    """SIGKILL after some replies: the next run asks exactly the others, and ends the same."""
    killed = start(tmp_path, 10, 60)
    assert killed.stdout is not None and killed.stdout.readline() == "so far\n"
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    out, _ = start(tmp_path, 99, 0).communicate()
    asked = (tmp_path / "asked.txt").read_text().split()
    assert len(asked) == len(set(asked)) == 20
    (tmp_path / "unbroken").mkdir()
    assert start(tmp_path / "unbroken", 99, 0).communicate()[0] == out


@pytest.mark.slow
def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(tmp_path: Path) -> None:
    process = start(tmp_path, 10, 0.5)
    assert process.stdout is not None and process.stdout.readline() == "so far\n"
    process.send_signal(signal.SIGINT)
    _, told = process.communicate()
    assert process.returncode == 130
    assert "stopping when the requests under way are answered" in told
    assert "test: stopped; all that was answered is kept. Run again to go on" in told
    with ReplyStore(tmp_path / "replies.sqlite") as store:
        assert len(store) == len((tmp_path / "asked.txt").read_text().split()) < 20


@pytest.mark.slow
def test_two_runs_at_once_share_the_work(tmp_path: Path) -> None:
    """No reply is lost, no database is locked; the second waits for the first one's replies."""
    code = RUN.replace("Slow()", "Slow(0.05)").format(
        tests=str(Path(__file__).parent), after=99, seconds=0
    )
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", code]
    both = [
        subprocess.Popen(command, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True)
        for _ in range(2)
    ]
    outs = [process.communicate() for process in both]
    assert outs[0][0] == outs[1][0] and len(outs[0][0]) > 40
    told = outs[0][1] + outs[1][1]
    assert "locked" not in told
    assert "test: another process asks this model; waiting for its replies" in told
    asked = (tmp_path / "asked.txt").read_text().split()
    assert sorted(asked) == sorted(f"r{i}" for i in range(20)), "each is paid for once"


@pytest.mark.parametrize(
    ("budget", "spent"),
    [({"tokens": 320}, "320 of 320 tokens"), ({"money": 1.2}, "1.22 of 1.20 money")],
)
def test_a_budget_that_the_plan_underestimated_still_holds(
    tmp_path: Path, budget: dict[str, float], spent: str
) -> None:
    """The plan says 1 token a reply, as before; the replies have 30: asking stops, all is kept."""

    class Wordy(Scripted):
        def replies(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Reply]]:
            for asked, _ in super().replies(requests):
                yield asked, Reply("", "stop", 2, 30 if self.wordy else 1, "scripted")

        wordy = False

    engine = Wordy()
    requests = [chat(f"r{n}") for n in range(60)]
    with Answers("test", SERVED, llm(tmp_path), engine) as answers:
        answers.ask(lambda: requests[:20])
    engine.wordy = True
    with Answers("test", SERVED, llm(tmp_path, budget=budget), engine) as answers:
        with pytest.raises(ValueError, match=rf"budget is used up \({spent}\), 30 requests"):
            answers.ask(lambda: requests)
    assert len(engine.asked) == 30
    with Answers("test", SERVED, llm(tmp_path), engine) as answers:
        answers.ask(lambda: requests)
        assert answers.asked.made == 30


def test_progress_is_json_lines_without_a_terminal(tmp_path: Path) -> None:
    _, told = start(tmp_path, 99, 0).communicate()
    lines = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    assert lines[-1]["done"] == lines[-1]["total"] == 20
    assert {"per_second", "seconds_left", "tokens_per_second"} <= set(lines[-1])


ANNOTATOR = annotation.Brief(
    AnnotatorParams(**SERVED.model_dump(), max_mentions=30, max_tokens=50), None
)


def test_what_cannot_be_read_is_asked_once_more(tmp_path: Path) -> None:
    """A cut-off or garbled reply: a smaller ask; if that fails too, a row with a reason."""

    def reply(asked: Request) -> str:
        smaller = "at most 15" in asked.text
        if "Bonn" in asked.text:
            return '[["Bonn","city"]]'
        if "Köln" in asked.text:
            return '[["Köln","city"]]' if smaller else '[["Kö'
        return '[["' if smaller else "   "

    class Model(Scripted):
        def replies(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Reply]]:
            for asked, _ in super().replies(requests):
                yield asked, Reply(reply(asked), "length", 7, 3, "scripted")

    passages = [
        Passage(name, name, "deu_Latn", f"Ein Text über {name}.", 0, 4, "corpus")
        for name in ("Bonn", "Köln", "Trier")
    ]
    engine = Model()
    with Answers("test", SERVED, llm(tmp_path), engine) as answers:
        answers.ask(lambda: (annotation.request(p, ANNOTATOR) for p in passages))
        answers.ask(lambda: annotation.retries(passages, answers, ANNOTATOR))
        rows, report = annotation.rows(passages, "qwen", answers, ANNOTATOR)
    assert len(engine.asked) == 5
    assert [(row["passage_id"], row["reply"], row["retried"]) for row in rows] == [
        ("Bonn", '[["Bonn","city"]]', False),
        ("Köln", '[["Köln","city"]]', True),
        ("Trier", '[["', True),
    ]
    assert (report.retried, report.cut_off) == (2, 3)


@pytest.mark.slow
def test_plan_command(project: Path) -> None:
    done = run("finerweb", "plan", cwd=project)
    assert "rate@qwen, mirror:qwen2.5-coder-1.5b-instruct-q4\n" in done.stdout
    assert "288   answered before 0, to ask 288" in done.stdout, (
        "12 languages, 8 texts, 3 questions"
    )
    assert (
        "by the quotas: data/passages is not there yet (`dvc repro data/passages`)" in done.stdout
    )
    done = run("finerweb", "plan", "merge", cwd=project, check=False)
    assert done.returncode == 1 and "no stage 'merge' that asks; there are" in done.stderr


@pytest.mark.slow
def test_plan_of_the_paper_s_preset(project: Path) -> None:
    """What would be fetched, asked and paid, before anything is there."""
    shutil.copytree(ROOT / "presets", project / "presets")
    run("finerweb", "preset", "paper", "--yes", cwd=project)
    said = run("finerweb", "plan", cwd=project).stdout
    assert "17.8 GB, about" in said, "91 languages, 26,000 documents, four times over"
    assert "hub:google/gemma-3-27b-it@" in said
    assert said.count("91,000   answered before 0, to ask 91,000") == 2
    assert said.count("227,500   answered before 0, to ask 227,500") == 2
    assert "5,005   answered before 0, to ask 5,005" in said, "25 passages, 25 gold, 5 planted"
    assert "no price known" in said and said.count("at most") == 6


def test_ended_by_a_signal_outside_the_main_thread(tmp_path: Path) -> None:
    import threading

    made: list[Any] = []

    def ask() -> None:
        with Answers("test", SERVED, llm(tmp_path), Scripted()) as answers:
            answers.ask(lambda: [request("a")])
            made.append(answers.asked.made)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert made == [1]
