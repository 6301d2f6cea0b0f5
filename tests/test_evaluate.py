"""Predicting on gold sets and scoring it: the protocol, GLiNER, the two stages, the report."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pyarrow as pa
import pytest
import yaml
from binders import write_untaught
from conftest import run
from encoders import make_encoder
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import SENTENCES

from finerweb.evaluation.gliner_models import surest
from finerweb.evaluation.predictors import Predicted, load_predictor, predictions, rows
from finerweb.evaluation.report import all_scores, coverage, points, scores, table_4
from finerweb.evaluation.students import learnt_by
from finerweb.gliner.loading import icu_words
from finerweb.gold.loading import read_sets
from finerweb.gold.sets import GoldSet
from finerweb.params.evaluate import BinderParams, EvaluateParams, GlinerParams
from finerweb.records import Passage, Span
from finerweb.tables.io import read, read_metrics, write
from finerweb.tables.passages import PASSAGES, SELECTED
from finerweb.tables.predictions import PREDICTIONS
from finerweb.tables.rows import passage_row

NULLS = dict.fromkeys(["path", "language", "split", "types", "labels"])
NAMES = {
    "deu_Latn": ("Latn", "Anna Müller"),
    "tha_Thai": ("Thai", "อันนา"),
    "cmn_Hani": ("Hani", "安娜"),
}


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


def params(*sets: dict[str, Any], **changes: Any) -> EvaluateParams:
    given = {"predictors": {}, "overlaps": "longest", "shared_words": 8, "resamples": 50}
    named = [NULLS | one for one in sets or ({"name": "sample", "kind": "sample"},)]
    return EvaluateParams.model_validate(
        given | {"sets": named, "confidence": 0.9, "seed": 0} | changes
    )


def passages() -> list[Passage]:
    made = []
    for code, (script, name) in NAMES.items():
        text = SENTENCES[script]
        gold = (Span(text.index(name), text.index(name) + len(name), "person"),)
        made += [
            Passage(f"{code}-{i}#0", f"{code}-{i}", code, text, 0, 9, "corpus", gold=gold, rank=i)
            for i in range(2)
        ]
    return made


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


FOUND = st.builds(
    lambda start, size, score: Predicted(start, start + size, "x", score),
    st.integers(0, 20),
    st.integers(1, 6),
    st.sampled_from([0.1, 0.5, 0.9]),
)


@settings(max_examples=30)
@given(st.lists(FOUND, max_size=10))
def test_surest(spans: list[Predicted]) -> None:
    kept = surest(spans)
    assert all(a.end <= b.start for a, b in pairwise(kept))
    for span in spans:
        rivals = [o for o in kept if o.start < span.end and span.start < o.end]
        assert max(o.score for o in rivals) >= span.score


@pytest.mark.parametrize(
    ("script", "words"), [("Thai", "เชียงใหม่"), ("Hani", "成都"), ("Latn", "3")]
)
def test_icu_words(script: str, words: str) -> None:
    text = SENTENCES[script]
    tokens = list(icu_words(text))
    assert all(text[start:end] == word for word, start, end in tokens)
    assert "".join(word for word, _, _ in tokens) == "".join(text.split())
    assert words in [word for word, _, _ in tokens]


def gliner(model: str, **changes: Any) -> GlinerParams:
    given = {"kind": "gliner", "threshold": 0.0, "batch_size": 2, "words": "gliner"}
    return GlinerParams.model_validate(given | {"model": model, "types_at_once": 2} | changes)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a GLiNER model that nobody has trained; it reads four words at once."""
    from gliner import GLiNER

    folder = tmp_path_factory.mktemp("gliner")
    encoder = make_encoder(folder / "encoder")
    config = {"model_name": str(encoder), "max_len": 4, "max_width": 3, "hidden_size": 32}
    model = GLiNER.from_config(config, backbone_from_pretrained=False)
    model.save_pretrained(folder / "tiny", safe_serialization=True)
    return folder / "tiny"


