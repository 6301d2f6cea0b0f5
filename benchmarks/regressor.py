"""Scoring passages with the regressor, against a loop over `transformers.pipeline`.

    python benchmarks/regressor.py

Input: the sample's texts cut to mixed lengths (20 to 256 subword tokens), scored by
models/regressor/selected. The floor is what the encoder's multiplications take at the speed of the
largest matrix product of this machine. Rounds alternate between the ways.
"""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import click
import numpy as np
import torch

from finerweb.regressor.folder import load
from finerweb.regressor.scoring import predict

FOLDER = Path("models/regressor/selected")
LENGTH = 256
TEXTS = 128
ROUNDS = 3
PIPELINE_BATCHES = (1, 8, 32)
TOKENS = (1024, 4096, 16384)

Way = Callable[[], Sequence[float]]


def texts(tokenizer: Any) -> list[str]:
    """Return texts of mixed lengths, in all languages of the sample, shuffled."""
    random = Random(0)
    found = []
    documents = [
        json.loads(line)["text"]
        for path in sorted(Path("sample/documents").glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    while len(found) < TEXTS:
        text = random.choice(documents)
        tokens = tokenizer(text + " " + random.choice(documents))["input_ids"][1:-1]
        kept = tokens[: random.randint(18, LENGTH - 2)]
        found.append(tokenizer.decode(kept))
    return found


def ways(inputs: list[str]) -> dict[str, Way]:
    """Return what is compared."""
    from transformers import pipeline

    regressor = load(FOLDER)
    made: dict[str, Way] = {}
    loop = pipeline("text-classification", model=regressor.model, tokenizer=regressor.tokenizer)
    limits = {"truncation": True, "max_length": LENGTH, "function_to_apply": "none"}
    for size in PIPELINE_BATCHES:
        made[f"pipeline, batch {size}"] = lambda size=size: [
            row["score"] for row in loop(inputs, batch_size=size, **limits)
        ]
    for precision in ("float32", "bfloat16"):
        for tokens in TOKENS:
            limit = (LENGTH, tokens, precision)
            made[f"predict, {precision}, {tokens} tokens"] = lambda limit=limit: predict(
                regressor.model, regressor.tokenizer, inputs, *limit
            ).tolist()
    return made


def floor(inputs: list[str], precision: torch.dtype) -> float:
    """Return the seconds of the encoder's multiplications at the speed of a large product."""
    regressor = load(FOLDER)
    config = regressor.model.config
    n = sum(len(regressor.tokenizer(text)["input_ids"]) for text in inputs)
    layer = 4 * config.hidden_size**2 + 2 * config.hidden_size * config.intermediate_size
    wanted = 2 * n * layer * config.num_hidden_layers
    a = torch.randn(2048, 2048).to(precision)
    times = []
    for _ in range(ROUNDS + 1):
        begun = time.perf_counter()
        a @ a
        times.append(time.perf_counter() - begun)
    return wanted / (2 * 2048**3 / median(times[1:]))


def main() -> None:
    """Measure and print."""
    inputs = texts(load(FOLDER).tokenizer)
    compared = ways(inputs)
    seconds: dict[str, list[float]] = {name: [] for name in compared}
    scores = {}
    for _ in range(ROUNDS):
        for name, way in compared.items():
            begun = time.perf_counter()
            scores[name] = np.asarray(way())
            seconds[name].append(time.perf_counter() - begun)
    best = min((n for n in compared if n.startswith("pipeline")), key=lambda n: median(seconds[n]))
    for name, times in seconds.items():
        ratio = median(b / t for b, t in zip(seconds[best], times, strict=True))
        apart = np.abs(scores[name] - scores[best]).max()
        click.echo(
            f"{name:32} {len(inputs) / median(times):7.1f} passages/s, {ratio:.2f} x {best}, "
            f"scores at most {apart:.4f} apart"
        )
    for precision in (torch.float32, torch.bfloat16):
        click.echo(f"floor, {precision}: {len(inputs) / floor(inputs, precision):.1f} passages/s")


if __name__ == "__main__":
    main()
