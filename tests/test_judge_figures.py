"""What is made of verdicts: the error table, intervals, means over languages, two judges."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from verdict_cases import PARAMS

from finerweb.judging import (
    VARIANT,
)
from finerweb.report.judges import agreement, figure_4, side_by_side
from finerweb.report.verdicts import TABLE_5, by_language, figures, interval
from finerweb.tables.io import Row


def row(name: str, faithfulness: int, completeness: int, **more: Any) -> Row:
    empty: dict[str, list[Any]] = {"annotations": [], "plants": [], "listed": [], "repairs": []}
    counts = {"finish_reason": "stop", "retried": False, "n_prompt_tokens": 1, "n_output_tokens": 1}
    scores = {"faithfulness": faithfulness, "completeness": completeness}
    return (
        {"passage_id": name, "about": VARIANT, "is_planted": False, "dropped": None}
        | empty
        | counts
        | scores
        | more
    )


def test_the_error_table() -> None:
    def listed(kind: str, text: str, status: str = "listed") -> dict[str, str]:
        return {"kind": kind, "text": text, "type": "event", "status": status}

    annotations = [{"text": t, "type": "person"} for t in ("Ana", "Bo", "Cy", "Di")]
    some = [
        row("a", 3, 3, annotations=annotations, listed=[listed("missing", "May Day")]),
        row(
            "b",
            3,
            3,
            annotations=annotations,
            listed=[listed("wrong", "ANA"), listed("missing", "x", "not in the text")],
        ),
    ]
    table = figures(some, PARAMS, [])["errors"]
    assert (table["passages"], table["annotations"]) == (2, 8)
    none = dict.fromkeys(("person", "organization", "date", "location"), 0.0)
    assert table["missing"]["types"] == {"event": 1.0} | none, "the paper's types are told too"
    assert table["wrong"] == {
        "faults": 1,
        "per_passage": 0.5,
        "share": 0.125,
        "types": dict.fromkeys(TABLE_5["wrong"], 0.0) | {"person": 1.0},
    }
    assert table["extra"]["faults"] == 0


def test_languages_weigh_alike() -> None:
    by_code = {
        "deu_Latn": [row("a", 5, 5), row("b", 5, 5), row("c", 5, 5)],
        "tha_Thai": [row("d", 3, 2)],
        "kor_Hang": [row("e", 1, 1, dropped="empty")],
    }
    overall = by_language(by_code, PARAMS, ["qwen"])["overall"]
    assert overall["faithfulness"]["mean"] == 4.5
    assert overall["over_languages"] == {
        "faithfulness": 4,
        "completeness": 3.5,
        "languages": 2,
        "both_below_4": 1,
        "both_below_4_rate": 0.5,
    }


@given(st.lists(st.integers(1, 5), min_size=1, max_size=9), st.randoms())
def test_intervals(scores: list[int], random: Random) -> None:
    found = interval(scores, PARAMS)
    assert found is not None
    assert min(scores) <= found["low"] <= found["mean"] + 1e-9
    assert found["mean"] - 1e-9 <= found["high"] <= max(scores)
    random.shuffle(scores)
    assert interval(scores, PARAMS) == found
    assert interval([], PARAMS) is None


def test_intervals_cover_as_often_as_they_say() -> None:
    """Of 200 samples of 25 scores, whose mean is 3.5, about 95 % (no fewer than 89)."""
    random = Random(0)
    samples = [[random.choice([2, 3, 4, 5]) for _ in range(25)] for _ in range(200)]
    found = [interval(one, PARAMS) for one in samples]
    covered = sum(1 for one in found if one and one["low"] <= 3.5 <= one["high"])
    assert 178 <= covered <= 199


def test_two_judges() -> None:
    first = [row("a", 5, 5), row("b", 1, 3), row("c", 3, 3), row("x", 1, 1)]
    second = [row("c", 3, 3), row("a", 5, 3), row("b", 1, 3), row("y", 2, 2)]
    found = agreement({"one": first, "two": second, "three": []})
    assert list(found) == ["one, two", "one, three", "two, three"]
    assert found["one, two"]["passages"] == 3
    assert found["one, two"]["faithfulness"] == {"kappa": 1.0, "difference": 0.0}
    assert found["one, two"]["completeness"]["kappa"] == pytest.approx(0.0)
    assert found["one, two"]["completeness"]["difference"] == pytest.approx(2 / 3)
    assert found["one, three"]["faithfulness"] == {"kappa": None, "difference": None}
    same = agreement({"one": [row("a", 4, 4)], "two": [row("a", 4, 4)]})["one, two"]
    assert same["faithfulness"] == {"kappa": None, "difference": 0.0}


def test_every_score_says_that_the_judge_annotates() -> None:
    judged = by_language({"deu_Latn": [row("a", 5, 4)]}, PARAMS, ["qwen"]) | {
        "model": "mirror:x",
        "variant": "merged-single",
    }
    (point,) = figure_4("qwen", judged)
    assert point["what"] == "deu_Latn, by qwen, an annotator"
    assert (point["faithfulness"], point["completeness_low"]) == (5, 4)
    ours = side_by_side({"qwen": judged})["ours"]["qwen"]
    assert ours["judge_is_annotator"] == ["qwen"] and ours["faithfulness"] == 5
