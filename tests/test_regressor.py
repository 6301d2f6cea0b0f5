"""The regressor: tasks, scores, and real trainings of a tiny encoder made here."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from finerweb.params.train_regressor import TrainRegressorParams
from finerweb.regressor.card import Origin, card
from finerweb.regressor.encoders import check
from finerweb.regressor.scores import calibration, confusion
from finerweb.regressor.tasks import classes, quality, target
from finerweb.regressor.training import Rated, Run, examples
from finerweb.tally import Tally

PARAMS = TrainRegressorParams(
    raters=["x"],
    tasks=["binary"],
    backbones=["tiny"],
    seeds=[0],
    languages=None,
    learning_rate=0.01,
    batch_size=8,
    epochs=12,
    precision="bfloat16",
    max_length=32,
    validate_by="folds",
    folds=2,
    patience=None,
    freeze_embeddings=False,
    useful_from=3,
    min_documents=4,
)
SPLIT = PARAMS.model_copy(update={"validate_by": "split", "folds": 4, "patience": 2})
LANGUAGES = ("deu_Latn", "tha_Thai")


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


def test_confusion_matrix() -> None:
    found = confusion([1.0, 1.0, 0.0, 0.0], [0.9, 0.2, 0.4, -3.0], "binary")
    assert found == {"0": {"0": 2, "1": 0}, "1": {"0": 1, "1": 1}}
    assert confusion([4.0], [2.6], "multiclass")["4"] == {"1": 0, "2": 0, "3": 1, "4": 0}


def test_calibration() -> None:
    found = calibration([0.0, 1.0, 1.0, 1.0], [0.05, 0.05, 0.75, 1.5], "binary")
    assert found["bins"] == [
        {"n": 2, "predicted": 0.05, "rated": 0.5},
        {"n": 1, "predicted": 0.75, "rated": 1.0},
        {"n": 1, "predicted": 1.5, "rated": 1.0},
    ]
    assert found["error"] == pytest.approx((2 * 0.45 + 0.25 + 0.5) / 4)


def test_only_a_split_stops_early() -> None:
    with pytest.raises(ValidationError, match="patience needs validate_by: split"):
        TrainRegressorParams.model_validate(PARAMS.model_dump() | {"patience": 5})


def test_a_language_without_ratings_is_named(caplog: pytest.LogCaptureFixture) -> None:
    row = {"text": "a", "score": 3, "useful": None}
    rated, tallies = examples(
        [("deu_Latn", [row, row | {"score": None}]), ("tha_Thai", [row | {"score": None}])],
        "binary",
        PARAMS,
    )
    assert [one.target for one in rated] == [1.0]
    assert (tallies["deu_Latn"].kept, tallies["deu_Latn"].dropped["unrated"]) == (1, 1)
    assert "tha_Thai: no rated passage" in caplog.text


def test_only_the_listed_languages_are_learnt_from(caplog: pytest.LogCaptureFixture) -> None:
    row = {"text": "a", "score": 3, "useful": None}
    ratings = [("deu_Latn", [row]), ("tha_Thai", [row, row])]
    listed = PARAMS.model_copy(update={"languages": ["tha_Thai", "swh_Latn"]})
    rated, tallies = examples(ratings, "binary", listed)
    assert [one.language for one in rated] == ["tha_Thai", "tha_Thai"]
    assert tallies["deu_Latn"].dropped == {"language not listed": 1}
    assert "deu_Latn: not in train_regressor.languages" in caplog.text
    with pytest.raises(ValueError, match="none of swh_Latn has ratings, only deu_Latn, tha_Thai;"):
        examples(ratings, "binary", PARAMS.model_copy(update={"languages": ["swh_Latn"]}))


FOLDERS: list[tuple[dict[str, str], str]] = [
    ({"config.json": "{}", "pytorch_model.bin": ""}, r"found config.json, pytorch_model.bin; a pi"),
    ({"config.json": '{"auto_map": {"AutoModel": "m.M"}}', "model.safetensors": ""}, "code of its"),
    ({"tokenizer_config.json": '{"auto_map": {"A": 1}}', "model.safetensors": ""}, "code of its"),
]


@pytest.mark.parametrize(("files", "message"), FOLDERS)
def test_encoders_that_could_run_code_are_refused(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        check(tmp_path)


@pytest.mark.parametrize(("licence", "expected"), [("MIT", "mit"), (None, "other")])
def test_card(licence: str | None, expected: str) -> None:
    import yaml

    scores = {"precision": 0.5, "recall": 0.25, "f1": 1 / 3}
    metrics = {
        "seen": 12,
        "kept": 10,
        "without_ratings": ["ckb_Arab"],
        "pooled": {"n": 10, "mse": 0.2, "classes": scores, "human": scores},
        "languages": {"tha_Thai": {"n": 6, "mse": 0.1, "classes": scores}},
        "calibration": {"error": 0.0712},
    }
    backbone = "hub:a/b@" + "0" * 40
    origin = Origin("r", "served:r", "e", backbone, licence, "binary", 1, ["tha_Thai", "deu_Latn"])
    for params in (PARAMS, SPLIT):
        _, front, text = card(origin, params, metrics).split("---\n", 2)
        head = yaml.safe_load(front)
        assert (head["license"], head["base_model"]) == (expected, "a/b")
        assert head["language"] == ["deu", "tha"]
        assert head["model-index"][0]["results"][0]["metrics"][2]["value"] == 0.3333
        for needed in ("| tha_Thai | 6 | 0.5 | 0.25 | 0.333 | 0.1 |", "10 passages", "ckb_Arab"):
            assert needed in text
        assert ("2-fold" in text) == (params is PARAMS)
        assert "people's own word" in text
    # A corpus of one's own: nobody said what is useful.
    without = metrics | {"pooled": {"n": 10, "mse": 0.2, "classes": scores}}
    assert "people's own word" not in card(origin, PARAMS, without)


def easy() -> list[Rated]:
    """Return digits, useful, and letters, useless."""
    texts = [f"{i * 7919 % 99991:05} {i * 31 % 97}" for i in range(24)]
    texts += [f"{'abcdefghij'[i % 10] * 3} {'klmnop'[i % 6] * 4}" for i in range(24)]
    return [
        Rated(text, LANGUAGES[i % 2], 3 if i < 24 else 2, float(i < 24), i < 24)
        for i, text in enumerate(texts)
    ]


def run_of(encoder: Path, params: TrainRegressorParams, seed: int = 0) -> Run:
    return Run(Path("ratings"), encoder, "binary", seed, params)


def weights(model: Any) -> dict[str, Any]:
    return {name: value.numpy() for name, value in model.state_dict().items()}


@pytest.mark.slow
@pytest.mark.parametrize("params", [PARAMS, SPLIT], ids=["folds", "split"])
def test_learns_what_is_easy(encoder: Path, tmp_path: Path, params: TrainRegressorParams) -> None:
    """Held-out passages are told apart, and the folder reads back the same."""
    import numpy as np
    from transformers import AutoModelForSequenceClassification

    from finerweb.regressor.folder import Regressor, Trained, load, save
    from finerweb.regressor.validation import fit, report

    rated = easy()
    fitted = fit(rated, run_of(encoder, params), tmp_path / "checkpoints")
    assert len(fitted.held_out) == (48 if params is PARAMS else 12)
    assert {one.language for one in fitted.held_out} == set(LANGUAGES)
    tally = Tally()
    tally.keep(48)
    figures = report(fitted, "binary", params, {"deu_Latn": tally, "ckb_Arab": Tally()})
    assert (figures["seen"], figures["without_ratings"]) == (48, ["ckb_Arab"])
    assert figures["pooled"]["classes"]["f1"] > 0.9
    assert set(figures["languages"]) == set(LANGUAGES)
    assert figures["mean_over_languages"]["f1"] > 0.9
    assert figures["confusion"]["1"]["1"] > figures["confusion"]["1"]["0"]

    trained = Trained("binary", 3, 32)
    save(fitted.model, fitted.tokenizer, trained, tmp_path / "r")
    assert AutoModelForSequenceClassification.from_pretrained(tmp_path / "r").num_labels == 1
    assert not list((tmp_path / "r").glob("*.bin"))
    loaded = load(tmp_path / "r")
    assert loaded.trained == trained
    texts = [one.text for one in rated]
    whole = loaded.qualities(texts, tokens=4096)
    before = Regressor(fitted.model, fitted.tokenizer, trained).qualities(texts, tokens=4096)
    np.testing.assert_allclose(before, whole, atol=1e-5)
    np.testing.assert_allclose(loaded.qualities(texts, 64), whole, atol=1e-4)
    np.testing.assert_allclose(loaded.qualities(texts[::-1], 64)[::-1], whole, atol=1e-4)
    (tmp_path / "r" / "model.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"no model\.safetensors"):
        load(tmp_path / "r")


class Killed(BaseException):
    """A kill: nothing in the code expects it."""


@pytest.mark.slow
@pytest.mark.parametrize("validated", [False, True], ids=["folds", "split"])
def test_a_killed_training_goes_on_to_the_same_weights(
    encoder: Path, tmp_path: Path, validated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np
    from transformers import Trainer

    from finerweb.regressor.training import train

    rated = easy()
    params = SPLIT if validated else PARAMS
    run, kept_apart = run_of(encoder, params), rated[::6] if validated else ()
    whole = weights(train(rated, run, tmp_path / "whole", kept_apart, save_seconds=0)[0])

    steps: list[int] = []
    step = Trainer.training_step

    def counted(self: Any, *inputs: Any, **more: Any) -> Any:
        steps.append(self.state.global_step)
        if len(steps) == 20:
            raise Killed
        return step(self, *inputs, **more)

    monkeypatch.setattr(Trainer, "training_step", counted)
    with pytest.raises(Killed):
        train(rated, run, tmp_path / "killed", kept_apart, save_seconds=0)
    torn = tmp_path / "killed" / "checkpoint-19"
    torn.mkdir()
    (torn / "trainer_state.json").write_text("{")
    resumed = weights(train(rated, run, tmp_path / "killed", kept_apart, save_seconds=0)[0])
    assert steps[20] == 18, "three epochs of six steps were kept"
    assert whole.keys() == resumed.keys()
    for name, value in whole.items():
        np.testing.assert_array_equal(resumed[name], value, err_msg=name)
    n = len(steps)
    again = weights(train(rated, run, tmp_path / "killed", kept_apart, save_seconds=0)[0])
    assert len(steps) == n, "a finished training is only loaded"
    for name, value in whole.items():
        np.testing.assert_array_equal(again[name], value, err_msg=name)


@pytest.mark.slow
def test_another_backbone_s_checkpoint_is_not_taken(encoder: Path, tmp_path: Path) -> None:
    from finerweb.compute.checkpoints import run_folder

    other = tmp_path / "other"
    shutil.copytree(encoder, other)
    config = json.loads((other / "config.json").read_text("utf-8"))
    (other / "config.json").write_text(json.dumps(config | {"hidden_dropout_prob": 0.5}))
    (tmp_path / "ratings").mkdir()
    folders = {
        run_folder(
            Run(tmp_path / "ratings", backbone, "binary", seed, params), "t", tmp_path / "home", 9
        )
        for backbone in (encoder, other)
        for seed in (0, 1)
        for params in (PARAMS, SPLIT)
    }
    assert len(folders) == 8


@pytest.mark.slow
def test_an_encoder_with_another_s_weights_is_refused(encoder: Path, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    from finerweb.regressor.encoders import load_encoder

    other = tmp_path / "other"
    shutil.copytree(encoder, other)
    (other / "model.safetensors").unlink()
    import torch

    save_file({"x": torch.zeros(2)}, other / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match=r"its weights have no bert\.embeddings"):
        load_encoder(other, 0.5, freeze_embeddings=False)


@pytest.mark.slow
def test_one_class_is_refused(encoder: Path, tmp_path: Path) -> None:
    from finerweb.regressor.validation import fit

    same = [Rated("a", "deu_Latn", 3, 1.0)] * 4
    with pytest.raises(ValueError, match="expected at least two different ones"):
        fit(same, run_of(encoder, PARAMS), tmp_path)
    with pytest.raises(ValueError, match="1 ratings: expected at least"):
        fit(same[:1], run_of(encoder, PARAMS), tmp_path)


@pytest.mark.slow
def test_a_loss_that_is_no_number_names_its_step(encoder: Path, tmp_path: Path) -> None:
    from finerweb.regressor.training import train

    wild = PARAMS.model_copy(update={"learning_rate": 1e30})
    with pytest.raises(ValueError, match=r"step [2-9]: the training loss is (nan|inf); lower"):
        train(easy(), run_of(encoder, wild), tmp_path)
