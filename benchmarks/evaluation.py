"""Scoring predictions at the paper's scale: 226,000 passages, all rules, with intervals.

    python benchmarks/evaluation.py [--passages 226000] [--languages 91]

Each passage has 1,300 code points, 200 tokens, 30 gold spans of 20 types and as many predicted, of
which about half are right, a sixth has another type, and the others stand a little beside. They are
made beforehand; what is timed is what `evaluate` does with a language's texts and predictions.
"""

import resource
import time

import click
import numpy as np
import pyarrow as pa

from finerweb.evaluation.report import scores
from finerweb.gold.records import GoldReport, GoldText
from finerweb.gold.sets import GoldSet
from finerweb.params.evaluate import EvaluateParams
from finerweb.records import Span
from finerweb.tables.predictions import PREDICTIONS

TYPES = tuple(f"type {i}" for i in range(20))
TOKENS = tuple((i * 6, i * 6 + 5) for i in range(216))
TEXT = "token " * 216
SPANS = 30
PARAMS = EvaluateParams.model_validate(
    {
        "predictors": {},
        "sets": [
            dict.fromkeys(["path", "language", "split", "types", "labels"])
            | {"name": "s", "kind": "sample"}
        ],
        "overlaps": "longest",
        "shared_words": 8,
        "resamples": 1000,
        "confidence": 0.95,
        "seed": 0,
    }
)
Made = tuple[GoldText, dict[str, object]]


def passage(name: str, random: np.random.Generator) -> Made:
    """Return a gold text and its row of the predictions."""
    first = np.sort(random.choice(70, SPANS, replace=False)) * 3
    size = random.integers(1, 3, SPANS)
    kinds = random.integers(len(TYPES), size=SPANS)
    starts, ends = first * 6, (first + size) * 6 - 1
    text = GoldText(
        name,
        "s",
        "deu_Latn",
        TEXT,
        tuple(
            Span(s, e, TYPES[k])
            for s, e, k in zip(starts.tolist(), ends.tolist(), kinds.tolist(), strict=True)
        ),
        TOKENS,
    )
    lot = random.random(SPANS)
    theirs = np.where(lot < 0.17, random.integers(len(TYPES), size=SPANS), kinds)
    ends = ends + 6 * (lot > 0.67)
    spans = [
        {"start": s, "end": e, "type": TYPES[k], "score": 0.5}
        for s, e, k in zip(starts.tolist(), ends.tolist(), theirs.tolist(), strict=True)
    ]
    row = {"predictor": "p", "source": "s", "gold_id": name, "gold": text.digest}
    return text, row | {"spans": spans}


@click.command()
@click.option("--passages", default=226_000)
@click.option("--languages", default=91)
def main(passages: int, languages: int) -> None:
    """Time the scoring of one language after the other, and print the sum."""
    random = np.random.default_rng(0)
    n = passages // languages
    seconds = processor = 0.0
    for _ in range(languages):
        made = [passage(f"{i:06}", random) for i in range(n)]
        table = pa.Table.from_pylist([row for _, row in made], schema=PREDICTIONS.schema)
        gold = GoldSet("s", tuple(text for text, _ in made), TYPES, GoldReport())
        begun, before = time.perf_counter(), time.process_time()
        figures = scores("p", gold, {"deu_Latn": table}, {"deu_Latn"}, PARAMS)
        seconds += time.perf_counter() - begun
        processor += time.process_time() - before
    exact = figures["overall"]["exact"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    click.echo(
        f"{n * languages:,} passages in {languages} languages, {len(TYPES)} types: scored in "
        f"{seconds:.1f} s ({processor:.1f} s of a core), peak {peak:.2f} GiB; "
        f"F1 of the last {exact['f1']:.3f} [{exact['low']:.3f}, {exact['high']:.3f}]"
    )


if __name__ == "__main__":
    main()
