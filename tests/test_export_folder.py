"""Exports of a whole release: its splits and languages, the loss report, the command."""

import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from exporting import row

from finerweb.cli.main import main
from finerweb.exports.conll import Conll
from finerweb.exports.folder import LOSS, LOST, export
from finerweb.exports.jsonl import Jsonl
from finerweb.exports.label_studio import LabelStudio
from finerweb.exports.source import entities, parts
from finerweb.records import Entity
from finerweb.release.folder import FILE
from finerweb.tables.io import Row, read_metrics, write
from finerweb.tables.variants import MULTI, SINGLE, SINGLE_SENTENCES

BORDER = "not on token borders"


def release(folder: Path, table: Any, found: list[Row], variant: str, name: str = FILE) -> Path:
    for code in {one["language"] for one in found}:
        path = folder / "data" / variant / code / name
        write(path, [one for one in found if one["language"] == code], table)
    return folder


def test_splits_shards_and_languages(tmp_path: Path) -> None:
    """A file a language and split; the files of a split follow each other."""
    for name, ids in {
        "train-00000-of-00002": ("a", "z"),
        "train-00001-of-00002": ("b",),
        "test-00000-of-00001": ("c",),
    }.items():
        found = [row("Ana", (0, 3, "x"), name=one) for one in ids]
        release(tmp_path, MULTI, found, "merged-multi", f"{name}.parquet")
    release(tmp_path, MULTI, [row("安娜", (0, 2, "人"), code="cmn_Hani")], "merged-multi")
    report = export(tmp_path, "merged-multi", Jsonl(), tmp_path / "out")
    files = sorted(p.relative_to(tmp_path / "out").as_posix() for p in tmp_path.glob("out/*/*"))
    assert files == ["cmn_Hani/train.jsonl", "eng_Latn/test.jsonl", "eng_Latn/train.jsonl"]
    lines = (tmp_path / "out/eng_Latn/train.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["a", "z", "b"]
    assert read_metrics(tmp_path / "out" / LOSS) == report
    assert {name: one["kept"] for name, one in report["languages"].items()} == {
        "cmn_Hani": 1,
        "eng_Latn": 4,
    }
    only = export(tmp_path, "merged-multi", Jsonl(), tmp_path / "out", ["cmn_Hani"])
    assert set(only["languages"]) == {"cmn_Hani"}
    assert not (tmp_path / "out/eng_Latn").exists()


def test_single_labels_and_sentences(tmp_path: Path) -> None:
    one = row("Ana ran.", (0, 3, "x"), name="d#0-s0")
    span = one["char_spans"][0]
    span["label"] = span.pop("labels")[0] + " / y"
    assert entities(one) == [Entity(0, 3, ("x / y",))]
    sentence = one | {"passage_id": "d#0", "start": 7, "is_crossed": False}
    release(tmp_path, SINGLE_SENTENCES, [sentence], "q-single-translated-sentences")
    release(tmp_path, SINGLE, [one], "q-single")
    name = "q-single-translated-sentences"
    export(tmp_path, name, LabelStudio(name), tmp_path / "out")
    (task,) = json.loads((tmp_path / "out/eng_Latn/train.json").read_text("utf-8"))
    assert task["data"] == {
        "text": "Ana ran.",
        "passage_id": "d#0",
        "language": "eng_Latn",
        "sentence_id": "d#0-s0",
        "start": 7,
    }
    assert task["predictions"][0]["model_version"] == name
    assert len(parts(tmp_path, "q-single")) == 1


@pytest.mark.parametrize(
    ("variant", "languages", "message"),
    [
        ("merged", (), "'merged' is no variant: expected <annotator or merged>-<single or multi>"),
        ("other-multi", (), "no such variant; there are: merged-multi"),
        ("merged-multi", ("../..",), "unknown language"),
        ("merged-multi", ("deu_Latn",), "deu_Latn: expected parquet files"),
    ],
)
def test_what_is_not_there(
    variant: str, languages: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    release(tmp_path, MULTI, [row("Ana")], "merged-multi")
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        export(tmp_path, variant, Jsonl(), tmp_path / "out", languages)
    assert not (tmp_path / "out").exists()


def test_the_report_counts_by_script(tmp_path: Path) -> None:
    found = [
        row("Burggraf", (0, 4, "x", "y")),
        row("Bergen", (0, 6, "x"), code="deu_Latn"),
        row("안나는", (0, 2, "x"), code="kor_Hang"),
    ]
    release(tmp_path, MULTI, found, "merged-multi")
    report = export(tmp_path, "merged-multi", Conll("icu"), tmp_path / "out")
    assert report["scripts"] == {
        "Hang": {"seen": 1, "kept": 0, "dropped": {BORDER: 1}},
        "Latn": {"seen": 3, "kept": 1, "dropped": {BORDER: 2}},
    }
    lines = (tmp_path / "out" / LOST).read_text("utf-8").splitlines()
    assert Counter(json.loads(line)["id"] for line in lines) == {"d#0": 3}


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release(tmp_path, MULTI, [row("Burggraf Ana", (0, 4, "x"), (9, 12, "y"))], "merged-multi")
    monkeypatch.chdir(tmp_path)
    options = [".", "--variant", "merged-multi", "--out", "out"]

    def export_to(form: str) -> Result:
        return CliRunner().invoke(main, ["export", form, *options])

    for form, kept in (("conll", 1), ("gliner", 1), ("label-studio", 2), ("jsonl", 2)):
        done = export_to(form)
        assert re.search(rf"Latn\W+2\W+{kept}\W+{2 - kept}\W", done.output), done.output
        assert read_metrics(Path("out") / LOSS)["overall"]["kept"] == kept
        assert len(list(Path("out/eng_Latn").iterdir())) == 1
    monkeypatch.setitem(sys.modules, "spacy.tokens", None)
    failed = export_to("spacy")
    assert failed.exit_code == 1 and "pip install -e '.[spacy]'" in failed.output
    assert len(list(Path("out/eng_Latn").iterdir())) == 1


def test_only_exports_are_replaced(tmp_path: Path) -> None:
    release(tmp_path, MULTI, [row("Ana")], "merged-multi")
    with pytest.raises(ValueError, match="is there, and no export"):
        export(tmp_path, "merged-multi", Jsonl(), tmp_path / "data")
    (tmp_path / "out").mkdir()
    export(tmp_path, "merged-multi", Jsonl(), tmp_path / "out")
    export(tmp_path, "merged-multi", Jsonl(), tmp_path / "out")
    assert (tmp_path / "out/eng_Latn/train.jsonl").is_file()
