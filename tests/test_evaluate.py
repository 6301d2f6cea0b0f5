"""Predicting on gold sets and scoring it: the protocol, students, the report."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from binders import write_untaught
from evaluation_cases import NAMES, NULLS, params, passages

from finerweb.evaluation.predictors import load_predictor, predictions, rows
from finerweb.evaluation.report import all_scores, coverage, points, scores, table_4
from finerweb.evaluation.students import learnt_by
from finerweb.gold.loading import read_sets
from finerweb.gold.sets import GoldSet
from finerweb.params.evaluate import BinderParams
from finerweb.records import Passage, Span
from finerweb.tables.predictions import PREDICTIONS


class Lexicon:
    """Finds names it knows: with one type, whatever it is asked for."""

    def __init__(self, *names: str, kind: str = "person") -> None:
        self._names, self._kind = names, kind

    def predict(
        self, texts: Sequence[str], types: Sequence[str]
    ) -> list[list[tuple[int, int, str, float]]]:
        return [
            [
                (text.index(name), text.index(name) + len(name), self._kind, 1.0)
                for name in self._names
                if name in text
            ]
            for text in texts
        ]


def found(gold: GoldSet, **predictors: Lexicon) -> dict[str, pa.Table]:
    by_language: dict[str, list[Any]] = {}
    for name, predictor in predictors.items():
        for text in gold.texts:
            made = rows(name, predictor, [text], gold.types)
            by_language.setdefault(text.language, []).extend(made)
    return {
        code: pa.Table.from_pylist(some, schema=PREDICTIONS.schema)
        for code, some in by_language.items()
    }


def test_scores_by_language_and_type(caplog: pytest.LogCaptureFixture) -> None:
    (gold,) = read_sets(params(), passages())
    tables = found(gold, knows=Lexicon("Anna Müller", "อันนา"), silent=Lexicon())
    ours = {
        name: {"sample": scores(name, gold, tables, NAMES, params())}
        for name in ("knows", "silent")
    }
    knows, silent = (ours[name]["sample"] for name in ours)
    f1 = {code: one["exact"]["f1"] for code, one in knows["languages"].items()}
    assert f1 == {"cmn_Hani": 0.0, "deu_Latn": 1.0, "tha_Thai": 1.0}
    assert knows["overall"]["exact"]["precision"] == 1.0
    assert knows["overall"]["exact"]["recall"] == pytest.approx(2 / 3)
    assert knows["types"]["person"]["f1"] == knows["overall"]["exact"]["f1"]
    assert silent["overall"]["exact"]["f1"] == silent["overall"]["exact"]["high"] == 0.0
    assert "predictor silent found nothing in the 6 texts of set sample" in caplog.text
    plotted = list(points(ours))
    assert [one["language"] for one in plotted[:4]] == [
        "overall",
        "cmn_Hani",
        "deu_Latn",
        "tha_Thai",
    ]


def test_a_set_in_a_language_without_predictions() -> None:
    (gold,) = read_sets(params(), passages())
    tables = found(gold, knows=Lexicon())
    del tables["tha_Thai"]
    with pytest.raises(ValueError, match="no predictions in tha_Thai; run the stage `predict`"):
        scores("knows", gold, tables, NAMES, params())
    with pytest.raises(ValueError, match="the predictions have no such text"):
        scores("other", gold, tables | {"tha_Thai": tables["deu_Latn"]}, NAMES, params())


def test_a_set_in_two_languages(tmp_path: Path) -> None:
    parts = []
    for code, line in (("swh_Latn", "Mwai B-PER"), ("hrv_Latn", "Pula B-LOC")):
        path = tmp_path / f"{code}.txt"
        path.write_text(f"{line}\n", "utf-8")
        parts.append({"name": "masakhaner", "kind": "masakhaner", "path": path, "language": code})
    (gold,) = read_sets(params(*parts), [])
    assert gold.types == ("person", "location")
    assert [one.gold_id for one in gold.texts] == [
        "masakhaner-swh_Latn-000000",
        "masakhaner-hrv_Latn-000000",
    ]
    assert gold.report.texts.kept == 2
    with pytest.raises(ValueError, match="a set is named twice in one language"):
        params(parts[0], parts[0])


def test_languages_on_one_side_alone(caplog: pytest.LogCaptureFixture) -> None:
    sets = read_sets(params(), passages())
    assert coverage(sets, ["deu_Latn", "kor_Hang"]) == {
        "trained_without_gold": ["kor_Hang"],
        "gold_without_training": ["cmn_Hani", "tha_Thai"],
    }
    assert "no gold set has kor_Hang" in caplog.text


@pytest.mark.parametrize(
    ("predictor", "message"),
    [
        (Lexicon("Anna", kind="dog"), "of type 'dog' in text a.* asked for: person"),
        (type("Short", (), {"predict": lambda *_: []})(), "expected 1 lists of spans, got 0"),
        (
            type("Long", (), {"predict": lambda *_: [[(0, 99, "person", 1.0)]]})(),
            r"span \[0, 99\) .* \(4 code points\)",
        ),
    ],
)
def test_predictors_that_do_not_keep_to_the_protocol(predictor: Any, message: str) -> None:
    one = Passage("a", "a", "deu_Latn", "Anna", 0, 1, "corpus", gold=(Span(0, 4, "person"),))
    (gold,) = read_sets(params(), [one])
    with pytest.raises(ValueError, match=message):
        list(rows("p", predictor, gold.texts, gold.types))


def test_table_4() -> None:
    def figures(code: str, f1: float) -> dict[str, Any]:
        return {"languages": {code: {"exact": {"f1": f1}}}}

    sets = params(
        {"name": "conll", "kind": "conll2003", "path": "a", "language": "eng_Latn"},
        {"name": "sw", "kind": "masakhaner", "path": "a", "language": "swh_Latn"},
        {"name": "am", "kind": "masakhaner", "path": "a", "language": "amh_Ethi"},
        {"name": "th", "kind": "thainer", "path": "a", "language": "tha_Thai"},
    ).sets
    ours = {"p": {"conll": figures("eng_Latn", 0.6), "sw": figures("swh_Latn", 0.3),
                  "am": figures("amh_Ethi", 0.1), "th": figures("tha_Thai", 0.9)}}  # fmt: skip
    table = table_4(ours, sets)
    assert (list(table["ours"]), len(table["paper"])) == (["p"], 4)
    for row in table["paper"].values():
        mean = (row["conll2003"] + row["masakhaner"] + row["thainer"]) / 3
        assert row["average"] == pytest.approx(mean, abs=0.002), row
    own = table["ours"]["p"]
    assert (own["conll2003"], own["masakhaner"], own["thainer"]) == (0.6, 0.3, 0.9)
    assert own["average"] == pytest.approx(0.6)
    partly = table_4({"p": {"sw": ours["p"]["sw"]}}, sets[1:2])["ours"]["p"]
    assert (partly["masakhaner"], partly["thainer"], partly["average"]) == (0.3, None, None)


# ---- students that read some of the languages


def student(instance: str = "per_language-0") -> BinderParams:
    given = {"kind": "binder", "instance": instance, "precision": "float32", "tokens": 64}
    return BinderParams.model_validate(given | {"margin": 99})


def test_no_student_of_that_name(tmp_path: Path) -> None:
    sets = read_sets(params(), passages())
    with pytest.raises(ValueError, match="joint-0: no such student"):
        load_predictor(student("joint-0"), tmp_path, "deu_Latn")
    with pytest.raises(ValueError, match="joint-0: no such student"):
        predictions({"binder": student("joint-0")}, sets, [], tmp_path)


def test_a_language_without_a_student(
    encoder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It has no rows and no scores, and costs no other predictor its own."""
    write_untaught(encoder, tmp_path / "per_language-0" / "deu_Latn", "deu_Latn")
    write_untaught(encoder, tmp_path / "joint-0" / "joint", "deu_Latn", "kor_Hang")
    named = {"one": student(), "joint": student("joint-0")}
    (gold,) = read_sets(params(), passages())
    found, counts = predictions(named, [gold], [], tmp_path)
    assert {c: {r["predictor"] for r in some} for c, some in found.items()} == {
        "cmn_Hani": {"joint"},
        "deu_Latn": {"joint", "one"},
        "tha_Thai": {"joint"},
    }
    assert counts["one"]["sample"]["texts"] == 2
    assert counts["one"]["sample"]["without_student"] == 4
    assert counts["joint"]["sample"]["without_student"] == 0
    assert "predictor one: " in caplog.text
    assert "per_language-0 has no student for cmn_Hani, tha_Thai; nothing is" in caplog.text
    assert "predictor joint" not in caplog.text

    tables = {c: pa.Table.from_pylist(rs, schema=PREDICTIONS.schema) for c, rs in found.items()}
    told = params(predictors={name: one.model_dump() for name, one in named.items()})
    ours = all_scores([gold], tables, tmp_path, told)
    one = ours["one"]["sample"]
    assert list(one["languages"]) == list(ours["joint"]["sample"]["languages"]) == sorted(NAMES)
    assert (one["languages"]["cmn_Hani"], one["languages"]["tha_Thai"]) == (None, None)
    assert one["overall"]["exact"] == one["languages"]["deu_Latn"]["exact"]
    assert (one["overall"]["texts"], ours["joint"]["sample"]["overall"]["texts"]) == (2, 6)
    plotted = [(p["predictor"], p["language"]) for p in points(ours)]
    assert [code for name, code in plotted if name == "one"] == ["overall", "deu_Latn"]
    assert learnt_by(named.values(), tmp_path) == {"deu_Latn", "kor_Hang"}
    assert learnt_by([student()], tmp_path) == {"deu_Latn"}


