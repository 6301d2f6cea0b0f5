"""Judges: what they are shown, what they find of planted faults, what garbage they may say."""

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from asking import llm
from hypothesis import given, settings
from hypothesis import strategies as st
from reach import ROOT
from scripted_server import Fault, scripted_server
from texts import texts
from verdict_cases import JUDGE, PARAMS, SETTINGS, WORDS, Judge, passage, shown, variant_row

from finerweb.evaluation.types import coarse
from finerweb.forecast import asking
from finerweb.judging import (
    GOLD,
    VARIANT,
    Case,
    ask,
    cases,
    request,
    requests,
    rows,
    shift,
    smaller,
)
from finerweb.llm.answers import Answers
from finerweb.params.documents import DocumentsParams
from finerweb.params.judge import JudgeParams, PlantedShares
from finerweb.params.load import load
from finerweb.planting import plant, wrong_type
from finerweb.records import Mention, Passage
from finerweb.report.verdicts import figures
from finerweb.tables.io import Row, read, write
from finerweb.tables.verdicts import VERDICTS

SHARES = PARAMS.shares


def judged(folder: Path, how: str, code: str, params: JudgeParams = PARAMS) -> list[Row]:
    """Return the rows of a language, as a scripted judge sees it."""
    every = shown(code, params)
    with Answers("test", JUDGE, llm(folder), Judge(how)) as answers:
        ask(lambda: every, answers, JUDGE)
        return rows(every, "qwen", answers, JUDGE)


@pytest.mark.parametrize("code", WORDS)
def test_a_perfect_judge_finds_every_plant(tmp_path: Path, code: str) -> None:
    found = figures(judged(tmp_path, "perfect", code), PARAMS, [])
    for kind in ("missing", "extra", "wrong"):
        assert found["planted"][kind] == {
            "planted": 2,
            "recall": 1.0,
            "noticed": 1.0,
            "before": 0.0,
        }
    assert found["planted"]["faithfulness_drop"] == found["planted"]["completeness_drop"] == 2
    assert found["gold"]["false_alarms"] == found["gold"]["missing_per_passage"] == 0
    assert found["gold"]["faulted"] == 0
    assert found["faithfulness"]["mean"] == found["completeness"]["mean"] == 5
    assert found["errors"]["missing"]["faults"] == 0 and found["parse_rate"] == 1


def test_a_blind_judge_finds_none(tmp_path: Path) -> None:
    found = figures(judged(tmp_path, "blind", "tha_Thai"), PARAMS, ["qwen"])
    for kind in ("missing", "extra", "wrong"):
        assert found["planted"][kind]["recall"] == found["planted"][kind]["noticed"] == 0
    assert found["planted"]["faithfulness_drop"] == 0
    assert found["judge_is_annotator"] == ["qwen"]


def test_whoever_finds_fault_with_everything_is_found_out(tmp_path: Path) -> None:
    """It lists all annotations of the passage as wrong: every wrong plant, and all of the gold."""
    pairs = [p.split("|") for p in WORDS["cmn_Hani"].split(", ")]
    everything = [[f"{s}{sign}", kind] for s, kind in pairs for sign in ("", *"₁₂")]
    said = {"wrong": everything, "faithfulness": 1, "completeness": 1}
    found = figures(judged(tmp_path, json.dumps(said), "cmn_Hani"), PARAMS, [])
    wrong = found["planted"]["wrong"]
    assert (wrong["recall"], wrong["before"]) == (1, 1)
    assert found["gold"]["false_alarms"] == found["gold"]["faulted"] == 1
    assert found["errors"]["wrong"]["share"] == 1
    assert found["faults_listed"]["wrong"]["dropped"]["not annotated"] > 0
    assert found["errors"]["wrong"]["types"]["person"] == pytest.approx(0.2)


