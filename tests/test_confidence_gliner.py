"""A GLiNER as the student of `confidence`: words, windows, what it learns, what it is sure of."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml
from encoders import make_encoder
from pydantic import ValidationError
from reach import ROOT
from test_confidence import SCRIPTS, entities, make_inputs, passages
from texts import SENTENCES

from finerweb.binder.examples import Example
from finerweb.checks.used import named_models
from finerweb.confidence.folds import Labelled
from finerweb.confidence.gliner_student import SPLIT, GlinerStudent, TaughtGliner, lessons_of
from finerweb.confidence.students import OUTSIDE, WIDE
from finerweb.exports.tokens import gliner_tokens
from finerweb.gliner import training
from finerweb.gliner.loading import icu_words
from finerweb.gliner.words import words_of
from finerweb.params.confidence import ConfidenceParams, GlinerStudentParams
from finerweb.records import Span
from finerweb.tables.confidence import CONFIDENCE
from finerweb.tables.entities import ENTITIES
from finerweb.tables.io import read, write

FILE = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
TINY = {"max_width": 3, "max_words": 12, "max_length": 64, "types_at_once": 4, "batch_size": 2}
QUICK = TINY | {"learning_rate": 0.005, "warmup": 0.0, "freeze_embeddings": False}
WHOLE = {"model": "local:whole", "encoder": None}
slow = pytest.mark.slow  # imports gliner


def params(**changes: Any) -> GlinerStudentParams:
    return GlinerStudentParams.model_validate(FILE["confidence"]["gliner"] | QUICK | changes)


def student(encoder: Path, steps: int, **changes: Any) -> GlinerStudent:
    """Return a student that begins on an encoder; so many steps."""
    return GlinerStudent(encoder, steps, steps, params(**changes))


def own_words(text: str) -> list[tuple[str, int, int]]:
    """Return GLiNER's own words."""
    return [(text[start:end], start, end) for start, end in gliner_tokens(text)]


def of(code: str) -> tuple[str, list[Span], list[Span]]:
    """Return a text, two entities in it on borders of words, and two that are none."""
    text = SENTENCES[SCRIPTS[code]]
    places = [(start, end) for _, start, end in icu_words(text)]
    first, second, third = (places[i] for i in (0, 1, 3))
    true = [Span(*first, "person"), Span(*third, "place")]
    return text, true, [Span(*first, "place"), Span(*second, "person")]


def learnt() -> list[Example]:
    return [Example(text, code, tuple(true)) for code in SCRIPTS for text, true, _ in [of(code)]]


def held(text: str, spans: Sequence[Span]) -> Labelled:
    """Return a passage with the spans, one entity each."""
    found = tuple((one.start, one.end, (one.type,)) for one in spans)
    return Labelled("p", text, 0, False, found)


def sure(taught: TaughtGliner, text: str, spans: Sequence[Span]) -> list[Any]:
    """Return the probability of each span, or why there is none."""
    said = list(taught.answers([held(text, spans)]))
    return [one["reason"] or one["probabilities"][0] for one in said]