def test_a_set_that_a_student_reads_nothing_of(tmp_path: Path) -> None:
    (gold,) = read_sets(params(), passages())
    figures = scores("one", gold, {}, ["kor_Hang"], params())
    assert figures == {
        "overall": None,
        "languages": dict.fromkeys(sorted(NAMES)),
        "types": {"person": None},
    }
    assert list(points({"one": {"sample": figures}})) == []
    sets = [NULLS | {"name": "th", "kind": "thainer", "path": "a", "language": "tha_Thai"}]
    (cells,) = table_4({"one": {"th": figures}}, params(*sets).sets)["ours"].values()
    assert cells["thainer"] is cells["average"] is None


def test_an_instance_without_any_language_that_is_asked(encoder: Path, tmp_path: Path) -> None:
    write_untaught(encoder, tmp_path / "per_language-0" / "kor_Hang", "kor_Hang")
    sets = read_sets(params(), passages())
    message = "no student for any language of evaluate.sets .*tha_Thai.*train_binder.languages"
    with pytest.raises(ValueError, match=message):
        predictions({"one": student()}, sets, [], tmp_path)
    with pytest.raises(ValueError, match="expected a student in tha_Thai/ or joint/"):
        load_predictor(student(), tmp_path, "tha_Thai")


def test_predictions_of_nobody() -> None:
    sets = read_sets(params(), passages())
    found, counts = predictions({}, sets, ["kor_Hang"], Path("none"))
    assert found == {"cmn_Hani": [], "deu_Latn": [], "kor_Hang": [], "tha_Thai": []}
    assert counts == {}


def test_documents_without_gold(caplog: pytest.LogCaptureFixture) -> None:
    assert read_sets(params(), [replace(one, gold=None) for one in passages()]) == []
    assert "no passage of the documents has gold: the set sample is left out" in caplog.text
    (german,) = read_sets(
        params({"name": "de", "kind": "sample", "language": "deu_Latn"}), passages()
    )
    assert [one.language for one in german.texts] == ["deu_Latn", "deu_Latn"]
