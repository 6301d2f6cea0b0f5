"""Binder: trainings of a tiny encoder, and their folders."""

import math
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from binders import NOTHING, params, write_untaught

from finerweb.binder.decoding import entities, margins
from finerweb.binder.examples import Corpus, Example
from finerweb.binder.folder import load, save
from finerweb.binder.manifest import Origin, folder_for, manifest
from finerweb.binder.model import accelerator, load_encoder, longest_of
from finerweb.binder.setups import Work, fit
from finerweb.binder.training import Run, Trained, pace, train
from finerweb.evaluation.binder_models import BinderPredictor
from finerweb.params.evaluate import BinderParams
from finerweb.records import Span
from finerweb.tally import Tally

NAMES = ("anna", "berta", "آنا", "अन्ना", "安娜")
PLACES = ("oslo", "القاهرة", "वाराणसी", "เชียงใหม่", "成都")


def sentences(n: int) -> list[Example]:
    random = Random(0)
    found = []
    for _ in range(n):
        name, place = random.choice(NAMES), random.choice(PLACES)
        text = f"{name} {random.choice(('sees', 'left', 'likes'))} {place}"
        where = len(text) - len(place)
        spans = (Span(0, len(name), "person"), Span(where, len(text), "city"))
        found.append(Example(text, "eng_Latn", spans))
    return found


def trained(encoder: Path, folder: Path, examples: int = 6, **changes: Any) -> Trained:
    run = Run(encoder, None, 0, params(**changes))
    return train(sentences(examples), NOTHING, run, folder)


def weights(binder: Any) -> dict[str, Any]:
    return {name: tensor.tolist() for name, tensor in binder.modules.state_dict().items()}


