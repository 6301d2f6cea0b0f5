"""The filter: the paper's first acceptable passage of each document, every drop with a reason."""

import json
from pathlib import Path

import pytest
from encoders import make_regressor
from filter_inputs import LANGUAGES, make_inputs, run_filter
from hypothesis import given
from hypothesis import strategies as st

from finerweb.filtering import first, outcome, report, top_k
from finerweb.params.filter import FilterParams
from finerweb.records import Passage
from finerweb.regressor.work import Scoring

PARAMS = FilterParams(
    rule="first",
    threshold=0.5,
    quota=2,
    rows=4,
    tokens=1,
    precision="float32",
    identifier="x",
    reject_english=True,
)
TOP = PARAMS.model_copy(update={"rule": "top_k"})


def passage(name: str, language: str = "deu_Latn", useful: bool | None = None) -> Passage:
    return Passage(name, name.split("#")[0], language, name, 0, 5, "corpus", useful=useful)


def english(text: str) -> tuple[str | None, float]:
    return ("en" if "en" in text else "de"), 1.0


def reasons(scored: list[tuple[str, float]], language: str = "deu_Latn") -> list[str | None]:
    passages = [(passage(name, language), score) for name, score in scored]
    return [decision.reason for decision in first(passages, PARAMS, english)]


def test_first_acceptable_of_each_document_until_the_quota() -> None:
    assert reasons(
        [("a#0", 0.4), ("a#1", 0.6), ("a#2", 0.9), ("b#0", 0.5), ("c#0", 0.6), ("d#0", 0.9)]
    ) == ["below threshold", None, "document has one", "below threshold", None, "over quota"]


def test_english_inside_another_language_is_rejected() -> None:
    assert reasons([("en#0", 0.9), ("a#0", 0.9)]) == ["English", None]
    assert reasons([("en#0", 0.9), ("a#0", 0.9)], "eng_Latn") == [None, None]


def test_not_a_number_is_not_kept() -> None:
    assert reasons([("a#0", float("nan"))]) == ["below threshold"]


@pytest.mark.parametrize(
    ("scored", "expected"),
    [
        # Each document stands with its best passage, below the threshold too.
        (
            [("a#0", 0.4), ("a#1", 0.6), ("b#0", 0.1), ("c#0", 0.5)],
            {"a#1": None, "c#0": None, "b#0": "not among the best", "a#0": "document has a better"},
        ),
        # Where the best is English, the next one stands.
        (
            [("a-en#0", 0.9), ("a-de#0", 0.2), ("b#0", 0.1)],
            {"a-en#0": "English", "a-de#0": None, "b#0": None},
        ),
        # Of equal scores the earlier one stays.
        (
            [("a#0", 0.5), ("b#0", 0.5), ("c#0", 0.5)],
            {"a#0": None, "b#0": None, "c#0": "not among the best"},
        ),
    ],
)
def test_top_k(scored: list[tuple[str, float]], expected: dict[str, str | None]) -> None:
    passages = [(passage(name), score) for name, score in scored]
    found = {d.passage.passage_id: d.reason for d in top_k(passages, TOP, english)}
    assert found.keys() == expected.keys()
    for name, reason in expected.items():
        assert (found[name] or "").startswith(reason or "") and bool(found[name]) == bool(reason)


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.floats(-1, 2)), max_size=20),
    st.sampled_from([PARAMS, TOP]),
)
def test_kept_and_dropped_are_all(scored: list[tuple[str, float]], params: FilterParams) -> None:
    scored.sort(key=lambda pair: pair[0])
    named = [(passage(f"{name}#{i}"), score) for i, (name, score) in enumerate(scored)]
    found = outcome(named, params, english)
    assert len(found.kept) <= params.quota
    assert len({row["document_id"] for row in found.kept}) == len(found.kept)
    assert found.tally.seen == len(scored)
    assert found.tally.kept == len(found.kept)
    if params is TOP:
        best = sorted(max(s for n, s in scored if n == d) for d in {n for n, _ in scored})
        assert sorted(row["quality_score"] for row in found.kept) == best[-params.quota :]
    if len({score for _, score in scored}) > 1:
        counts = report({"deu_Latn": found}, params)["overall"]
        assert isinstance(counts, dict)
        assert counts["seen"] == counts["kept"] + sum(counts["dropped"].values())
        assert counts["short"] == params.quota - counts["kept"]


def test_a_regressor_that_has_learnt_nothing_is_refused() -> None:
    found = outcome([(passage("a#0"), 0.7), (passage("b#0"), 0.7)], PARAMS, english)
    with pytest.raises(ValueError, match=r"gives all 2 passages the score 0\.7: expected it to"):
        report({"deu_Latn": found, "tha_Thai": outcome([], PARAMS, english)}, PARAMS)


def test_a_language_that_falls_short_is_told(caplog: pytest.LogCaptureFixture) -> None:
    found = outcome([(passage("a#0"), 0.7), (passage("b#0"), 0.1)], PARAMS, english)
    figures = report({"deu_Latn": found}, PARAMS)["languages"]
    assert isinstance(figures, dict)
    assert figures["deu_Latn"]["short"] == 1
    assert "deu_Latn: 1 passages, 1 short of filter.quota" in caplog.text


def test_no_scores_where_nothing_is_known() -> None:
    figures = report({"deu_Latn": outcome([(passage("a#0"), 0.9)], PARAMS, english)}, PARAMS)
    assert figures["overall"]["useful"] is None


def test_scores_against_useful_beside_the_baselines() -> None:
    scored = [
        (passage("a#0", useful=True), 0.9),
        (passage("b#0", useful=False), 0.8),
        (passage("c#0", useful=True), 0.1),
        (passage("d#0"), 0.9),
    ]
    figures = report({"deu_Latn": outcome(scored, PARAMS, english)}, PARAMS)["overall"]
    assert isinstance(figures, dict)
    assert figures["useful"]["filter"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert figures["useful"]["kept"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert figures["useful"]["accept_all"] == {"precision": 2 / 3, "recall": 1.0, "f1": 0.8}


@pytest.mark.slow
def test_a_gpu_that_pytorch_cannot_use_is_no_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    work = Scoring(make_regressor(tmp_path / "regressor"), 256, "float32")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-1")
    with pytest.raises(OSError, match=r"given GPU GPU-1, but this PyTorch .*docs/gpu\.md"):
        work.load()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert callable(work.load())


@pytest.mark.slow
def test_stage_gives_the_same_bytes_with_any_number_of_workers(project: Path) -> None:
    """Fault 31; and what the workers kept is gone once everything is written."""
    make_inputs(project)
    one = run_filter(project, "one", {"PYTHONHASHSEED": "0"}, workers=1)
    assert len(one) == 2 * len(LANGUAGES) + 1
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
