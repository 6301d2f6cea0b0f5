"""The filter: the paper's first acceptable passage of each document, every drop with a reason."""

import json
from pathlib import Path

import pytest
from filter_inputs import LANGUAGES, make_inputs, run_filter
from hypothesis import given
from hypothesis import strategies as st

from finerweb.filtering import outcome, report, select
from finerweb.params.filter import FilterParams
from finerweb.records import Passage

PARAMS = FilterParams(
    threshold=0.5, quota=2, rows=4, batch_size=1, identifier="x", reject_english=True
)


def passage(name: str, language: str = "deu_Latn", useful: bool | None = None) -> Passage:
    return Passage(name, name.split("#")[0], language, name, 0, 5, "corpus", useful=useful)


def english(text: str) -> tuple[str | None, float]:
    return ("en" if "en" in text else "de"), 1.0


def reasons(scored: list[tuple[str, float]], language: str = "deu_Latn") -> list[str | None]:
    passages = [(passage(name, language), score) for name, score in scored]
    return [decision.reason for decision in select(passages, PARAMS, english)]


def test_first_acceptable_of_each_document_until_the_quota() -> None:
    assert reasons(
        [("a#0", 0.4), ("a#1", 0.6), ("a#2", 0.9), ("b#0", 0.5), ("c#0", 0.6), ("d#0", 0.9)]
    ) == ["below threshold", None, "document has one", "below threshold", None, "over quota"]


def test_english_inside_another_language_is_rejected() -> None:
    assert reasons([("en#0", 0.9), ("a#0", 0.9)]) == ["English", None]
    assert reasons([("en#0", 0.9), ("a#0", 0.9)], "eng_Latn") == [None, None]


def test_not_a_number_is_not_kept() -> None:
    assert reasons([("a#0", float("nan"))]) == ["below threshold"]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.floats(-1, 2)), max_size=20))
def test_kept_and_dropped_are_all(scored: list[tuple[str, float]]) -> None:
    named = [(f"{name}#{i}", score) for i, (name, score) in enumerate(scored)]
    scored_passages = [(passage(n), s) for n, s in named]
    decisions = list(select(scored_passages, PARAMS, english))
    assert len(decisions) == len(scored)
    kept = [d for d in decisions if d.reason is None]
    assert len(kept) <= PARAMS.quota
    assert len({d.passage.document_id for d in kept}) == len(kept)
    found = outcome(scored_passages, PARAMS, english)
    assert [row["passage_id"] for row in found.kept] == [d.passage.passage_id for d in kept]
    counts = report({"deu_Latn": found}, PARAMS.threshold)["overall"]
    assert isinstance(counts, dict)
    assert counts["seen"] == counts["kept"] + sum(counts["dropped"].values())


def test_no_scores_where_nothing_is_known() -> None:
    figures = report({"deu_Latn": outcome([(passage("a#0"), 0.9)], PARAMS, english)}, 0.5)
    assert figures["overall"]["useful"] is None


def test_scores_against_useful_beside_the_baselines() -> None:
    scored = [
        (passage("a#0", useful=True), 0.9),
        (passage("b#0", useful=False), 0.8),
        (passage("c#0", useful=True), 0.1),
        (passage("d#0"), 0.9),
    ]
    figures = report({"deu_Latn": outcome(scored, PARAMS, english)}, 0.5)["overall"]
    assert isinstance(figures, dict)
    assert figures["useful"]["filter"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert figures["useful"]["accept_all"] == {"precision": 2 / 3, "recall": 1.0, "f1": 0.8}


@pytest.mark.slow
def test_stage_gives_the_same_bytes_with_any_number_of_workers(project: Path) -> None:
    """Fault 31; and what the workers kept is gone once everything is written."""
    make_inputs(project)
    one = run_filter(project, "one", {"PYTHONHASHSEED": "0"}, workers=1)
    assert len(one) == len(LANGUAGES) + 1
    variables = {
        "PYTHONHASHSEED": "7",
        "TZ": "Asia/Kathmandu",
        "LC_ALL": "C",
        "OMP_NUM_THREADS": "2",
    }
    assert run_filter(project, "two", variables, workers=2) == one
    assert not list((project / ".finerweb" / "batches").glob("*/*"))
    metrics = json.loads((project / "one" / "filter.json").read_text("utf-8"))
    for language in metrics["languages"].values():
        assert (language["seen"], language["kept"]) == (80, 30), "the rating part is not scored"
