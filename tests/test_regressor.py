"""The regressor: tasks, selection, and a real training on a tiny encoder made here."""

from pathlib import Path

import pytest
from encoders import make_encoder

from finerweb.params.train_regressor import TrainRegressorParams
from finerweb.regressor.selection import select
from finerweb.regressor.tasks import classes, quality, target

PARAMS = TrainRegressorParams(
    raters=["x"],
    tasks=["binary"],
    backbones=["tiny"],
    seeds=[0],
    learning_rate=0.01,
    batch_size=8,
    epochs=12,
    max_length=32,
    folds=2,
    freeze_embeddings=False,
    useful_from=3,
    min_documents=4,
)


@pytest.mark.parametrize(
    ("task", "score", "expected"),
    [("binary", 2, 0.0), ("binary", 3, 1.0), ("multiclass", 2, 2.0), ("multiclass", 4, 4.0)],
)
def test_targets(task: str, score: int, expected: float) -> None:
    assert target(score, task, PARAMS) == expected


@pytest.mark.parametrize(
    ("task", "value", "expected"),
    [
        ("binary", 0.49, 0),
        ("binary", 0.5, 1),
        ("binary", -3.0, 0),
        ("binary", 7.0, 1),
        ("multiclass", 2.5, 3),
        ("multiclass", 2.49, 2),
        ("multiclass", -1.0, 1),
        ("multiclass", 9.0, 4),
    ],
)
def test_classes_round_halves_up_and_clip(task: str, value: float, expected: int) -> None:
    assert classes(value, task) == expected


def test_quality_is_comparable_between_tasks() -> None:
    for useful_from in (2, 3, 4):
        half = useful_from - 0.5
        assert quality(half, "multiclass", useful_from) == quality(0.5, "binary", useful_from)
    assert quality(4.0, "multiclass", 3) == 1.0


def scores(f1: float) -> dict[str, object]:
    return {"pooled": {"rated": {"f1": f1}}}


def test_selection_names_the_best_and_its_lead() -> None:
    chosen = select({"b": scores(0.7), "a": scores(0.7), "c": scores(0.5)}, "rated")
    assert (chosen["selected"], chosen["lead"]) == ("a", 0.0)
    assert select({"a": scores(0.7)}, "rated")["lead"] is None


def test_selection_without_the_score_it_goes_by() -> None:
    with pytest.raises(ValueError, match="documents marked `useful`"):
        select({"a": scores(0.5)}, "human")
    with pytest.raises(ValueError, match="no trained regressor"):
        select({}, "rated")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.mark.slow
def test_learns_what_is_easy(encoder: Path, tmp_path: Path) -> None:
    """Digits or letters: held-out passages are told apart, and the folder reads back the same."""
    import numpy as np

    from finerweb.regressor.folder import Regressor, Trained, load, save
    from finerweb.regressor.training import Rated, train
    from finerweb.regressor.validation import cross_validate, report

    texts = [f"{i * 7919 % 99991:05} {i * 31 % 97}" for i in range(24)]
    texts += [f"{'abcdefghij'[i % 10] * 3} {'klmnop'[i % 6] * 4}" for i in range(24)]
    examples = [
        Rated(text, ["deu_Latn", "tha_Thai"][i % 2], 3 if i < 24 else 2, float(i < 24), i < 24)
        for i, text in enumerate(texts)
    ]
    predictions = cross_validate(examples, encoder, PARAMS, seed=0)
    figures = report(examples, predictions, "binary", PARAMS, unrated=2)
    assert (figures["seen"], figures["kept"]) == (50, 48)
    assert figures["pooled"]["classes"]["f1"] > 0.9
    assert set(figures["languages"]) == {"deu_Latn", "tha_Thai"}

    model, tokenizer = train(examples, encoder, PARAMS, seed=0)
    trained = Trained("binary", 3, 32)
    save(model, tokenizer, trained, tmp_path / "r")
    loaded = load(tmp_path / "r")
    assert loaded.trained == trained
    whole = loaded.qualities(texts, batch_size=48)
    before = Regressor(model, tokenizer, trained).qualities(texts, batch_size=48)
    np.testing.assert_allclose(before, whole, atol=1e-5)
    np.testing.assert_allclose(loaded.qualities(texts, 5), whole, atol=1e-4)
    np.testing.assert_allclose(loaded.qualities(texts[::-1], 5)[::-1], whole, atol=1e-4)
    (tmp_path / "r" / "model.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"no model\.safetensors"):
        load(tmp_path / "r")


@pytest.mark.slow
def test_one_class_is_refused(encoder: Path) -> None:
    from finerweb.regressor.training import Rated, train

    with pytest.raises(ValueError, match="expected at least two different ones"):
        train([Rated("a", "deu_Latn", 3, 1.0)] * 4, encoder, PARAMS, seed=0)
