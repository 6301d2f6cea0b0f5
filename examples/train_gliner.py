"""Train a GLiNER on the release: from an export to a model that names entities.

    python examples/train_gliner.py --release data/release --out gliner-mine

It begins with the encoder of the default graph: two minutes show the way, and a loss that falls.
For a model of use begin with one that knows types already, as urchade/gliner_multi-v2.1
(docs/gold.md: its weights in safetensors), and train for hours on a GPU. Needs the extra `gliner`.
"""

import json
import tempfile
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any

import click
import torch
from gliner import GLiNER
from torch.utils.data import DataLoader

from finerweb.corpus.sampling import sample_hash
from finerweb.exports.folder import export
from finerweb.exports.gliner import Gliner
from finerweb.exports.tokens import splitter
from finerweb.models import resolve

ENCODER = "mirror:multilingual-e5-small-q4"
MAX_WORDS, MAX_WIDTH = 128, 12


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
    torch.manual_seed(0)
    shape = {"hidden_size": 384, "max_len": MAX_WORDS, "max_width": MAX_WIDTH}
    model: Any = GLiNER.from_config({"model_name": str(resolve(ENCODER))} | shape)
    # Its own words, runs of letters, make one of a clause of Thai. Set this wherever it is loaded.
    model.data_processor.words_splitter = splitter
    collate = model.data_collator_class(model.config, data_processor=model.data_processor)
    # Sixteen sentences to compare by; the classes of each four are the types that occur in them.
    unseen = [collate(test[begin : begin + 4]) for begin in range(0, min(len(test), 16), 4)]

    def loss() -> float:
        model.eval()
        with torch.inference_mode():
            return sum(float(model(**batch).loss) for batch in unseen) / len(unseen)

    click.echo(f"loss on unseen sentences before: {loss():.0f}")
    batches = chain.from_iterable(repeat(DataLoader(learnt, 4, shuffle=True, collate_fn=collate)))
    for name, weights in model.named_parameters():  # Four fifths of the encoder stay as they are.
        weights.requires_grad_("word_embeddings" not in name)
    optimizer = torch.optim.AdamW((w for w in model.parameters() if w.requires_grad), lr=1e-4)
    for batch in islice(batches, steps):
        model.train()(**batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    click.echo(f"loss on unseen sentences after {steps} steps: {loss():.0f}")
    model.save_pretrained(out, safe_serialization=True)


if __name__ == "__main__":
    main()
