"""What `finerweb doctor` says of a project's files, texts, models and extras."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from reach import ROOT

from finerweb.checks import data, extras, project
from finerweb.checks.check import Check, looked
from finerweb.checks.used import asked, named_models
from finerweb.cli.main import main
from finerweb.projects.settings import UNSAID

PARAMS: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
LANGUAGES = {
    "fra_Latn": "Ada est née à Londres.",
    "arb_Arab": "وُلدت زها حديد في بغداد.",
    "npi_Deva": "रवीन्द्रनाथ कोलकातामा जन्मिए।",
    "tha_Thai": "สุนทรภู่เกิดที่กรุงเทพ",
    "cmn_Hani": "鲁迅出生于绍兴。",
}


def changed(**sections: dict[str, Any]) -> dict[str, Any]:
    """Return the params with sections changed."""
    return PARAMS | {name: PARAMS[name] | values for name, values in sections.items()}


def documents(folder: Path, **more: Any) -> dict[str, Any]:
    return PARAMS["documents"] | {"path": str(folder), "languages": list(LANGUAGES)} | more


def corpus(folder: Path) -> Path:
    folder.mkdir()
    for code, text in LANGUAGES.items():
        line = json.dumps({"id": code, "text": text}, ensure_ascii=False)
        (folder / f"{code}.jsonl").write_text(f"{line}\n", "utf-8")
    return folder


def test_a_corpus(tmp_path: Path) -> None:
    check = data.corpus(documents(corpus(tmp_path / "texts")))
    assert check.state == "ok" and "5 languages" in check.said


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (shutil.rmtree, "texts is no folder"),
        (lambda folder: (folder / "tha_Thai.jsonl").unlink(), "no documents for tha_Thai"),
        (lambda folder: (folder / "arb_Arab.jsonl").write_text("["), "line 1: not a JSON object"),
        (lambda folder: (folder / "npi_Deva.jsonl").write_text(""), "the file is empty"),
        (lambda folder: (folder / "cmn_Hani.jsonl.gz").write_text(""), "expected one file for"),
        (
            lambda folder: [path.unlink() for path in folder.glob("*.jsonl")],
            "no documents for npi_Deva: expected",
        ),
    ],
    ids=["no folder", "no file", "no JSON", "empty", "two files", "none at all"],
)
def test_a_corpus_that_cannot_be_read(
    tmp_path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    folder = corpus(tmp_path / "texts")
    spoil(folder)
    check = data.corpus(documents(folder))
    assert check.state == "wrong" and said in check.said and check.todo
    assert len(check.said) < 1000


@pytest.mark.parametrize(
    ("root", "english", "state"),
    [
        ("{here}", None, "ok"),
        ("{here}/nowhere", None, "wrong"),
        ("s3://bucket/data", None, "ok"),
        ("{here}", "{here}/ไม่มี", "wrong"),
    ],
)
def test_a_corpus_of_parquet(tmp_path: Path, root: str, english: str | None, state: str) -> None:
    source: dict[str, Any] = {"kind": "fineweb", "root": root.format(here=tmp_path)}
    source["english"] = english and {"root": english.format(here=tmp_path)}
    assert data.corpus(documents(tmp_path, source=source)).state == state


@pytest.mark.parametrize(
    ("sections", "wrong"),
    [
        ({}, set()),
        ({"passages": {"gold": "no/gold"}}, {"files"}),
        ({"types": {"overrides": "ไม่มี.csv"}}, {"files"}),
    ],
)
def test_files_that_params_name(
    monkeypatch: pytest.MonkeyPatch, sections: dict[str, Any], wrong: set[str]
) -> None:
    monkeypatch.chdir(ROOT)
    found = list(data.named_files(changed(**sections)))
    assert {check.name for check in found if check.state == "wrong"} == wrong
    assert all(check.todo for check in found if check.state == "wrong")


@pytest.mark.parametrize(
    ("where", "said", "state", "what"),
    [
        ({}, {}, "ok", "finerweb-sample"),
        ({"path": "./sample/../sample/documents"}, {}, "ok", "CC0-1.0"),
        ({"path": "/data/news"}, {}, "wrong", "as the sample's are"),
        ({"source": {"kind": "parquet", "root": "/data"}}, {}, "wrong", "as the sample's are"),
        ({"path": "ข่าว"}, {"text_licence": "CC BY 4.0"}, "wrong", "is called 'finerweb-sample'"),
        ({"path": "ข่าว"}, {"text_licence": "unknown", "name": "news"}, "note", "'unknown'"),
        ({"path": "ข่าว"}, {"text_licence": "CC0 1.0", "name": "أخبار"}, "ok", "أخبار: texts"),
    ],
)
def test_a_release_of_other_texts(
    where: dict[str, Any], said: dict[str, str], state: str, what: str
) -> None:
    check = data.release(changed(documents=where, release=said))
    assert check.state == state and what in check.said
    assert bool(check.todo) == (state != "ok")


@pytest.mark.parametrize(
    ("said", "state", "what"),
    [
        ({"qwen": "MIT"}, "wrong", "expected the terms of gemma's output too"),
        ({"qwen": "MIT", "gemma": UNSAID}, "note", UNSAID),
        ({"qwen": "MIT", "gemma": "Gemma", "ex": "of no annotator"}, "ok", "news: texts"),
    ],
)
def test_terms_of_annotators(said: dict[str, str], state: str, what: str) -> None:
    release = {"text_licence": "CC BY 4.0", "name": "news", "licences": said}
    check = data.release(changed(documents={"path": "ข่าว"}, release=release))
    assert check.state == state and what in check.said and bool(check.todo) == (state != "ok")


@pytest.mark.parametrize(
    ("languages", "learnt", "state"),
    [
        (["fra_Latn"], None, "ok"),
        (["fra_Latn", "tha_Thai"], ["tha_Thai", "fra_Latn", "kor_Hang"], "ok"),
        (["fra_Latn", "tha_Thai"], ["tha_Thai"], "note"),
        (["fra_Latn", "npi_Deva"], ["tha_Thai"], "wrong"),
    ],
)
def test_languages_that_are_learnt_from(
    languages: list[str], learnt: list[str] | None, state: str
) -> None:
    check = data.rated(
        changed(documents={"languages": languages}, train_regressor={"languages": learnt})
    )
    assert check.state == state and ("fra_Latn" in check.said) == (state != "ok")


def test_the_sample_is_what_the_check_takes_for_it() -> None:
    assert PARAMS["documents"]["path"] == data.CORPUS.as_posix()
    said = PARAMS["release"]
    assert (said["name"], said["text_licence"]) == (data.NAME, data.LICENCE)


BASELINE = {"kind": "gliner", "model": "local:gliner-x", "threshold": 0.5}
STUDENT = {"backbone": "e5-small"}


@pytest.mark.parametrize(
    ("sections", "more"),
    [
        ({"label_study": {"encoder": "local:مُرمِّز"}}, ["local:مُرمِّز"]),
        ({"evaluate": {"predictors": {"gliner": BASELINE}}}, ["local:gliner-x"]),
        ({"filter_ablation": {"annotator": "gemma", "student": STUDENT}}, []),
        (
            {"variants": {"sentences": "sat"}},
            [PARAMS["variants"]["sat"]["model"], PARAMS["variants"]["sat"]["tokenizer"]],
        ),
    ],
)
def test_models_that_stages_load(sections: dict[str, Any], more: list[str]) -> None:
    found = named_models(changed(**sections))
    assert [name for name in found if name not in named_models(PARAMS)] == more


def test_the_ablation_s_annotator_is_asked_too() -> None:
    annotators = PARAMS["annotators"] | {"other": {"model": "served:x", "engine": "openai"}}
    params = PARAMS | {"annotators": annotators}
    assert "served:x" not in {one["model"] for one in asked(params)}
    params |= {"filter_ablation": PARAMS["filter_ablation"] | {"annotator": "other"}}
    assert "served:x" in {one["model"] for one in asked(params)}


@pytest.mark.parametrize(
    ("section", "key", "value", "said"),
    [
        ("rate", "raters", ["नाम"], "rate.raters: expected some of qwen"),
        ("annotate", "annotators", ["x"], "annotate.annotators: expected some of qwen, gemma"),
        ("train_binder", "encoder", "mbert", "train_binder.encoder: expected some of e5-small"),
    ],
)
def test_a_name_that_is_not_there(section: str, key: str, value: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        named_models(changed(**{section: {key: value}}))


def test_a_check_that_fails_is_one_more_finding() -> None:
    def look() -> list[Check]:
        raise KeyError("ไม่มี")

    (check,) = looked("machine", look)
    assert (check.name, check.state, check.said) == ("machine", "wrong", "'ไม่มี'")


def test_what_the_mirror_has_not_needs_no_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINERWEB_MODELS", str(tmp_path))
    known = project.needed_bytes(["mirror:lid.176"])
    assert project.needed_bytes(["mirror:nope", "local:x", "mirror:lid.176"]) == known > 0


EXTRAS = changed(
    translate={"by": ["google"]},
    variants={"sentences": "sat"},
    compute={"backend": "ray"},
    evaluate={"predictors": {"gliner": BASELINE}},
    documents={"source": {"kind": "parquet", "root": "s3://news"}},
)


def test_extras_that_are_not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    monkeypatch.setattr(extras, "vllm", lambda: Check("vllm", "wrong", "not here"))
    assert {check.name for check in extras.extras(PARAMS)} == {"vllm"}
    student = changed(confidence={"student": "gliner"})
    assert {check.name for check in extras.extras(student)} == {"extra gliner", "vllm"}
    monkeypatch.undo()
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    found = {check.name: check for check in extras.extras(EXTRAS)}
    names = {"extra google", "extra sat", "extra ray", "extra gliner", "extra s3", "vllm"}
    assert set(found) == names and {check.state for check in found.values()} == {"wrong"}
    assert "pip install -e '.[sat]'" in found["extra sat"].todo


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "state", "said"),
    [
        ("raise ImportError('libcudart.so.13: cannot open')", "wrong", "libcudart.so.13"),
        ("class LLM: ...", "ok", "can be imported"),
        ("import time; time.sleep(60)", "note", "more than 1 s"),
    ],
)
def test_vllm_of_another_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, state: str, said: str
) -> None:
    (tmp_path / "vllm.py").write_text(f"{source}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(extras, "find_spec", lambda name: name)
    check = extras.vllm(seconds=1)
    assert check.state == state and said in check.said


def test_models_that_the_disk_cannot_hold_are_not_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINERWEB_MODELS", str(tmp_path))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    done = CliRunner().invoke(main, ["models", "pull", "mirror:lid.176"])
    assert done.exit_code == 1 and "GB free at" in done.stderr and "make room" in done.stderr
    assert not list(tmp_path.rglob("*.whl"))
