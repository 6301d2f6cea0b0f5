"""Train a GLiNER on the release: from an export to a model that names entities.

    python examples/train_gliner.py --release data/release --out gliner-mine

It begins with the encoder of the default graph: two minutes show the way, and a loss that falls.
For a model of use begin with one that knows types already, as urchade/gliner_multi-v2.1
(docs/gold.md: its weights in safetensors), and train for hours on a GPU. Needs the extra `gliner`.
"""

import json
import tempfile
from pathlib import Path
from random import Random
from typing import Any

import click
import torch

from finerweb.corpus.sampling import sample_hash
from finerweb.exports.folder import export
from finerweb.exports.gliner import Gliner
from finerweb.exports.tokens import splitter
from finerweb.gliner.batches import lesson_batch
from finerweb.gliner.loading import begun
from finerweb.gliner.training import Course, teach
from finerweb.models import resolve

ENCODER = "mirror:multilingual-e5-small-q4"
MAX_WORDS, MAX_WIDTH, TYPES = 128, 12, 25


def lessons(release: Path, variant: str) -> tuple[list[Any], list[Any]]:
    """Return GLiNER's examples to learn from, and those of one document in five to test."""
    parts: tuple[list[Any], list[Any]] = [], []
    with tempfile.TemporaryDirectory() as folder:
        export(release, variant, Gliner("icu", MAX_WORDS, MAX_WIDTH), Path(folder))
        for path in sorted(Path(folder).glob("*/train.json")):
            for one in json.loads(path.read_text("utf-8")):
                document = one["id"].partition("#")[0]
                parts[int(sample_hash(0, document), 16) % 5 == 0].append(one)
    return parts


@click.command(help=__doc__)
@click.option("--release", type=click.Path(exists=True, path_type=Path), default="data/release")
@click.option("--variant", default="merged-single-sentences", show_default=True)
@click.option("--steps", default=20, show_default=True, help="Of four sentences each.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder of the model.")
def main(release: Path, variant: str, steps: int, out: Path) -> None:
    """Train, and say what it brought."""
    learnt, test = lessons(release, variant)
    click.echo(f"{len(learnt)} sentences to learn, {len(test)} of other documents to test")
    # Its own weights are new. `saved(folder)`, of the same module, begins with a whole GLiNER.
    model = begun(resolve(ENCODER), MAX_WORDS, MAX_WIDTH, seed=0)
    # Its own words, runs of letters, make one of a clause of Thai. Set this wherever it is loaded.
    model.data_processor.words_splitter = splitter
    # Sixteen sentences to compare by; the classes of each four are the types that occur in them.
    fours = [test[begin : begin + 4] for begin in range(0, min(len(test), 16), 4)]
    unseen = [lesson_batch(model, four, TYPES, Random(0)) for four in fours]

    def loss() -> float:
        with torch.inference_mode():
            return sum(float(model(**batch).loss) for batch in unseen) / len(unseen)

    click.echo(f"loss on unseen sentences before: {loss():.0f}")
    much = {"epochs": steps, "max_steps": steps, "batch_size": 4, "types_at_once": TYPES}
    # Four fifths of the encoder, its word embeddings, stay as they are.
    course = Course(**much, learning_rate=1e-4, warmup=0.1, freeze_embeddings=True, seed=0)
    with tempfile.TemporaryDirectory() as checkpoints:
        teach(model, learnt, course, Path(checkpoints))
    click.echo(f"loss on unseen sentences after {steps} steps: {loss():.0f}")
    model.save_pretrained(out, safe_serialization=True)


if __name__ == "__main__":
    main()
