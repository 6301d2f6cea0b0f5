"""The stages `predict` and `evaluate`, and GLiNER models as predictors: a tiny, untaught one."""

import os
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml
from binders import write_untaught
from conftest import run
from documented import change
from encoders import make_encoder
from evaluation_cases import NULLS, passages
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import SENTENCES

from finerweb.evaluation.gliner_models import surest
from finerweb.evaluation.predictors import Predicted, load_predictor
from finerweb.gliner.loading import icu_words
from finerweb.params.evaluate import GlinerParams
from finerweb.records import Passage
from finerweb.tables.io import read, read_metrics, write
from finerweb.tables.passages import PASSAGES, SELECTED
from finerweb.tables.predictions import PREDICTIONS
from finerweb.tables.rows import passage_row

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


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_encoder(tmp_path_factory.mktemp("encoder"))


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
def test_a_label_that_was_corrected_changes_the_predictions(
    project: Path, stage: Callable[..., CompletedProcess[str]], encoder: Path
) -> None:
    """So that the graph, which does not watch gold sets, scores anew."""
    write_corpus(project, "안나는 어제 부산에 도착했다.")
    write_untaught(encoder, project / "models/binder/joint-0/joint", "deu_Latn")
    own = {"name": "own", "kind": "columns", "path": "own.txt", "language": "deu_Latn"}
    student = {"kind": "binder", "instance": "joint-0", "tokens": 256, "precision": "float32"}
    set_predictors(project, binder=student | {"margin": 0})
    labels = {"labels": {"LOC": "location", "PER": "person"}}
    change(project, yaml.safe_dump({"evaluate": {"sets": [NULLS | own | labels]}}))
    made = []
    for kind in ("LOC", "PER"):
        (project / "own.txt").write_text(f"Ulm B-{kind}\nlebt O\n\nBonn B-LOC\n", "utf-8")
        done = stage("predict", *STAGES["predict"].split())
        assert done.returncode == 0, done.stderr
        made.append((project / "data/predictions/deu_Latn.parquet").read_bytes())
    assert made[0] != made[1]
    (project / "own.txt").write_text("Ulm B-LOC\nlebt O\n\nBonn B-LOC\n", "utf-8")
    done = stage("evaluate", *STAGES["evaluate"].split())
    assert done.returncode == 1 and "--force --single-item predict" in done.stderr


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


@pytest.mark.slow  # imports gliner
def test_words_after_one_that_a_tokenizer_drops_stay_where_they_are(added: str) -> None:
    """A zero-width sign that stands alone is a word to ICU, and no token to some tokenizers."""
    from tokenizers import normalizers

    model = load_predictor(gliner(added, words="icu"), None, "tha_Thai")
    processor = model._model.data_processor  # type: ignore[attr-defined]
    tokenizer = processor.transformer_tokenizer.backend_tokenizer
    before = tokenizer.normalizer
    tokenizer.normalizer = normalizers.Replace("\u200b", "")
    tokens = processor.transformer_tokenizer(
        [["x", "Anna", "\u200b", "in", "Bonn"]], is_split_into_words=True
    )
    (mask,) = processor.prepare_word_mask([["Anna", "\u200b", "in", "Bonn"]], tokens, [1])
    tokenizer.normalizer = before
    assert [word for word in mask if word] == [1, 3, 4]


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
