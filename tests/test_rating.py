"""Ratings: what is asked, and how the reply is read out."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from asking import MODEL, Scripted, llm
from hypothesis import given
from hypothesis import strategies as st
from texts import SENTENCES

from finerweb.llm.answers import Answers
from finerweb.llm.requests import Reply, Request
from finerweb.params.raters import RaterParams
from finerweb.rating import (
    CRITERIA,
    one_a_document,
    probability_of_yes,
    questions,
    read,
    requests,
    roc_auc,
    rows,
    shift,
)
from finerweb.records import Passage

SETTINGS = MODEL.model_dump() | {"chat": True}
PARAMS = RaterParams(**SETTINGS, read_out="criteria", yes_at=(0.5, 0.5, 0.5))
DIGIT = PARAMS.model_copy(update={"read_out": "digit"})


def passage(text: str = "Ana", name: str = "d#0", part: str = "rating") -> Passage:
    return Passage(name, name.split("#")[0], "deu_Latn", text, 0, 1, part, useful=True)


def reply(yes: float, text: str = "") -> Reply:
    tokens = (("Yes", math.log(yes)), (" no", math.log(1 - yes)), ("maybe", -9.0))
    return Reply(text, "stop", 1, 1, "x", tokens)


@pytest.mark.parametrize("sentence", SENTENCES.values(), ids=SENTENCES)
def test_passage_first_question_last(sentence: str) -> None:
    asked = questions(passage(sentence), PARAMS)
    prompts = [request.messages[0][1] for request in asked if request.messages]
    assert len(prompts) == 3
    for prompt, criterion in zip(prompts, CRITERIA, strict=True):
        assert prompt.index(sentence) < prompt.index(criterion)
        assert prompt.startswith("Text in German:")
    shared = prompts[0][: prompts[0].index(CRITERIA[0])]
    assert all(prompt.startswith(shared) for prompt in prompts)


def test_a_base_model_gets_a_prompt() -> None:
    (asked,) = questions(passage(), DIGIT.model_copy(update={"chat": False}))
    assert asked.messages is None and (asked.prompt or "").endswith("\nAnswer:")


@pytest.mark.parametrize("text", ["{{ 7 * 7 }} {% raw %}", '"""', "<|im_end|>", "{question}"])
def test_passages_are_data(text: str) -> None:
    for request in questions(passage(text), PARAMS):
        assert request.messages and text in request.messages[0][1]


@given(st.lists(st.floats(0.01, 0.99), min_size=3, max_size=3))
def test_criteria_add_up(yes: list[float]) -> None:
    rating = read([reply(p) for p in yes], PARAMS)
    assert rating.rating == pytest.approx(1 + sum(yes), abs=1e-3)
    assert rating.score in (1, 2, 3, 4)


def test_yes_at_is_half_a_point() -> None:
    easy = PARAMS.model_copy(update={"yes_at": (0.9, 0.9, 0.9)})
    assert read([reply(0.9)] * 3, easy).rating == pytest.approx(2.5)
    assert read([reply(0.95)] * 3, easy).score == 3
    assert read([reply(0.8)] * 3, easy).score == 2


def test_neither_yes_nor_no_is_a_counted_drop() -> None:
    silent = Reply("42", "stop", 1, 1, "x", (("42", -0.1),))
    assert probability_of_yes(silent) is None
    assert read([reply(0.9), silent, silent], PARAMS).dropped == "neither yes nor no"
    refused = Reply("", "content_filter", 1, 0, "x", failure="flagged")
    assert read([reply(0.9), refused, silent], PARAMS).dropped == "content_filter"


def test_every_passage_is_kept_or_dropped_with_a_reason(tmp_path: Path) -> None:
    """Three passages, the last of which the model says nothing of; the attacks are asked too."""

    class Rater(Scripted):
        def replies(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Reply]]:
            for asked, _ in super().replies(requests):
                silent = Reply("?", "stop", 9, 1, "x", (("?", -0.1),))
                yield asked, silent if "Nobody" in asked.text else reply(0.9)

    passages = [passage("Ana", "a#0"), passage("Bo", "b#0"), passage("Nobody", "c#0")]
    served = PARAMS.model_copy(update={"model": "served:scripted", "engine": "openai"})
    with Answers("test", served, llm(tmp_path), Rater()) as answers:
        answers.ask(lambda: requests(passages, served))
        rated, report = rows(passages, "r", answers, served)
        moved = shift(answers, served)
    assert [row["score"] for row in rated] == [4, 4, None]
    figures = report.metrics()
    assert (figures["seen"], figures["kept"]) == (3, 2)
    assert figures["dropped"] == {"neither yes nor no": 1}
    assert (report + report).ratings.seen == 6
    assert moved["mean_shift"] == 0.0 and moved["unreadable"] == 0


@pytest.mark.parametrize(
    ("text", "score"),
    [("3", 3), (" 4 ", 4), ('{"rating": 2}', 2), ("5", None), ("three", None), ('{"x": 2}', None)],
)
def test_digit(text: str, score: int | None) -> None:
    assert read([reply(0.5, text)], DIGIT).score == score


def test_one_passage_of_each_rating_document() -> None:
    passages = [passage(name=f"d{i}#{j}") for i in range(3) for j in range(4)]
    chosen = one_a_document([*passages, passage(name="c#0", part="corpus")])
    assert [p.document_id for p in chosen] == ["d0", "d1", "d2"]
    assert {p.passage_id for p in one_a_document(passages[::-1])} == {p.passage_id for p in chosen}


@pytest.mark.parametrize(
    ("pairs", "area"),
    [
        ([(True, 4.0), (False, 1.0)], 1.0),
        ([(True, 1.0), (False, 4.0)], 0.0),
        ([(True, 2.0), (False, 2.0)], 0.5),
        ([(True, 2.0)], None),
        ([], None),
    ],
)
def test_roc_auc(pairs: list[tuple[bool, float]], area: float | None) -> None:
    assert roc_auc(pairs) == area