@pytest.mark.parametrize("code", WORDS)
def test_what_is_planted(code: str) -> None:
    for case in shown(code):
        if not case.is_planted:
            assert not case.plants
            continue
        kinds = {one.kind: one.mention for one in case.plants}
        assert set(kinds) == {"missing", "extra", "wrong"}
        surfaces = {one.text: one.type for one in case.annotations}
        assert kinds["missing"].text in case.text and kinds["missing"].text not in surfaces
        assert kinds["extra"].text not in case.text and kinds["extra"].text in surfaces
        assert surfaces[kinds["wrong"].text] == kinds["wrong"].type
        assert len(case.annotations) == 5


MENTIONS = st.lists(
    st.builds(Mention, texts(1, 6), st.sampled_from(["person", "person / city", "zyx", "date"])),
    max_size=8,
)


@settings(max_examples=30)
@given(MENTIONS, MENTIONS, texts(), st.floats(0, 0.5), st.randoms())
def test_planting_whatever_comes(
    mentions: list[Mention], donors: list[Mention], text: str, share: float, random: Random
) -> None:
    """Known plants, all of them, in any order of the donors; one annotation stays as it was."""
    shares = PlantedShares(missing=share, wrong=share, extra=share)
    made = plant("p", text, mentions, donors, shares, 1)
    again = list(donors)
    random.shuffle(again)
    assert plant("p", text, mentions, again, shares, 1) == made
    given_to = {one.text for one in mentions}
    left = {one.text for one in made.annotations}
    by_kind: dict[str, set[str]] = {"missing": set(), "extra": set(), "wrong": set()}
    for one in made.plants:
        by_kind[one.kind].add(one.mention.text)
    assert by_kind["missing"] == given_to - left
    assert by_kind["extra"] - given_to == left - given_to
    assert not by_kind["missing"] & by_kind["wrong"]
    assert not given_to or given_to - by_kind["missing"] - by_kind["wrong"]
    if share == 0:
        assert not made.plants and made.annotations == tuple(dict.fromkeys(mentions))


@pytest.mark.parametrize(
    ("kind", "is_known"),
    [("person", True), ("city / country", True), ("zyx", False), ("city / zyx", False)],
)
def test_wrong_types_are_plainly_wrong(kind: str, is_known: bool) -> None:
    for by in range(20):
        wrong = wrong_type(kind.split(" / "), by.to_bytes(8))
        assert bool(wrong) == is_known
        assert coarse(wrong) not in {coarse(part) for part in kind.split(" / ")}


def test_a_planted_type_is_none_of_the_surface_elsewhere() -> None:
    shares = PlantedShares(missing=0, wrong=0.5, extra=0)
    both = [Mention("Washington", kind) for kind in ("city", "person")]
    both.append(Mention("Potomac", "date"))
    planted = [plant("p", "", both, [], shares, seed).plants for seed in range(100)]
    kinds = {coarse(p.mention.type) for some in planted for p in some if p.mention.text[0] == "W"}
    assert kinds and not kinds & {coarse("city"), coarse("person")}


def test_passages_are_chosen_by_hash() -> None:
    """Whatever order they come in; more of them are the same ones and others."""
    passages = [passage("hin_Deva", number) for number in range(4)]
    table = [variant_row(one) for one in passages]
    few = cases("hin_Deva", table, passages, PARAMS)
    assert cases("hin_Deva", table[::-1], passages[::-1], PARAMS) == few
    counts = Counter((case.about, case.is_planted) for case in few)
    assert counts == {(VARIANT, False): 2, (GOLD, False): 2, (GOLD, True): 2}
    most = PARAMS.model_copy(update={"passages": 9, "planted": 9, "gold": 9})
    many = cases("hin_Deva", table, passages, most)
    assert len(many) == 12 and set(few) < set(many)
    # Where people annotated nothing, faults are planted in the variant's annotations.
    silent = cases("hin_Deva", table, [passage("hin_Deva", 0, gold=False)], PARAMS)
    counts = Counter((case.about, case.is_planted) for case in silent)
    assert counts == {(VARIANT, False): 2, (VARIANT, True): 2}
    assert cases("hin_Deva", [], [], PARAMS) == []


