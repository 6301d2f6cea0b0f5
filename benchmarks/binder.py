"""Binder beside a plain token classifier on the same encoder: F1, speed, memory of a step.

    python benchmarks/binder.py [--epochs N] [--seeds N] [--learnt N] [--held-out N]
        [--what f1|speed|memory]

Input: WikiGold (FINERWEB_TEST_DATA), 1,000 of its sentences to learn from, the rest held out, by a
fixed shuffle; without it, nothing runs. Both students see the same sentences as often, in batches
of like size, with the learning rate of params.yaml, three seeds each in turn. Speed is that of
finding entities of 20 types, for the classifier that of as many classes, in alternating rounds.
On a machine with other work set OMP_NUM_THREADS=1: threads that wait for each other cost ten times.
"""

import json
import os
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from statistics import fmean, median, stdev
from typing import Any

import click
import yaml

from finerweb.batching import by_length
from finerweb.binder.decoding import entities
from finerweb.binder.examples import Example
from finerweb.binder.likeness import Likeness
from finerweb.binder.model import Binder, new_binder
from finerweb.binder.training import Run, train
from finerweb.evaluation import tagger
from finerweb.evaluation.scoring import count
from finerweb.models import resolve
from finerweb.params.filter_ablation import StudentParams
from finerweb.params.train_binder import TrainBinderParams
from finerweb.records import Span

DATA = Path(os.environ.get("FINERWEB_TEST_DATA", "../shared/data"))
WIKIGOLD = DATA / "gold" / "wikigold" / "eng" / "wikigold.conll.txt"
TYPES = {"PER": "person", "ORG": "organization", "LOC": "location", "MISC": "work"}
"""MISC is called a work (most are), for the classifier knows the coarse types alone."""
TOKENS = 1024
LEARNT_TOKENS = 512
"""In a batch of Binder's: sixteen sentences, as in one of the classifier's."""
ROUNDS = 5
KINDS = 20
PASSAGES = 24


def sentences() -> list[Example]:
    """Return WikiGold's sentences, joined with blanks; runs of one tag are one entity."""
    found = []
    for block in WIKIGOLD.read_text("utf-8").split("\n\n"):
        text, spans = "", []
        before = "O"
        for line in block.strip().splitlines():
            word, tag = line.rsplit(" ", 1)
            start = len(text) + bool(text)
            text += f" {word}" if text else word
            if tag != "O" and tag == before:
                spans[-1] = Span(spans[-1].start, len(text), spans[-1].type)
            elif tag != "O":
                spans.append(Span(start, len(text), TYPES[tag.split("-")[1]]))
            before = tag
        if text and not text.startswith("-DOCSTART-"):
            found.append(Example(text, "eng_Latn", tuple(spans)))
    Random(0).shuffle(found)
    return found


def binder_params(epochs: int) -> TrainBinderParams:
    """Return the settings of params.yaml, for as many epochs."""
    section = yaml.safe_load(Path("params.yaml").read_text("utf-8"))["train_binder"]
    return TrainBinderParams.model_validate(section | {"epochs": epochs, "tokens": LEARNT_TOKENS})


def f1(gold: Sequence[Example], found: Sequence[Sequence[Span]]) -> float:
    """Return the micro F1 of exact spans with their types."""
    ours = [(i, s.start, s.end, s.type) for i, some in enumerate(found) for s in some]
    theirs = [(i, s.start, s.end, s.type) for i, one in enumerate(gold) for s in one.spans]
    return count(theirs, ours).f1


def learn_binder(encoder: Path, seen: list[Example], epochs: int, seed: int) -> Binder:
    """Return a Binder that has learnt the sentences."""
    run = Run(encoder, None, seed, binder_params(epochs))
    with tempfile.TemporaryDirectory() as folder:
        return train(seen, Likeness({}, {}), run, Path(folder), 1e9).binder


def learn_tagger(encoder: Path, seen: list[Example], epochs: int, seed: int) -> tagger.Tagger:
    """Return a token classifier that has learnt the sentences."""
    ours = binder_params(epochs)
    params = StudentParams(
        backbone="",
        seeds=[seed],
        learning_rate=ours.learning_rate,
        batch_size=16,
        epochs=epochs,
        max_length=ours.model.max_length,
        freeze_embeddings=ours.freeze_embeddings,
    )
    return tagger.train([(one.text, one.spans) for one in seen], encoder, params, seed)


