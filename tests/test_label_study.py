"""Types in English against types translated: names, scores, the stage."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import yaml
from binders import write_untaught
from encoders import make_encoder
from hypothesis import given
from hypothesis import strategies as st
from label_cases import PERSON, translation
from texts import SENTENCES

from finerweb.evaluation.predictors import rows
from finerweb.evaluation.renamed import Naming, naming, renamed_rows
from finerweb.gold.records import GoldReport, GoldText
from finerweb.gold.sets import GoldSet
from finerweb.params.evaluate import EvaluateParams
from finerweb.records import Passage, Span
from finerweb.report import label_scores
from finerweb.tables.io import read_metrics, write
from finerweb.tables.passages import PASSAGES, SELECTED
from finerweb.tables.predictions import PREDICTIONS
from finerweb.tables.rows import passage_row
from finerweb.tables.translations import TRANSLATIONS
from finerweb.tables.types import TYPES, VECTORS, vector_table

NULLS = dict.fromkeys(["path", "language", "split", "types", "labels"])
PARAMS = EvaluateParams.model_validate(
    {
        "predictors": {},
        "sets": [NULLS | {"name": "sample", "kind": "sample"}],
        "overlaps": "longest",
        "shared_words": 8,
        "resamples": 200,
        "confidence": 0.9,
        "seed": 0,
    }
)


# ---- names


@pytest.mark.parametrize(
    ("known", "names", "counts"),
    [
        ({}, ["person", "city", "town"], {"unknown": 3}),
        ({"person": "mtu"}, ["mtu", "city", "town"], {"translated": 1, "unknown": 2}),
        ({"city": "مدينة", "town": "مدينة"}, ["person", "مدينة", "town"],
         {"translated": 1, "taken": 1, "unknown": 1}),
        ({"person": "व्यक्ति", "city": "शहर", "town": "क़स्बा"}, ["व्यक्ति", "शहर", "क़स्बा"],
         {"translated": 3}),
        ({"city": "town", "town": "เมือง"}, ["person", "city", "เมือง"],
         {"taken": 1, "translated": 1, "unknown": 1}),
        ({"person": "person", "city": "城市"}, ["person", "城市", "town"],
         {"translated": 2, "unknown": 1}),
    ],
    ids=["none", "Latn", "two types of one name", "Deva", "the English name of another", "Hani"],
)  # fmt: skip
def test_naming(known: dict[str, str], names: list[str], counts: dict[str, int]) -> None:
    found = naming(["person", "city", "town"], known)
    assert (list(found.names.values()), found.counts) == (names, counts)
    assert found.is_other == ("translated" in counts)


LETTERS = st.sampled_from("abcde人市")


@given(st.lists(LETTERS, unique=True, max_size=6), st.dictionaries(LETTERS, LETTERS))
def test_a_set_keeps_its_types(types: list[str], known: dict[str, str]) -> None:
    found = naming(types, known)
    assert list(found.names) == types
    assert len(set(found.names.values())) == len(types) == found.counts.total()
    assert all(name in (kind, known.get(kind)) for kind, name in found.names.items())


def test_known_names() -> None:
    """The table's whole translations are before the lexicon's; English has none."""
    rows = [
        translation("person", "ตัวบุคคล", "google"),
        translation("city/x", "เมือง/x", "partly"),
        translation("gizmo", "gizmo", "none"),
    ]
    thai = label_scores.known_names(rows, "tha_Thai")
    assert (thai["person"], thai["organization"]) == ("ตัวบุคคล", "องค์กร")
    assert not {"city/x", "gizmo"} & set(thai)
    assert label_scores.known_names(rows, "eng_Latn") == {}
    assert label_scores.known_names([], "lao_Laoo") == {}


# ---- scores


class Knows:
    """Finds the person of each text, where it is asked by one of the names it knows."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def predict(
        self, texts: Sequence[str], types: Sequence[str]
    ) -> list[list[tuple[int, int, str, float]]]:
        asked = [name for name in types if name in self._names]
        places = [[(t.find(who), len(who)) for _, who, _ in PERSON.values()] for t in texts]
        return [
            [(at, at + n, kind, 1.0) for at, n in some if at >= 0 for kind in asked]
            for some in places
        ]