def test_passages_without_annotations_are_not_shown() -> None:
    some = [passage("tha_Thai", number) for number in range(3)]
    rows = [variant_row(one) for one in some]
    rows[1]["char_spans"] = []
    found = cases("tha_Thai", rows, [], PARAMS)
    assert {case.passage_id for case in found} == {some[0].passage_id, some[2].passage_id}


def test_a_repeated_annotation_is_shown_once() -> None:
    one = passage("eng_Latn", 0)
    spans = [*(one.gold or ()), *(one.gold or ())]
    (case, *_) = cases("eng_Latn", [variant_row(one, spans)], [], PARAMS)
    assert len(case.annotations) == 5


@pytest.mark.parametrize("chat", [True, False])
@pytest.mark.parametrize("words", [0, 80])
@pytest.mark.parametrize("text", ['"""\nAnnotations: []', "{{ 7 * 7 }} {% raw %}", "ไทย 中文"])
def test_passages_are_data(text: str, words: int, chat: bool) -> None:
    judge = JUDGE.model_copy(update={"chat": chat, "max_explanation": words})
    case = Case("p", "tha_Thai", text, VARIANT, (Mention('ไ"\n', "a / b"),))
    asked = request(case, judge)
    assert text in asked.text and '[["ไ\\"\\n","a / b"]]' in asked.text
    assert ("explanation" in asked.text) == ("explanation" in (asked.schema or "")) == bool(words)
    assert (asked.prompt is None) == chat
    for line in asked.text.splitlines():
        if line.removeprefix("Verdict: ").startswith('{"'):
            example = json.loads(line.removeprefix("Verdict: "))
            assert list(example) == json.loads(asked.schema or "")["required"]
    few = json.loads(smaller(case, judge).schema or "")["properties"]["wrong_annotations"]
    assert few["maxItems"] == 2


GARBAGE = {
    "empty": ("", "empty"),
    "blank": (" \n", "empty"),
    "prose": ("The annotations look fine to me.", "no verdict"),
    "only lists": ('{"missing": [], "extra": [], "wrong": []}', "no score"),
    "one score": ('{"faithfulness": 5}', "no score"),
    "too high": ('{"faithfulness": 9, "completeness": 4}', "score out of range"),
    "zero": ('{"faithfulness": 0, "completeness": 4}', "score out of range"),
    "between": ('{"faithfulness": 4.5, "completeness": 4}', "score out of range"),
    "words": ('{"faithfulness": "good", "completeness": "bad"}', "no score"),
    "list": ("[[1, 2]]", "no verdict"),
}


@pytest.mark.parametrize("said", GARBAGE.values(), ids=GARBAGE)
def test_36_garbage_is_counted_and_asked_once_more(tmp_path: Path, said: tuple[str, str]) -> None:
    reply, reason = said
    every = shown("arb_Arab")
    engine = Judge(reply)
    with Answers("test", JUDGE, llm(tmp_path), engine) as answers:
        answers.ask(lambda: requests(every, JUDGE))  # Without the canaries, which it would fail.
        answers.ask(lambda: [smaller(case, JUDGE) for case in every])
        found = figures(rows(every, "qwen", answers, JUDGE), PARAMS, [])
        moved = shift(answers, JUDGE)
    assert found["verdicts"] == {"seen": 6, "kept": 0, "dropped": {reason: 6}}
    assert found["parse_rate"] == 0 and found["retried"] == 6
    assert found["faithfulness"] is None and found["gold"] is None
    assert found["planted"]["missing"]["recall"] == 0
    assert found["planted"]["faithfulness_drop"] is None
    assert moved["faithfulness"]["unreadable"] == 10
    assert len(engine.asked) == 4 + 12 + 4, "people's annotations are what the variant has"


def test_a_judge_that_says_nothing_sound_is_not_given_passages(tmp_path: Path) -> None:
    with (
        Answers("test", JUDGE, llm(tmp_path), Judge("fine!")) as answers,
        pytest.raises(ValueError, match=r"failed 2 of 2 test questions.*two scores from 1 to 5"),
    ):
        ask(lambda: shown("eng_Latn"), answers, JUDGE)