def compare_f1(
    encoder: Path, epochs: int, seeds: int, seen: list[Example], held_out: list[Example]
) -> None:
    """Train both on the same sentences and print their F1 on the others."""
    texts = [one.text for one in held_out]
    scores: dict[str, list[float]] = {"binder": [], "tagger": []}
    for seed in range(seeds):
        begun = time.perf_counter()
        binder = learn_binder(encoder, seen, epochs, seed)
        found = entities(binder, texts, sorted(TYPES.values()), TOKENS)
        scores["binder"].append(f1(held_out, [[f.span for f in some] for some in found]))
        middle = time.perf_counter()
        classifier = learn_tagger(encoder, seen, epochs, seed)
        scores["tagger"].append(f1(held_out, classifier.spans(texts, 16)))
        row = {name: round(values[-1], 4) for name, values in scores.items()}
        took = [round(middle - begun), round(time.perf_counter() - middle)]
        click.echo(json.dumps({"seed": seed, **row, "seconds": took}))
    for name, values in scores.items():
        spread = stdev(values) if len(values) > 1 else 0.0
        click.echo(f"{name}: F1 {fmean(values):.3f} +- {spread:.3f}, {len(values)} seeds")
    click.echo(f"{len(seen)} sentences learnt, {len(held_out)} held out, {epochs} epochs")


def compare_speed(encoder: Path) -> None:
    """Print how many passages a second each finds entities in, at 20 types."""
    import torch
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    all_ = [one.text for one in sentences()]
    # Eight sentences a passage: about 200 subword tokens.
    texts = [" ".join(all_[i : i + 8]) for i in range(0, 8 * PASSAGES, 8)]
    binder = new_binder(encoder, None, binder_params(1).model, 0)
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    model = AutoModelForTokenClassification.from_pretrained(
        encoder, num_labels=2 * KINDS + 1, dtype=torch.float32
    )
    types = tuple(f"kind {i}" for i in range(KINDS))
    classifier = tagger.Tagger(model.eval(), tokenizer, types, binder.params.max_length)
    size = max(TOKENS // binder.params.max_length, 1)

    def classified() -> None:
        # Sorted by length too, so that both pad alike.
        order = [i for batch in by_length([len(t) for t in texts], 1) for i in batch]
        classifier.spans([texts[i] for i in order], size)

    def bound() -> None:
        # Untrained scores would make a span of every pair: none is above this.
        entities(binder, texts, types, TOKENS, margin=100.0)

    ways = {"tagger": classified, "binder": bound}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            begun = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - begun)
    ratio = [t / b for t, b in zip(seconds["tagger"], seconds["binder"], strict=True)]
    for name, values in seconds.items():
        click.echo(f"{name}: {len(texts) / median(values):.1f} passages/s, {KINDS} types")
    click.echo(f"binder / tagger, median of pairs: {median(ratio):.2f} ({min(ratio):.2f} at least)")


def measure_memory(encoder: Path, seen: list[Example]) -> None:
    """Print this process's memory after each quarter of two epochs of Binder."""
    import finerweb.binder.training as training

    taken: list[float] = []
    step = training._step

    def noting(*inputs: Any) -> dict[str, float]:
        found = step(*inputs)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        taken.append(pages * resource.getpagesize() / 2**20)
        return found

    training._step = noting
    learn_binder(encoder, seen, 2, 0)
    quarters = [taken[(len(taken) - 1) * i // 8] for i in range(9)]
    click.echo(f"MiB after steps of two epochs ({len(taken)}): {[round(q) for q in quarters]}")


@click.command(help=__doc__)
@click.option("--epochs", type=int, default=4, show_default=True)
@click.option("--seeds", type=int, default=3, show_default=True)
@click.option("--learnt", type=int, default=1000, show_default=True, help="Sentences.")
@click.option("--held-out", type=int, default=696, show_default=True, help="Sentences.")
@click.option("--what", type=click.Choice(["f1", "speed", "memory"]), multiple=True)
def main(epochs: int, seeds: int, learnt: int, held_out: int, what: tuple[str, ...]) -> None:
    """Measure and print."""
    if not WIKIGOLD.is_file():
        raise click.ClickException(f"{WIKIGOLD}: no such file: set FINERWEB_TEST_DATA")
    encoder = resolve("mirror:multilingual-e5-small-q4")
    all_ = sentences()
    wanted = what or ("speed", "memory", "f1")
    if "speed" in wanted:
        compare_speed(encoder)
    if "memory" in wanted:
        measure_memory(encoder, all_[:learnt])
    if "f1" in wanted:
        compare_f1(encoder, epochs, seeds, all_[:learnt], all_[learnt : learnt + held_out])


if __name__ == "__main__":
    main()