def gold(types: tuple[str, ...] = ("person", "gizmo")) -> GoldSet:
    """Return a set with three texts a language, of which the last has nobody that is found."""
    made = []
    for code, (script, who, _) in PERSON.items():
        for i, text in enumerate([SENTENCES[script], f"{who}!", "x y"]):
            at = max(text.find(who), 0)
            spans = (Span(at, at + len(who) if who in text else 1, "person"),)
            made.append(GoldText(f"{code}-{i}", "sample", code, text, spans))
    return GoldSet("sample", tuple(made), types, GoldReport())


def tables(one: GoldSet, predictor: Any, named: Mapping[str, Naming]) -> dict[str, pa.Table]:
    """Return what it finds by these names; in languages without by the English ones."""
    found: dict[str, pa.Table] = {}
    for code in PERSON:
        texts = [text for text in one.texts if text.language == code]
        made = (
            renamed_rows("p", predictor, texts, named[code].names)
            if code in named
            else rows("p", predictor, texts, one.types)
        )
        found[code] = pa.Table.from_pylist(list(made), PREDICTIONS.schema)
    return found


def all_named(one: GoldSet) -> dict[str, Naming]:
    return {code: naming(one.types, {"person": name}) for code, (_, _, name) in PERSON.items()}


@pytest.mark.parametrize("code", PERSON)
def test_what_is_found_by_a_translation_has_the_type(code: str) -> None:
    one, (_, who, name) = gold(), PERSON[code]
    texts = [text for text in one.texts if text.language == code]
    names = all_named(one)[code].names
    (first, second, third) = renamed_rows("p", Knows(name), texts, names)
    at = texts[0].text.index(who)
    assert [(s["start"], s["end"], s["type"]) for s in first["spans"]] == [
        (at, at + len(who), "person")
    ]
    assert len(second["spans"]) == 1 and third["spans"] == []
    assert all(not row["spans"] for row in renamed_rows("p", Knows("person"), texts, names))


def test_a_predictor_that_reads_english_names_alone() -> None:
    one = gold()
    named = all_named(one)
    knows = Knows("person", PERSON["cmn_Hani"][2])
    found = label_scores.compare(
        "p", one, tables(one, knows, {}), tables(one, knows, named), PARAMS
    )
    assert found is not None
    differences = {c: f["difference"]["f1"] for c, f in found["languages"].items()}
    assert differences == pytest.approx({c: -0.8 * (c != "cmn_Hani") for c in PERSON})
    chinese = found["languages"]["cmn_Hani"]
    assert chinese["original"]["f1"] == chinese["translated"]["f1"] == pytest.approx(0.8)
    assert found["mean"]["translated"]["f1"] == pytest.approx(0.8 / 5)
    assert found["mean"]["difference"]["f1"] == pytest.approx(-0.64)
    # Two right of two predicted and fifteen gold.
    assert found["overall"]["translated"]["f1"] == pytest.approx(4 / 17)
    assert found["overall"]["difference"]["f1"] == pytest.approx(4 / 17 - 0.8)
    low, high = (found["overall"]["difference"][edge] for edge in ("low", "high"))
    assert low < found["overall"]["difference"]["f1"] < high < 0


def test_differences_are_paired() -> None:
    """Like predictions differ in no resample, though each one's own F1 does."""
    one = gold()
    knows = Knows("person", *(name for _, _, name in PERSON.values()))
    found = label_scores.compare(
        "p", one, tables(one, knows, {}), tables(one, knows, all_named(one)), PARAMS
    )
    assert found is not None
    for figures in (found["overall"], found["mean"], *found["languages"].values()):
        assert figures["original"]["low"] < figures["original"]["high"]
        assert figures["difference"] == {"f1": 0, "low": 0, "high": 0}


