"""Reading verdicts: every reply has one or a reason, and only what can be so counts."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import texts

from finerweb.llm.parsing import MAX_REPLY
from finerweb.records import Mention
from finerweb.verdicts import FAILURES, REPAIRS, Verdict, parse_verdict, standing

PAIRS = {
    "Latn": ("Köln", "city"),
    "Arab": ("القاهرة", "مدينة"),
    "Deva": ("वाराणसी", "शहर"),
    "Thai": ("เชียงใหม่", "city"),
    "Hani": ("成都", "城市"),
}
FORMS = {
    "json": ('{"missing_annotations":[["X","Y"]],"faithfulness":4,"completeness":3}', ()),
    "fence": (
        '```json\n{"missing":[["X","Y"]],"faithfulness":4,"completeness":3}\n```',
        ("fence",),
    ),
    "words": (
        'Here: {"missing": [["X", "Y"]], "faithfulness": 4, "completeness": 3} Done!',
        ("outer text",),
    ),
    "around": (
        '{"verdict": {"Missing Annotations": [["X","Y"]], "faithfulness": 4, "completeness": 3}}',
        ("object",),
    ),
    "python": (
        "{'missing': [('X', 'Y')], 'faithfulness': 4, 'completeness': 3}",
        ("python literal",),
    ),
    "strings": (
        '{"missing": [["X","Y"]], "faithfulness": "4/5", "completeness": 3.0}',
        ("score",),
    ),
    "objects": (
        '{"missing": [{"entity": "X", "type": "Y"}], "faithfulness": 4, "completeness": 3}',
        ("pairs",),
    ),
    "cut off": (
        '{"faithfulness": 4, "completeness": 3, "missing": [["X", "Y"], ["Z',
        ("keys", "pairs"),
    ),
    "markdown": (
        '**Faithfulness**: 4\n**Completeness**: 3/5\nMissing annotations: [["X","Y"]]\n',
        ("keys", "score"),
    ),
    "twice": (
        '{"missing": [["X","Y"]], "faithfulness": 4, "completeness": 3, "faithfulness": 1}',
        (),
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("script", PAIRS)
def test_forms_of_replies(script: str, form: str) -> None:
    surface, kind = PAIRS[script]
    text, repairs = FORMS[form]
    read = parse_verdict(text.replace('"X"', f'"{surface}"').replace("'X'", f"'{surface}'")
                         .replace('"Y"', f'"{kind}"').replace("'Y'", f"'{kind}'"))  # fmt: skip
    assert read.verdict is not None, read
    assert (read.verdict.faithfulness, read.verdict.completeness) == (4, 3)
    assert read.verdict.missing == (Mention(surface, kind),)
    assert set(repairs) <= set(read.repairs) <= {*repairs, "no list", "score"}


@pytest.mark.parametrize(
    ("scores", "failure"),
    [
        (("4", "٣"), ""),
        (("४", "३"), ""),
        (("4", "٩"), "score out of range"),
        (("4", "-1"), "score out of range"),
        (("4", "1e300"), "no score"),
        (("4", "99999999999999999999"), "no score"),
        (("4", "ดี"), "no score"),
        (("四", "三"), "no score"),
        (("4/5", "4 out of 5"), ""),
        (("4/10", "4"), "no score"),
        (("4", "3 out of 10"), "no score"),
        (("4", ""), "no score"),
    ],
)
def test_scores_in_digits_of_any_script(scores: tuple[str, str], failure: str) -> None:
    read = parse_verdict(json.dumps({"faithfulness": scores[0], "completeness": scores[1]}))
    assert read.failure == failure


@pytest.mark.parametrize(
    ("after", "failure"),
    [
        ('", "missing_annotations": [["A", "person"], ["B', "no score"),
        ('", "faithfulness": 5, "completeness": 3, "wrong": [["', ""),
        ("", "no score"),
    ],
)
def test_scores_that_only_the_explanation_names(after: str, failure: str) -> None:
    """A reply that was cut off has the scores that stand beside its explanation, not within."""
    said = '{"explanation": "Faithfulness: 4, \\"completeness\\": 2 at best.'
    read = parse_verdict(said + after)
    assert read.failure == failure
    if read.verdict:
        assert (read.verdict.faithfulness, read.verdict.completeness) == (5, 3)


@pytest.mark.parametrize("value", ["true", "null", "NaN", "Infinity", "[4]", "{}", '"\\ud800"'])
def test_what_is_no_score(value: str) -> None:
    reply = f'{{"faithfulness": {value}, "completeness": 4}}'
    assert parse_verdict(reply).failure == "no score"


@pytest.mark.parametrize("value", ['"none"', "null", "7", '["X"]', "{}", '[["a"]]', "[[1, 2]]"])
def test_lists_that_are_none(value: str) -> None:
    reply = f'{{"wrong": {value}, "faithfulness": 4, "completeness": 4}}'
    read = parse_verdict(reply)
    assert read.verdict is not None and read.verdict.wrong == ()
    assert {"no list", "pairs"} & set(read.repairs)


PIECES = st.sampled_from(
    ["{", "}", "[", "]", '"', "'", ":", ",", "faithfulness", "completeness", "missing", "wrong",
     "extra", "4", "5/5", "\\u0000", "\ud800", "```", "\n", "('", "True", "1e999", "Köln", "图"]
)  # fmt: skip


@settings(max_examples=300)
@given(st.one_of(st.lists(PIECES, max_size=40).map("".join), texts(), st.text(max_size=60)))
def test_is_total(reply: str) -> None:
    read = parse_verdict(reply)
    assert (read.verdict is None) == (read.failure in FAILURES) == (read.failure != "")
    assert set(read.repairs) <= set(REPAIRS)
    if read.verdict:
        read.verdict.explanation.encode()
        assert all("\0" not in m.text for m in read.verdict.missing)


@pytest.mark.parametrize(
    "piece", ['{"faithfulness":', "faithfulness: 4 ", '{"a":', "[", "```", '"missing": [["a",', "'"]
)
def test_hostile_replies_take_bounded_time(piece: str) -> None:
    begun = time.process_time()
    parse_verdict((piece * MAX_REPLY)[:MAX_REPLY])
    assert time.process_time() - begun < 5
    assert parse_verdict("x" * (MAX_REPLY + 1)).failure == "too long"


def test_explanations_are_cut_and_can_be_written() -> None:
    said = {"explanation": "\0\ud800" + "ก" * 5000, "faithfulness": 1, "completeness": 1}
    read = parse_verdict(json.dumps(said))
    assert read.verdict and len(read.verdict.explanation) < 2001
    read.verdict.explanation.encode()


def test_scores_are_checked_at_birth() -> None:
    with pytest.raises(ValueError, match="expected scores from 1 to 5, got 6, 1"):
        Verdict(6, 1)


@pytest.mark.parametrize("script", PAIRS)
def test_only_what_can_be_so_counts(script: str) -> None:
    surface, kind = PAIRS[script]
    mention, other, nowhere = Mention(surface, kind), Mention("Ana", "x"), Mention("Zz", "x")
    verdict = Verdict(
        3,
        3,
        missing=(mention, Mention("ANA", "x"), Mention("ana ", "y"), nowhere),
        extra=(other, mention, nowhere),
        wrong=(mention,),
    )
    found = standing(verdict, f"Ana — {surface}.", [mention])
    statuses = {name: [status for _, status in some] for name, some in found.items()}
    assert statuses == {
        "missing": ["annotated", "listed", "repeated", "not in the text"],
        "extra": ["not annotated", "listed", "not annotated"],
        "wrong": ["listed"],
    }