@pytest.fixture
def added(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the reference of that model in a cache of its own."""
    from finerweb.models import add

    monkeypatch.setenv("FINERWEB_MODELS", str(tmp_path / "models"))
    return add("tiny", tiny)


@pytest.mark.slow  # imports gliner
@pytest.mark.parametrize("words", ["gliner", "icu"])
def test_gliner(added: str, words: str) -> None:
    texts = [SENTENCES["Thai"], "anna fuhr nach ulm und dann nach bonn", " ", SENTENCES["Hani"]]
    predictor = load_predictor(gliner(added, words=words), None, "tha_Thai")
    types = ["person", "place", "date"]
    answers = predictor.predict(texts, types)
    assert len(answers) == len(texts) and not answers[2]
    for text, spans in zip(texts, answers, strict=True):
        assert all(0 <= start < end <= len(text) for start, end, _, _ in spans)
        assert all(a[1] <= b[0] for a, b in pairwise(spans))
        assert all(kind in types for _, _, kind, _ in spans)
    assert max(end for _, end, _, _ in answers[1]) > len("anna fuhr nach ulm")  # second window
    assert predictor.predict(texts, types) == answers
    assert predictor.predict([], types) == []
    none = load_predictor(gliner(added, threshold=1.0), None, "tha_Thai")
    assert none.predict(texts, types) == [[], [], [], []]


@pytest.mark.slow  # imports gliner
def test_gliner_without_safe_weights_or_a_tokenizer(tmp_path: Path, added: str, tiny: Path) -> None:
    from finerweb.evaluation.gliner_models import _model

    for missing in ("model.safetensors", "tokenizer_config.json"):
        folder = tmp_path / missing
        folder.mkdir()
        for file in tiny.iterdir():
            if file.name != missing:
                (folder / file.name).symlink_to(file)
        with pytest.raises(ValueError, match=f"no {missing}; expected what"):
            _model(folder, "gliner")


def write_corpus(project: Path, *learnt: str) -> None:
    by_language: dict[str, list[Passage]] = {}
    for one in passages():
        by_language.setdefault(one.language, []).append(one)
    for code, some in by_language.items():
        write(project / f"data/passages/{code}.parquet", map(passage_row, some), PASSAGES)
    selected = [
        passage_row(Passage(f"x{i}#0", f"x{i}", "kor_Hang", text, 0, 9, "corpus", rank=i))
        | {"quality_score": 0.5}
        for i, text in enumerate(learnt)
    ]
    write(project / "data/selected/kor_Hang.parquet", selected, SELECTED)


def set_predictors(project: Path, **predictors: Any) -> None:
    path = project / "params.yaml"
    told = yaml.safe_load(path.read_text("utf-8"))
    told["evaluate"] |= {"predictors": predictors, "resamples": 20}
    path.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")


STAGES = {
    "predict": "--passages data/passages --selected data/selected --binder models/binder "
    "--out data/predictions --metrics metrics/predict.json",
    "evaluate": "--passages data/passages --binder models/binder --predictions data/predictions "
    "--metrics metrics/evaluate.json --plot plots/evaluate.csv",
}


@pytest.mark.slow
def test_stages(
    project: Path, added: str, stage: Callable[..., CompletedProcess[str]], tmp_path: Path
) -> None:
    write_corpus(project, "안나는 어제 부산에 도착했다.")
    set_predictors(project, tiny=gliner(added).model_dump())
    for name, options in STAGES.items():
        stage(name, *options.split())
    counts = read_metrics(project / "metrics/predict.json")["predictors"]["tiny"]["sample"]
    assert counts["texts"] == 6
    table = read(project / "data/predictions/tha_Thai.parquet", PREDICTIONS)
    assert [row["gold_id"] for row in table] == ["tha_Thai-0#0", "tha_Thai-1#0"]
    figures = read_metrics(project / "metrics/evaluate.json")
    overall = figures["scores"]["tiny"]["sample"]["overall"]
    assert overall["exact"]["predicted"] == counts["spans"]
    assert figures["trained_without_gold"] == [], "what GLiNER learnt from is not known"
    assert list(figures["table_4"]["ours"]) == ["tiny"]
    assert (project / "plots/evaluate.csv").read_text("utf-8").startswith("predictor,set,language")
    before = (project / "metrics/evaluate.json").read_bytes()
    stage("evaluate", *STAGES["evaluate"].split())
    assert (project / "metrics/evaluate.json").read_bytes() == before


@pytest.mark.slow
def test_stages_without_predictors_and_with_gold_that_was_learnt(
    project: Path, stage: Callable[..., CompletedProcess[str]]
) -> None:
    whole = yaml.safe_load((project / "params.yaml").read_text("utf-8"))
    whole["evaluate"]["predictors"] = {}
    (project / "params.yaml").write_text(yaml.safe_dump(whole, sort_keys=False), "utf-8")
    write_corpus(project, "안나는 어제 부산에 도착했다.")
    for name, options in STAGES.items():
        assert stage(name, *options.split()).returncode == 0
    figures = read_metrics(project / "metrics/evaluate.json")
    assert figures["scores"] == {}
    assert figures["sets"]["sample"]["texts"]["kept"] == 6
    assert figures["table_4"]["ours"] == {}
    write_corpus(project, f"x {SENTENCES['Latn']} y")
    told = (project / "data/predictions/tha_Thai.parquet").read_bytes()
    done = stage("predict", *STAGES["predict"].split())
    assert done.returncode == 1
    assert "set sample: 2 texts share 8 words in a row with the training data" in done.stderr
    assert (project / "data/predictions/tha_Thai.parquet").read_bytes() == told


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


def test_the_extra_is_named_where_gliner_is_missing(tmp_path: Path) -> None:
    """In a process that cannot import it."""
    code = (
        "import sys; sys.modules['gliner'] = None\n"
        "from pathlib import Path\n"
        "from finerweb.evaluation.gliner_models import _model\n"
        "_model(Path('.'), 'gliner')\n"
    )
    done = run(sys.executable, "-c", code, cwd=tmp_path, check=False, env=dict(os.environ))
    assert "ValueError: GLiNER models need" in done.stderr
    assert "pip install -e '.[gliner]'" in done.stderr