def test_only_languages_that_have_names_are_compared(caplog: pytest.LogCaptureFixture) -> None:
    one = gold()
    rows = {"tha_Thai": [translation("person", "คน", "llm")], "kor_Hang": [], "eng_Latn": []}
    named = label_scores.namings([one], rows)
    assert set(named["sample"]) == set(PERSON), "the lexicon has all of them"
    assert named["sample"]["tha_Thai"].names == {"person": "คน", "gizmo": "gizmo"}
    (figures,) = label_scores.of_sets([one], named).values()
    assert figures["languages"]["tha_Thai"] == {"translated": 1, "unknown": 1}
    assert label_scores.without_gold([one], rows) == ["kor_Hang"]
    assert "no gold set has kor_Hang" in caplog.text

    strange = gold(("gizmo",))
    assert label_scores.namings([strange], rows) == {"sample": {}}
    assert "set sample: no type has a translation" in caplog.text
    (figures,) = label_scores.of_sets([strange], {"sample": {}}).values()
    assert figures["not_compared"] == sorted(PERSON)
    assert label_scores.compare("p", strange, {}, {}, PARAMS) is None
    assert label_scores.scores([strange], {"sample": {}}, {}, Path("none"), PARAMS) == {}


def test_languages_without_a_student_have_no_scores(
    encoder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The student reads German alone; what it found by the English names is there for it alone."""
    write_untaught(encoder, tmp_path / "per_language-0" / "deu_Latn", "deu_Latn")
    one = gold(("person",))
    given = {"kind": "binder", "instance": "per_language-0", "precision": "float32"}
    told = PARAMS.model_dump() | {"predictors": {"p": given | {"tokens": 64, "margin": 99}}}
    original = {"deu_Latn": tables(one, Knows("person"), {})["deu_Latn"]}
    params = EvaluateParams.model_validate(told)
    found = label_scores.scores([one], {"sample": all_named(one)}, original, tmp_path, params)
    figures = found["p"]["sample"]
    assert [code for code in PERSON if figures["languages"][code]] == ["deu_Latn"]
    assert figures["languages"]["tha_Thai"] is None
    assert figures["overall"]["texts"] == figures["languages"]["deu_Latn"]["texts"] == 3
    assert "has no student for arb_Arab, cmn_Hani, hin_Deva, tha_Thai" in caplog.text
    plotted = {point["language"] for point in label_scores.points(found)}
    assert plotted == {"overall", "deu_Latn"}


def test_predictions_of_other_texts_are_refused() -> None:
    one = gold()
    with pytest.raises(ValueError, match="the predictions have no such text"):
        label_scores.compare("p", one, {}, tables(one, Knows(), all_named(one)), PARAMS)


def test_table_6() -> None:
    mean = {"original": {"f1": 0.6}, "translated": {"f1": 0.5}, "difference": {"f1": -0.1}}
    sets = [
        NULLS | {"name": name, "kind": kind, "path": "a", "language": code}
        for name, kind, code in (("sw", "masakhaner", "swh_Latn"), ("th", "thainer", "tha_Thai"))
    ]
    params = EvaluateParams.model_validate(PARAMS.model_dump() | {"sets": sets})
    *paper, ours = label_scores.table_6({"p": {"sw": {"mean": mean}}}, params.sets)
    drops = [round(row[kind]["difference"], 3) for kind in ("panx", "masakhaner") for row in paper]
    assert drops == [-0.044, -0.020, -0.020, -0.074, -0.092, -0.089], "as the paper prints them"
    assert ours["masakhaner"] == {"original": 0.6, "translated": 0.5, "difference": -0.1}
    assert ours["panx"] is None


def test_points() -> None:
    one = gold()
    named = all_named(one)
    found = label_scores.compare(
        "p", one, tables(one, Knows("person"), {}), tables(one, Knows("person"), named), PARAMS
    )
    assert found is not None
    made = list(label_scores.points({"p": {"sample": found}, "q": {"sample": found}}))
    assert [p["what"] for p in made[:3]] == [
        "p, sample: overall, original",
        "p, sample: overall, translated",
        "p, sample: arb_Arab, original",
    ]
    assert len({p["what"] for p in made}) == len(made) == 2 * 2 * (1 + len(PERSON))
    assert all(set(point) == set(label_scores.COLUMNS) for point in made)


# ---- the stage


def write_inputs(project: Path, status: str) -> None:
    """Write what the stage reads, for three of the languages; Thai has no gold."""
    for code in ("deu_Latn", "hin_Deva", "tha_Thai"):
        script, who, name = PERSON[code]
        text = SENTENCES[script]
        spans = (Span(text.index(who), text.index(who) + len(who), "person"),)
        has = None if code == "tha_Thai" else spans
        one = Passage(f"{code}#0", code, code, text, 0, 9, "corpus", gold=has, rank=0)
        write(project / f"data/passages/{code}.parquet", [passage_row(one)], PASSAGES)
        rows = [translation("person", name, status), translation("city", f"{name} 2", status)]
        write(project / f"data/label_translations/{code}.parquet", rows, TRANSLATIONS)
    korean = Passage("k#0", "k", "kor_Hang", SENTENCES["Hang"], 0, 9, "corpus", rank=0)
    chosen = [passage_row(korean) | {"quality_score": 0.5}]
    write(project / "data/selected/kor_Hang.parquet", chosen, SELECTED)
    types = [
        {"type": kind, "count": 1, "concepts": [kind], "steps": [], "is_latin": True}
        for kind in ("city", "person")
    ]
    write(project / "data/types/types.parquet", types, TYPES)
    vectors = vector_table(["city", "person"], np.eye(2, dtype=np.float32))
    write(project / "data/types/vectors.parquet", vectors, VECTORS)


def write_student(project: Path, encoder: Path) -> None:
    """Write a Binder that has learnt nothing, and let it find whatever scores above -1."""
    from finerweb.binder.folder import save
    from finerweb.binder.manifest import Origin
    from finerweb.binder.model import new_binder
    from finerweb.params.train_binder import ModelParams

    told = yaml.safe_load((project / "params.yaml").read_text("utf-8"))
    small = told["train_binder"]["model"] | {"max_length": 48, "projection": 16, "max_width": 6}
    binder = new_binder(encoder, None, ModelParams.model_validate(small), 0)
    origin = Origin("merged-multi", ("kor_Hang",), "joint", 0, "tiny", None)
    save(binder, origin, project / "models/binder/joint-0/joint")
    told["evaluate"]["predictors"] = {"binder": told["evaluate"]["predictors"]["binder"]}
    told["evaluate"]["predictors"]["binder"]["margin"] = -1
    told["evaluate"]["resamples"] = 20
    told["label_study"]["encoder"] = "local:tiny"
    (project / "params.yaml").write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")


PREDICT = (
    "--passages data/passages --selected data/selected --binder models/binder "
    "--out data/predictions --metrics metrics/predict.json"
).split()
STUDY = (
    "--passages data/passages --translations data/label_translations --types data/types "
    "--predictions data/predictions --binder models/binder --metrics metrics/label_study.json "
    "--plots plots"
).split()


@pytest.mark.slow  # imports sentence_transformers
@pytest.mark.parametrize("status", ["lexicon", "none"])
def test_stage(
    project: Path,
    stage: Callable[..., CompletedProcess[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: str,
) -> None:
    from finerweb.models import add

    monkeypatch.setenv("FINERWEB_MODELS", str(tmp_path / "models"))
    encoder = make_encoder(tmp_path / "encoder")
    add("tiny", encoder)
    write_inputs(project, status)
    write_student(project, encoder)
    stage("predict", *PREDICT)
    done = stage("label_study", *STUDY)
    assert done.returncode == 0, done.stderr
    figures = read_metrics(project / "metrics/label_study.json")
    assert figures["translated_without_gold"] == ["tha_Thai"]
    assert set(figures["scores"]["binder"]["sample"]["languages"]) == {"deu_Latn", "hin_Deva"}
    overall = figures["scores"]["binder"]["sample"]["overall"]
    assert overall["texts"] == 2 and overall["translated"]["predicted"] > 0
    assert figures["table_6"][-1]["model"] == "binder"
    lines = (project / "plots/label_f1.csv").read_text("utf-8").splitlines()
    assert len(lines) == 1 + 2 * 3
    points = (project / "plots/label_likeness.csv").read_text("utf-8").splitlines()
    assert points[0] == "cosine,english,translated,english_masked,translated_masked"
    assert (len(points) > 1) == (status == "lexicon") == bool(figures["likeness"]["languages"])
    before = (project / "metrics/label_study.json").read_bytes()
    stage("label_study", *STUDY)
    assert (project / "metrics/label_study.json").read_bytes() == before
