"""Confidence: folds, students that never saw what they score, rows, and what resumes."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest
import yaml
from encoders import make_encoder
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from reach import ROOT
from texts import SENTENCES

from finerweb.compute.checkpoints import Checkpoints
from finerweb.confidence import binder_student
from finerweb.confidence.binder_student import BinderStudent
from finerweb.confidence.folds import examples, fold_of, held_out, read_corpus
from finerweb.confidence.rows import counted, rows, together
from finerweb.confidence.students import OUTSIDE, UNTAUGHT, WIDE, Work, ask_all
from finerweb.params.confidence import ConfidenceParams
from finerweb.params.train_binder import TrainBinderParams
from finerweb.records import Passage, Span
from finerweb.tables.confidence import CONFIDENCE, read_beside
from finerweb.tables.entities import ENTITIES
from finerweb.tables.io import read, write
from finerweb.tables.passages import PASSAGES, SELECTED
from finerweb.tables.rows import passage_row
from finerweb.tables.types import TYPES, VECTORS, vector_table

FILE = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
PARAMS = ConfidenceParams.model_validate(FILE["confidence"])
SETTINGS = TrainBinderParams.model_validate(
    FILE["train_binder"]
    | {"precision": "float32"}
    | {"model": FILE["train_binder"]["model"] | {"max_length": 40, "stride": 8, "max_width": 6}}
)
SCRIPTS = {
    "eng_Latn": "Latn",
    "arb_Arab": "Arab",
    "hin_Deva": "Deva",
    "tha_Thai": "Thai",
    "cmn_Hani": "Hani",
}
SEEN = ("person", "place")
GOLD = "eng_Latn-0"

Inputs = Mapping[str, list[Passage]]


def text_of(code: str) -> str:
    """Return 34 code points of a language, without blanks: entities have none at their borders."""
    return ("".join(SENTENCES[SCRIPTS[code]].split()) * 4)[:34]


def passages(code: str, n: int) -> list[Passage]:
    """Return passages of documents of their own, numbered; the first English one has gold."""
    text = text_of(code)
    ids = [f"{code}-{i}" for i in range(n)]
    gold = (Span(0, 3, "person"),)
    return [
        Passage(f"{one}#0", one, code, text, 0, 9, "corpus", gold=gold if one == GOLD else None)
        for one in ids
    ]


def entities(
    one: Passage, found: Sequence[tuple[int, int, tuple[str, ...]]]
) -> list[dict[str, Any]]:
    """Return the rows of a passage's entities."""
    return [
        {
            "passage_id": one.passage_id,
            "start": start,
            "end": end,
            "surface": one.text[start:end],
            "labels": list(labels),
            "similarity": None,
            "sources": [
                {"annotator": name, "start": start, "end": end, "type": label}
                for name, label in zip(("gemma", "qwen"), labels, strict=False)
            ],
        }
        for start, end, labels in sorted(found)
    ]


def make_inputs(
    folder: Path,
    counts: Mapping[str, int],
    more: tuple[tuple[int, int, tuple[str, ...]], ...] = (),
) -> None:
    """Write entities, selected, passages, types: so many passages of each language.

    Each has two entities; the first of a language ``more``.
    """
    types = {"human", *SEEN} | {label for _, _, labels in more for label in labels}
    for code, n in counts.items():
        found = passages(code, n)
        always = ((0, 3, ("person",)), (4, 6, ("human", "place")))
        every = [(*always, *more) if i == 0 else always for i in range(n)]
        made = [row for one, some in zip(found, every, strict=True) for row in entities(one, some)]
        write(folder / "entities" / f"{code}.parquet", made, ENTITIES)
        write(folder / "passages" / f"{code}.parquet", map(passage_row, found), PASSAGES)
        scored = [passage_row(one) | {"quality_score": 0.5} for one in found]
        write(folder / "selected" / f"{code}.parquet", scored, SELECTED)
    named = [
        {"type": t, "count": 1, "concepts": [t], "steps": [], "is_latin": True}
        for t in sorted(types)
    ]
    write(folder / "types" / "types.parquet", named, TYPES)
    vectors = np.eye(len(types), dtype=np.float32)
    write(folder / "types" / "vectors.parquet", vector_table(sorted(types), vectors), VECTORS)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_encoder(tmp_path_factory.mktemp("encoder"))


def work(folder: Path, encoder: Path, folds: int = 2, seeds: tuple[int, ...] = (0,)) -> Work:
    """Return the work on the inputs of a folder: two steps a student."""
    settings = SETTINGS.model_copy(update={"epochs": 1, "max_steps": 2})
    there = (folder / name for name in ("entities", "selected", "passages"))
    student = BinderStudent(encoder, None, folder / "types", 256, settings)
    return Work(*there, folds, seeds, 2, student)