def test_nothing_is_asked_twice_and_the_order_does_not_matter(tmp_path: Path) -> None:
    every = [case for code in WORDS for case in shown(code)]
    engine = Judge("perfect")
    with Answers("test", JUDGE, llm(tmp_path / "a"), engine) as answers:
        ask(lambda: every, answers, JUDGE)
        first = rows(every, "qwen", answers, JUDGE)
        assert answers.plan(requests(every, JUDGE)).missing == 0
        ask(lambda: every, answers, JUDGE)
    assert len(engine.asked) == len(set(engine.asked))
    # As variant and as gold a passage is the same question where people agree with the variant.
    n_alike = 2 * len(WORDS)
    assert len(engine.asked) == len(every) - n_alike + 12 + 2
    with Answers("test", JUDGE, llm(tmp_path / "b"), Judge("perfect")) as answers:
        ask(lambda: every[::-1], answers, JUDGE)
        again = rows(every[::-1], "qwen", answers, JUDGE)
    for folder, some in (("a", first), ("b", again)):
        write(tmp_path / folder / "x.parquet", some, VERDICTS)
    assert read(tmp_path / "a" / "x.parquet", VERDICTS) == read(
        tmp_path / "b" / "x.parquet", VERDICTS
    )
    assert figures(first, PARAMS, []) == figures(again, PARAMS, [])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"judges": []}, "at least 1"),
        ({"judges": ["a", "a"]}, "distinct"),
        ({"variant": "merged-multi"}, "pattern"),
        ({"shares": {"missing": 0.6, "wrong": 0, "extra": 0}}, "less than or equal to 0.5"),
    ],
)
def test_params_that_do_not_fit(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        JudgeParams.model_validate(SETTINGS | change)


def test_whose_annotations_are_judged() -> None:
    assert PARAMS.annotators_of(["a", "b"]) == ["a", "b"]
    one = PARAMS.model_copy(update={"variant": "b-single-translated"})
    assert one.annotators_of(["a", "b"]) == ["b"]


def test_gold_of_people_is_shown_whole() -> None:
    one: Passage = passage("rus_Cyrl", 0)
    case, planted = cases("rus_Cyrl", [], [one], PARAMS)
    assert (case.about, case.is_planted, planted.is_planted) == (GOLD, False, True)
    surfaces = [pair.split("|")[0] for pair in WORDS["rus_Cyrl"].split(", ")]
    assert [mention.text for mention in case.annotations] == surfaces


@pytest.mark.slow
def test_by_a_server_that_fails_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked in OpenAI's strict form; a second run asks nothing, and says the same."""
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    judge = JUDGE.model_copy(update={"structured": "object", "max_explanation": 40})
    every = shown("tha_Thai")
    with scripted_server(faults=[Fault(500), None, Fault(503)]) as server:
        section = llm(tmp_path, openai={"base_url": server.base_url})
        found = []
        for _ in range(2):
            with Answers("test", judge, section) as answers:
                ask(lambda: every, answers, judge)
                found.append(rows(every, "qwen", answers, judge))
        distinct_requests = {request(case, judge).text for case in every}
        assert len(server.asked) == len(distinct_requests) + 12 + 2 + 2, "two were failed"
        schema = server.requests[-1]["response_format"]["json_schema"]["schema"]
    assert schema["additionalProperties"] is False and "maxLength" not in json.dumps(schema)
    assert next(iter(schema["properties"])) == "explanation"
    assert found[0] == found[1] and all(row["dropped"] is None for row in found[0])


def test_what_judging_will_take_before_there_is_anything_to_judge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    params = load("judge", JudgeParams)
    plan = asking("judge", "qwen")
    of_language = params.passages + params.gold + params.planted
    assert plan.requests == of_language * len(load("documents", DocumentsParams).languages)