@pytest.mark.slow
def test_a_killed_training_goes_on_to_the_same_weights(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import finerweb.binder.training as training

    whole = trained(encoder, tmp_path / "whole", tokens=96)
    steps = whole.progress.step
    step = training._step

    def killed(*inputs: Any) -> Any:
        if inputs[-1] == steps // 2 + 1:
            raise KeyboardInterrupt
        return step(*inputs)

    monkeypatch.setattr(training, "_step", killed)
    run = Run(encoder, None, 0, params(tokens=96))
    with pytest.raises(KeyboardInterrupt):
        train(sentences(6), NOTHING, run, tmp_path / "killed", 0.0)
    newest = max((tmp_path / "killed").iterdir())
    with_moments = newest.stat().st_size
    newest.write_bytes(newest.read_bytes()[:-9])
    monkeypatch.undo()
    again = trained(encoder, tmp_path / "killed", tokens=96)
    assert again.progress == whole.progress
    assert weights(again.binder) == weights(whole.binder)
    (finished,) = (tmp_path / "killed").iterdir()
    assert finished.stat().st_size < with_moments / 2, "the weights alone"
    monkeypatch.setattr(training, "_step", None)
    known = trained(encoder, tmp_path / "killed", tokens=96)
    assert known.progress == whole.progress
    assert weights(known.binder) == weights(whole.binder)


def test_seeds_and_steps(encoder: Path, tmp_path: Path) -> None:
    one = trained(encoder, tmp_path / "1", max_steps=1)
    assert one.progress.step == 1
    other = train(sentences(6), NOTHING, Run(encoder, None, 1, params(max_steps=1)), tmp_path / "2")
    assert weights(one.binder) != weights(other.binder)


@pytest.mark.slow
def test_word_embeddings_stay_where_they_are_frozen(encoder: Path, tmp_path: Path) -> None:
    before = load_encoder(encoder).model.get_input_embeddings().weight
    for frozen in (True, False):
        found = trained(encoder, tmp_path / str(frozen), freeze_embeddings=frozen, max_steps=2)
        after = found.binder.text.model.get_input_embeddings().weight
        assert bool((before == after).all()) is frozen


@pytest.mark.parametrize("two", [False, True])
def test_a_folder_finds_the_same_again(encoder: Path, tmp_path: Path, two: bool) -> None:
    run = Run(encoder, encoder if two else None, 0, params(max_steps=3))
    found = train(sentences(6), NOTHING, run, tmp_path / "checkpoints").binder
    origin = Origin("merged-multi", ("eng_Latn",), "joint", 0, "mirror:x", None)
    out = tmp_path / "binder" / "joint"
    out.mkdir(parents=True)
    save(found, origin, out)
    assert folder_for(tmp_path / "binder", "tha_Thai") == out
    again = load(out)
    asked = [list(one.spans) for one in sentences(4)]
    inputs = [one.text for one in sentences(4)]
    assert margins(again, inputs, asked, 256) == margins(found, inputs, asked, 256)
    assert manifest(out)["origin"]["variant"] == "merged-multi"
    assert not [p for p in out.rglob("*") if p.suffix in (".bin", ".pt", ".pkl")]
    assert (out / "type").is_dir() is two
    said = (out / "binder.json").read_text("utf-8")
    (out / "binder.json").write_text(said.replace('"projection": 16', '"projection": 8'), "utf-8")
    with pytest.raises(ValueError, match=r"heads\.safetensors: does not fit binder\.json"):
        load(out)
    (out / "heads.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"no heads\.safetensors"):
        load(out)


def test_a_student_goes_to_where_it_predicts(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`meta`, where every machine can go, stands for a GPU."""
    folder = write_untaught(encoder, tmp_path, "eng_Latn")
    monkeypatch.setattr("finerweb.binder.model.accelerator", lambda: "meta")
    found = load(folder)
    assert found.device.type == "meta"
    assert {p.device.type for p in found.modules.parameters()} == {"meta"}


@pytest.mark.skipif(accelerator() == "cpu", reason="has no GPU")
def test_a_gpu_finds_what_a_cpu_finds(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_untaught(encoder, tmp_path, "eng_Latn")
    asked, inputs = [one.spans for one in sentences(9)], [one.text for one in sentences(9)]
    on_gpu = margins(load(folder), inputs, asked, 256)
    monkeypatch.setattr("finerweb.binder.model.accelerator", lambda: "cpu")
    on_cpu = margins(load(folder), inputs, asked, 256)
    for one, other in zip(on_gpu, on_cpu, strict=True):
        assert one == pytest.approx(other, abs=1e-3)


def test_a_loss_that_is_no_number_names_its_step(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import finerweb.binder.training as training

    monkeypatch.setattr(training, "total", lambda parts, weights: sum(parts.values()) * math.nan)
    with pytest.raises(ValueError, match=r"step 1: the training loss is nan; lower train_binder\."):
        trained(encoder, tmp_path)


def test_nothing_to_learn(encoder: Path, tmp_path: Path) -> None:
    run = Run(encoder, None, 0, params())
    with pytest.raises(ValueError, match="none of 1 passages without gold has an entity"):
        train([Example("anna", "eng_Latn", ())], NOTHING, run, tmp_path)
    with pytest.raises(ValueError, match=r"max_length is 512, but .* reads at most 64 tokens"):
        train(sentences(1), NOTHING, Run(encoder, None, 0, params({"max_length": 512})), tmp_path)


def test_a_language_without_entities_has_no_student(
    encoder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Those before and after it have theirs."""
    entity = (Span(0, 4, "person"),)
    of = {"deu_Latn": entity, "tha_Thai": (), "vie_Latn": entity}
    examples = [Example("anna ulm", code, spans) for code, spans in of.items()]
    tallies = {one.language: Tally() for one in examples}
    corpus = Corpus(examples, tallies, NOTHING)
    work = Work(tmp_path, tmp_path, tmp_path, encoder, None, "per_language", 0, params(epochs=1))
    assert [name for name, _ in fit(corpus, work, tmp_path / "a")] == ["deu_Latn", "vie_Latn"]
    assert "tha_Thai has no student: none of 1 passages without gold" in caplog.text
    nothing = Corpus(examples[1:2], tallies, NOTHING)
    with pytest.raises(ValueError, match="no language has an entity to learn from"):
        list(fit(nothing, work, tmp_path / "b"))
    with pytest.raises(ValueError, match="none of 1 passages without gold"):
        list(fit(nothing, replace(work, setup="joint"), tmp_path / "c"))


def test_positions_that_begin_after_padding() -> None:
    """RoBERTa's 514 are 512; BERT's are as many as it says."""
    from transformers import BertConfig, BertModel, XLMRobertaConfig, XLMRobertaModel

    small = {"vocab_size": 9, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    roberta = XLMRobertaModel(XLMRobertaConfig(**small, max_position_embeddings=514))
    assert longest_of(roberta, 0) == 512
    assert longest_of(BertModel(BertConfig(**small, max_position_embeddings=514)), 0) == 514


def test_no_type_to_look_for(encoder: Path, tmp_path: Path) -> None:
    found = trained(encoder, tmp_path, max_steps=1).binder
    with pytest.raises(ValueError, match="no type to look for"):
        entities(found, ["anna"], [], 64)
    asked = BinderParams(kind="binder", instance="x", tokens=64, precision="float32", margin=0)
    assert BinderPredictor(found, asked).predict(["anna", ""], []) == [[], []], "a set without any"
    assert entities(found, [], ["city"], 64) == []
    assert margins(found, ["anna"], [[]], 64) == [[]]
    assert entities(found, ["", "   "], ["city"], 64) == [[], []]


@pytest.mark.parametrize(("step", "expected"), [(0, 0.5), (1, 1.0), (5, 0.625), (9, 0.125)])
def test_the_learning_rate_rises_and_falls(step: int, expected: float) -> None:
    assert pace(step, 10, 0.0) == (10 - step) / 10
    assert pace(step, 10, 0.15) > 0 and pace(step, 10, 0.2) == pytest.approx(
        {0: 1 / 3, 1: 2 / 3, 5: 0.625, 9: 0.125}[step]
    )


@pytest.mark.slow
def test_fifty_sentences_are_learnt_by_heart(encoder: Path, tmp_path: Path) -> None:
    learnt = sentences(50)
    changes: dict[str, Any] = {"epochs": 60, "tokens": 512, "learning_rate": 0.003}
    run = Run(encoder, None, 0, params({"dropout": 0.0}, **changes))
    found = train(learnt, NOTHING, run, tmp_path).binder
    spans = entities(found, [one.text for one in learnt], ["city", "person"], 512)
    gold = {(i, s) for i, one in enumerate(learnt) for s in one.spans}
    predicted = {(i, f.span) for i, some in enumerate(spans) for f in some}
    assert 2 * len(gold & predicted) / (len(gold) + len(predicted)) > 0.95