def scored(one: Work, kept: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every language."""
    corpus = read_corpus(one.entities, one.selected, one.passages, one.folds)
    answers = ask_all(corpus, one, Checkpoints(kept))
    return {code: list(rows(corpus, code, one, answers)) for code in corpus}


@given(st.text(), st.integers(2, 9))
def test_a_document_is_in_one_fold(document: str, folds: int) -> None:
    assert 0 <= fold_of(document, folds) < folds
    assert fold_of(document, folds) == fold_of(document, folds)


def test_folds_are_about_as_large() -> None:
    found = np.bincount([fold_of(f"document {i}", 5) for i in range(5000)])
    assert len(found) == 5 and found.min() > 900


def test_nobody_learns_what_it_scores_nor_gold(tmp_path: Path) -> None:
    make_inputs(tmp_path, dict.fromkeys(SCRIPTS, 6))
    there = (tmp_path / name for name in ("entities", "selected", "passages"))
    corpus = read_corpus(*there, 3)
    for fold in range(3):
        held = [one for code in corpus for one in held_out(corpus, code, fold)]
        others = [one for some in corpus.values() for one in some if one.fold != fold]
        learnt = examples(corpus, fold)
        assert len(held) + len(others) == 6 * len(SCRIPTS)
        assert len(learnt) == sum(not one.has_gold for one in others)
    with_gold = [one.passage_id for some in corpus.values() for one in some if one.has_gold]
    assert with_gold == [f"{GOLD}#0"]


@pytest.mark.slow
def test_every_entity_has_a_row_in_every_script(tmp_path: Path, encoder: Path) -> None:
    make_inputs(tmp_path, dict.fromkeys(SCRIPTS, 4), ((7, 9, ("never seen",)),))
    one = work(tmp_path, encoder, seeds=(0, 1))
    found = scored(one, tmp_path / "kept")
    for code in SCRIPTS:
        write(tmp_path / "confidence" / f"{code}.parquet", found[code], CONFIDENCE)
        sure, known = read_beside(tmp_path / "confidence", one.entities, code)
        for row, entity in zip(sure.to_pylist(), known.to_pylist(), strict=True):
            assert row["reason"] is None and row["spread"] >= 0
            assert len(row["probabilities"]) == len(entity["labels"])
            assert all(0 < p < 1 for p in row["probabilities"])
            assert row["confidence"] == pytest.approx(np.mean(row["probabilities"]), abs=1e-6)
    assert any(row["spread"] > 0 for some in found.values() for row in some)


def test_what_is_too_wide_is_counted(tmp_path: Path, encoder: Path) -> None:
    make_inputs(tmp_path, {"hin_Deva": 6}, ((8, 16, ("place",)), (7, 34, ("person",))))
    model = SETTINGS.model.model_copy(update={"max_length": 20})
    one = work(tmp_path, encoder)
    params = SETTINGS.model_copy(update={"epochs": 1, "max_steps": 2, "model": model})
    student = BinderStudent(encoder, None, tmp_path / "types", 256, params)
    found = scored(replace(one, student=student), tmp_path / "kept")["hin_Deva"]
    reasons = {(row["start"], row["end"]): row["reason"] for row in found if row["reason"]}
    assert reasons == {(8, 16): WIDE, (7, 34): OUTSIDE}
    counts = counted(found).metrics()
    assert counts["seen"] == 14 and counts["kept"] == 12


@pytest.mark.slow
def test_entities_of_which_none_can_be_learnt(
    tmp_path: Path, encoder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """All are wider than the student's spans: they have no probability, and the run goes on."""
    make_inputs(tmp_path, {"hin_Deva": 4})
    model = SETTINGS.model.model_copy(update={"max_width": 1})
    params = SETTINGS.model_copy(update={"epochs": 1, "max_steps": 2, "model": model})
    student = BinderStudent(encoder, None, tmp_path / "types", 256, params)
    found = scored(replace(work(tmp_path, encoder), student=student), tmp_path / "kept")
    assert {row["reason"] for row in found["hin_Deva"]} == {UNTAUGHT}
    assert "fold 0, seed 0 has no student" in caplog.text


@pytest.mark.parametrize(
    ("counts", "folds", "untaught"),
    [
        ({"eng_Latn": 2, "tha_Thai": 1}, 9, False),  # fewer documents than folds
        ({"cmn_Hani": 1}, 2, True),  # one document alone: nobody can learn
        ({"eng_Latn": 1}, 2, True),  # with gold at that
    ],
)
def test_too_few_documents(
    tmp_path: Path, encoder: Path, counts: dict[str, int], folds: int, untaught: bool
) -> None:
    make_inputs(tmp_path, counts)
    found = scored(work(tmp_path, encoder, folds), tmp_path / "kept")
    assert {code: len(some) // 2 for code, some in found.items()} == counts
    reasons = {row["reason"] for some in found.values() for row in some}
    assert reasons == {UNTAUGHT if untaught else None}


@pytest.mark.slow
def test_a_killed_run_goes_on(
    tmp_path: Path, encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_inputs(tmp_path, {"arb_Arab": 4, "hin_Deva": 4})
    one = work(tmp_path, encoder)
    whole = scored(one, tmp_path / "whole")
    real, asked = binder_student.train, []

    def failing(*args: Any) -> Any:
        asked.append(args[3].name)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(binder_student, "train", failing)
    with pytest.raises(KeyboardInterrupt):
        scored(one, tmp_path / "kept")
    assert scored(one, tmp_path / "kept") == whole
    assert asked == ["fold 0, seed 0", "fold 1, seed 0", "fold 1, seed 0"]
    assert not [path for path in (tmp_path / "kept").iterdir() if path.is_dir()]


@pytest.mark.parametrize(
    ("by_seed", "confidence", "spread"),
    [
        ([[0.5]], 0.5, 0.0),
        ([[0.2], [0.6]], 0.4, 0.2),
        ([[0.9, 0.1], [0.9, 0.1]], 0.5, 0.0),
        ([[1.0, 0.6], [0.4, 0.0]], 0.5, 0.3),
    ],
)
def test_means_over_labels_and_seeds(
    by_seed: list[list[float]], confidence: float, spread: float
) -> None:
    row = together([{"probabilities": some, "reason": None} for some in by_seed])
    assert row["confidence"] == pytest.approx(confidence)
    assert row["spread"] == pytest.approx(spread)
    assert row["probabilities"] == pytest.approx(np.mean(by_seed, axis=0).tolist())


def test_entities_of_another_run(tmp_path: Path, encoder: Path) -> None:
    make_inputs(tmp_path, {"tha_Thai": 2})
    write(tmp_path / "confidence" / "tha_Thai.parquet", [], CONFIDENCE)
    with pytest.raises(ValueError, match=r"expected the 4 entities .* got 0 of another run"):
        read_beside(tmp_path / "confidence", tmp_path / "entities", "tha_Thai")
    write(tmp_path / "selected" / "tha_Thai.parquet", [], SELECTED)
    with pytest.raises(ValueError, match=r"tha_Thai-0#0 has entities, but is not in"):
        scored(work(tmp_path, encoder), tmp_path / "kept")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"edges": [0.9, 0.5, 0.97]}, "rise"),
        ({"edges": [0.5, 0.9]}, "edges"),
        ({"edges": [0.5, 0.9, 1.0]}, "between 0 and 1"),
        ({"seeds": [1, 1]}, "seeds that differ"),
        ({"folds": 1}, "folds"),
        ({"student": "tagger"}, "should be 'binder' or 'gliner'"),
    ],
)
def test_params_that_do_not_fit(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ConfidenceParams.model_validate(FILE["confidence"] | changes)


@pytest.mark.slow
def test_the_stages(
    project: Path,
    stage: Callable[..., CompletedProcess[str]],
    encoder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from finerweb.models import add

    monkeypatch.setenv("FINERWEB_MODELS", str(project / "cache"))
    add("tiny", encoder)
    params = yaml.safe_load((project / "params.yaml").read_text("utf-8"))
    params["backbones"]["tiny"] = "local:tiny"
    params["train_binder"] |= {"encoder": "tiny", "model": SETTINGS.model.model_dump()}
    params["confidence"] |= {"epochs": 1}
    (project / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
    make_inputs(project / "data", dict.fromkeys(SCRIPTS, 4), ((8, 16, ("place",)),))
    data = ("entities", "selected", "passages", "types")
    given = [part for name in data for part in (f"--{name}", f"data/{name}")]
    done = stage(
        "confidence", *given, "--out", "data/confidence", "--metrics", "metrics/confidence.json"
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads((project / "metrics" / "confidence.json").read_text("utf-8"))
    counts = figures["entities"]["overall"]
    assert counts == {"seen": 45, "kept": 40, "dropped": {WIDE: 5}}
    assert set(figures["folds"]) == {"0", "1"}
    assert sum(fold["passages"]["held_out"] for fold in figures["folds"].values()) == 20
    assert not list((project / ".finerweb" / "batches" / "confidence").iterdir())
    assert len(read(project / "data" / "confidence" / "cmn_Hani.parquet", CONFIDENCE)) == 9
    given = [part for name in data[:2] for part in (f"--{name}", f"data/{name}")]
    out = ("--metrics", "metrics/subsets.json", "--plots", "plots")
    done = stage("subsets", "--confidence", "data/confidence", *given, *out)
    assert done.returncode == 0
    told = json.loads((project / "metrics" / "subsets.json").read_text("utf-8"))
    assert told["overall"]["entities"] == 40
    assert sum(told["overall"]["subsets"].values()) == 40
    assert told["gold"]["entities"] == 2 and told["gold"]["place"]["right"] == 0.5
    assert len((project / "plots" / "confidence.csv").read_text("utf-8").splitlines()) > 10
