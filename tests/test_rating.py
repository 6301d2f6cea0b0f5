"""Ratings: what is asked, and how the reply is read out."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import SENTENCES

from finerweb.llm.requests import Reply
from finerweb.params.raters import RaterParams
from finerweb.rating import (
    CRITERIA,
    one_a_document,
    probability_of_yes,
    read,
    report,
    requests,
    roc_auc,
    row,
)
from finerweb.records import Passage

PARAMS = RaterParams(
    model="mirror:gemma-3-270m-q4",
    engine="vllm",
    chat=True,
    dtype="bfloat16",
    max_model_len=64,
    read_out="criteria",
    yes_at=(0.5, 0.5, 0.5),
)
DIGIT = PARAMS.model_copy(update={"read_out": "digit"})


def passage(text: str = "Ana", name: str = "d#0", part: str = "rating") -> Passage:
    return Passage(name, name.split("#")[0], "deu_Latn", text, 0, 1, part, useful=True)


def reply(yes: float, text: str = "") -> Reply:
    tokens = (("Yes", math.log(yes)), (" no", math.log(1 - yes)), ("maybe", -9.0))
    return Reply(text, "stop", 1, 1, "x", tokens)


@pytest.mark.parametrize("sentence", SENTENCES.values(), ids=SENTENCES)
def test_passage_first_question_last(sentence: str) -> None:
    asked = requests(passage(sentence), PARAMS)
    prompts = [request.messages[0][1] for request in asked if request.messages]
    assert len(prompts) == 3
    for prompt, criterion in zip(prompts, CRITERIA, strict=True):
        assert prompt.index(sentence) < prompt.index(criterion)
        assert prompt.startswith("Text in German:")
    shared = prompts[0][: prompts[0].index(CRITERIA[0])]
    assert all(prompt.startswith(shared) for prompt in prompts)


def test_a_base_model_gets_a_prompt() -> None:
    (asked,) = requests(passage(), DIGIT.model_copy(update={"chat": False}))
    assert asked.messages is None and (asked.prompt or "").endswith("\nAnswer:")


@pytest.mark.parametrize("text", ["{{ 7 * 7 }} {% raw %}", '"""', "<|im_end|>", "{question}"])
def test_passages_are_data(text: str) -> None:
    for request in requests(passage(text), PARAMS):
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
    rows = {"deu_Latn": [row(passage(), "r", [reply(0.9), silent, silent], PARAMS)]}
    figures = report(rows)["overall"]
    assert isinstance(figures, dict)
    assert (figures["seen"], figures["kept"]) == (1, 0)
    assert figures["dropped"] == {"neither yes nor no": 1}


@pytest.mark.parametrize(("text", "score"), [("3", 3), (" 4 ", 4), ("5", None), ("three", None)])
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