def test_the_words_that_it_has_of_itself() -> None:
    """A clause of Thai or Chinese is one; no entity is inside."""
    for code in ("tha_Thai", "cmn_Hani"):
        text, true, _ = of(code)
        known = [words_of(text, one).place(true[1]) for one in (icu_words, own_words)]
        assert known == [(3, 3), None]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "local:x"}, "either model or encoder"),
        ({"encoder": None}, "either model or encoder"),
        ({"max_words": 2}, r"at least max_width \(3\)"),
        ({"words": "graphemes"}, "'icu' or 'gliner'"),
        ({"warmup": 1}, "less than 1"),
    ],
)
def test_params_that_do_not_fit(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        params(**changes)
    section = FILE["confidence"] | {"gliner": FILE["confidence"]["gliner"] | TINY | changes}
    with pytest.raises(ValidationError, match=message):
        ConfidenceParams.model_validate(section)


def test_where_it_begins_is_fetched() -> None:
    """Not what a student of the other kind does not need."""
    reference = f"hub:a/b@{'0' * 40}"
    begins = [
        ("gliner", {"model": reference, "encoder": None}, True),
        ("gliner", {"model": None, "encoder": "other"}, True),
        ("gliner", {"model": "local:x", "encoder": None}, False),
        ("binder", {"model": reference, "encoder": None}, False),
    ]
    for kind, begin, is_named in begins:
        own = FILE["confidence"]["gliner"] | begin
        changed = FILE | {"backbones": FILE["backbones"] | {"other": reference}}
        changed |= {"confidence": FILE["confidence"] | {"student": kind, "gliner": own}}
        assert (reference in named_models(changed)) is is_named


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gliner", None)
    for one in (student(tmp_path, 1), GlinerStudent(tmp_path, 1, None, params(**WHOLE))):
        with pytest.raises(ValueError, match=r"pip install -e '\.\[gliner\]'.*to binder"):
            one.learn(learnt(), 0, tmp_path / "kept")


@pytest.fixture(scope="module")
def begin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a GLiNER that knows nothing, and forgets nothing while it learns."""
    import torch
    from gliner import GLiNER

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("begin")
    shape = {"hidden_size": 32, "max_len": 12, "max_width": 3, "dropout": 0.0}
    config = {"model_name": str(make_encoder(folder / "encoder"))} | shape
    model = GLiNER.from_config(config, backbone_from_pretrained=False)
    model.save_pretrained(folder / "gliner", safe_serialization=True)
    return folder / "gliner"


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory, begin: Path) -> TaughtGliner:
    """Return a student that has learnt five sentences by heart."""
    own = params(**WHOLE, learning_rate=0.003, batch_size=5)
    one = GlinerStudent(begin, 150, 150, own)
    return one.learn(learnt(), 0, tmp_path_factory.mktemp("kept"))


@pytest.fixture(scope="module")
def unsure(tmp_path_factory: pytest.TempPathFactory, encoder: Path) -> TaughtGliner:
    """Return a student that has hardly begun: no probability is 0 or 1."""
    return student(encoder, 4).learn(learnt(), 0, tmp_path_factory.mktemp("kept"))


@slow
@pytest.mark.parametrize("code", SCRIPTS)
def test_an_entity_is_more_probable_than_what_is_none(taught: TaughtGliner, code: str) -> None:
    text, true, planted = of(code)
    found = sure(taught, text, [*true, *planted])
    assert all(0 <= value <= 1 for value in found)
    assert min(found[:2]) > 0.5 > max(found[2:])


@slow
@pytest.mark.parametrize("code", SCRIPTS)
def test_the_probability_is_what_gliner_says(unsure: TaughtGliner, code: str) -> None:
    text, true, _ = of(code)
    options = {"threshold": 0.0, "flat_ner": False, "multi_label": True}
    (said,) = unsure.model.inference([text], ["person", "place"], **options)
    spans = [Span(one["start"], one["end"], one["label"]) for one in said]
    theirs = [one["score"] for one in said]
    assert len(set(theirs)) > 4 and all(0 < score < 1 for score in theirs)
    # So that both types are candidates here too.
    assert sure(unsure, text, [*spans, *true])[:-2] == pytest.approx(theirs, abs=1e-6)


@slow
def test_several_labels_have_one_each(taught: TaughtGliner) -> None:
    text, (person, place), _ = of("hin_Deva")
    entity = (person.start, person.end, ("person", "place"))
    one = Labelled("p", text, 0, False, (entity, (place.start, place.end, ("place",))))
    first, second = taught.answers([one])
    assert len(first["probabilities"]) == 2 and len(second["probabilities"]) == 1
    assert first["probabilities"][0] > first["probabilities"][1]


@slow
@pytest.mark.parametrize("code", SCRIPTS)
def test_entities_that_cannot_be_scored(taught: TaughtGliner, code: str) -> None:
    text = SENTENCES[SCRIPTS[code]]
    found = words_of(text, icu_words)
    wide = next(i for i, word in enumerate(found.words) if len(word) > 1)
    inside = Span(found.starts[wide], found.ends[wide] - 1, "person")
    too_wide = Span(0, found.ends[3], "person")
    whole = Span(0, found.ends[2], "person")
    said = sure(taught, text, [inside, too_wide, whole])
    assert said[:2] == [SPLIT, WIDE] and 0 <= said[2] <= 1


@slow
def test_what_the_encoder_cannot_read(taught: TaughtGliner, tmp_path: Path, encoder: Path) -> None:
    """It has no probability, and is no example; the metrics say how often."""
    text = f"{'x' * 80} बनारस"
    spans = [Span(0, 80, "person"), Span(81, 86, "place")]
    first, beyond = sure(taught, text, spans)
    assert 0 <= first <= 1 and beyond == OUTSIDE
    learns = [Example(text, "hin_Deva", tuple(spans))]
    figures = student(encoder, 1).learn(learns, 0, tmp_path).figures()
    assert figures["epochs"][0]["unread"] == 1


@slow
def test_an_entity_across_the_border_of_windows(taught: TaughtGliner) -> None:
    """Windows have twelve words, and share two: every place of a long text is asked about."""
    text = "安娜 到 " * 20
    words = words_of(text, icu_words)
    wide = zip(words.starts, words.ends[2:], strict=False)
    spans = [Span(start, end, "person") for start, end in wide]
    assert len(spans) == len(words.words) - 2 > 36
    assert all(isinstance(value, float) for value in sure(taught, text, spans))


@slow
def test_many_types_are_asked_in_parts(unsure: TaughtGliner) -> None:
    text, true, _ = of("arb_Arab")
    more = [Span(true[0].start, true[0].end, f"t{i}") for i in range(7)]
    found = sure(unsure, text, [*more, true[1]])
    assert len(found) == 8 and all(0 < p < 1 for p in found)
    # Four at a time, by name: place, t0, t1, t2; those that are read together are one question.
    assert found[7] == pytest.approx(sure(unsure, text, [*more[:3], true[1]])[3], abs=1e-6)
    assert found[7] != pytest.approx(sure(unsure, text, [true[1]])[0], abs=1e-6)


@slow
def test_what_can_be_learnt(taught: TaughtGliner) -> None:
    text, true, _ = of("tha_Thai")
    words = words_of(text, icu_words)
    inside = Span(true[0].start, true[0].end - 1, "person")
    wide = Span(0, words.ends[3], "person")
    examples = [Example(text, "tha_Thai", (*true, inside, wide)), Example("", "tha_Thai", ())]
    lessons, entities = lessons_of(taught.model, examples)
    assert entities.metrics() == {"seen": 4, "kept": 2, "dropped": {SPLIT: 1, WIDE: 1}}
    assert lessons[0]["ner"] == [[0, 0, "person"], [3, 3, "place"]]
    assert [word for one in lessons for word in one["tokenized_text"]][:12] == [*words.words][:12]


@slow
def test_nothing_that_can_be_learnt(tmp_path: Path, encoder: Path) -> None:
    text, true, _ = of("tha_Thai")
    inside = Span(true[0].start, true[0].end - 1, "person")
    with pytest.raises(ValueError, match=r"none of 1 passages has .*not on word borders.*words"):
        student(encoder, 1).learn([Example(text, "tha_Thai", (inside,))], 0, tmp_path)


@slow
def test_killed_and_begun_again_it_learns_the_same(
    tmp_path: Path, encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [held(text, [*true, *wrong]) for text, true, wrong in map(of, SCRIPTS)]

    def answers(kept: str, seed: int = 0) -> list[Any]:
        return list(student(encoder, 6).learn(learnt(), seed, tmp_path / kept).answers(wanted))

    whole = answers("whole")
    assert answers("again") == whole
    assert answers("other", seed=1) != whole
    real, taken = training._step, []

    def failing(*args: Any) -> Any:
        taken.append(args[3])
        if len(taken) == 4:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(training, "_step", failing)
    monkeypatch.setattr(training.Checkpointed, "is_due", lambda _: True)
    with pytest.raises(KeyboardInterrupt):
        answers("killed")
    assert answers("killed") == whole
    assert taken == [1, 2, 3, 4, 4, 5, 6]


@slow
def test_a_whole_gliner_goes_on_learning(taught: TaughtGliner, tmp_path: Path) -> None:
    taught.model.save_pretrained(tmp_path / "saved", safe_serialization=True)
    text, true, wrong = of("cmn_Hani")
    kept = params(**WHOLE, learning_rate=1e-9)
    again = GlinerStudent(tmp_path / "saved", 1, 1, kept).learn(learnt(), 0, tmp_path / "c")
    spans = [*true, *wrong]
    assert sure(again, text, spans) == pytest.approx(sure(taught, text, spans), abs=1e-4)
    config = json.loads((tmp_path / "saved" / "gliner_config.json").read_text("utf-8"))
    config["span_mode"] = "token_level"
    (tmp_path / "saved" / "gliner_config.json").write_text(json.dumps(config), "utf-8")
    with pytest.raises(ValueError, match=r"saved: a UniEncoderTokenGLiNER; expected a GLiNER that"):
        GlinerStudent(tmp_path / "saved", 1, 1, kept).learn(learnt(), 0, tmp_path / "d")


@slow
def test_the_stage(
    project: Path,
    stage: Callable[..., CompletedProcess[str]],
    encoder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from finerweb.models import add

    monkeypatch.setenv("FINERWEB_MODELS", str(project / "cache"))
    add("tiny", encoder)
    told = yaml.safe_load((project / "params.yaml").read_text("utf-8"))
    told["backbones"]["tiny"] = "local:tiny"
    own = told["confidence"]["gliner"] | TINY | {"encoder": "tiny"}
    told["confidence"] |= {"student": "gliner", "epochs": 2, "gliner": own}
    (project / "params.yaml").write_text(yaml.safe_dump(told), "utf-8")
    monkeypatch.setattr("test_confidence.text_of", lambda code: of(code)[0])
    make_inputs(project / "data", dict.fromkeys(SCRIPTS, 4))
    for code in SCRIPTS:
        _, true, _ = of(code)
        found = [(one.start, one.end, (one.type,)) for one in true]
        found.append((true[0].start, true[0].end - 1, ("person", "human")))  # inside a word
        made = [row for one in passages(code, 4) for row in entities(one, found)]
        write(project / "data" / "entities" / f"{code}.parquet", made, ENTITIES)
    data = ("entities", "selected", "passages", "types")
    given = [part for name in data for part in (f"--{name}", f"data/{name}")]
    files = []
    for out in ("first", "second"):
        done = stage("confidence", *given, "--out", f"data/{out}", "--metrics", f"{out}.json")
        assert done.returncode == 0, done.stderr
        paths = [project / f"{out}.json", *sorted((project / "data" / out).iterdir())]
        files.append([path.read_bytes() for path in paths])
    assert files[0] == files[1] and len(files[0]) == 6
    figures = json.loads(files[0][0])
    counts = figures["entities"]["overall"]
    assert counts == {"seen": 60, "kept": 40, "dropped": {SPLIT: 20}}
    training_of = figures["folds"]["0"]["trainings"]["0"]
    assert training_of["steps"] > 0 and len(training_of["epochs"]) == 2
    rows = read(project / "data" / "first" / "arb_Arab.parquet", CONFIDENCE)
    assert len(rows) == 12
    assert all((row["confidence"] is None) == (row["reason"] == SPLIT) for row in rows)
