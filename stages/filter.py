"""Stage `filter`: score the corpus passages, keep the first accepted one of each document."""

from pathlib import Path

import click

from finerweb.corpus.identification import load_identifier
from finerweb.filtering import report, select
from finerweb.models import resolve
from finerweb.params.filter import FilterParams
from finerweb.params.load import load
from finerweb.regressor.folder import load as load_regressor
from finerweb.regressor.scoring import predict
from finerweb.regressor.tasks import quality
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import read_languages, replacing_folder, write, write_metrics
from finerweb.tables.passages import PASSAGES, SELECTED
from finerweb.tables.rows import passage, passage_row


@click.command("filter", cls=Stage, help=__doc__)
@click.option("--passages", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--regressor", type=EXISTING, required=True, help="Folder of the regressor.")
@click.option("--out", type=NEW, required=True, help="Selected passages, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for counts and scores.")
def main(passages: Path, regressor: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("filter", FilterParams)
    identify = load_identifier(resolve(params.identifier))
    model, tokenizer, trained = load_regressor(regressor)
    decisions = {}
    with replacing_folder(out) as folder:
        for code, rows in read_languages(passages, PASSAGES):
            corpus = [p for p in map(passage, rows) if p.part == "corpus"]
            texts = [p.text for p in corpus]
            scores = predict(model, tokenizer, texts, trained.max_length, params.batch_size)
            qualities = [
                quality(float(score), trained.task, trained.useful_from) for score in scores
            ]
            decisions[code] = select(zip(corpus, qualities, strict=True), params, identify)
            kept = (
                passage_row(d.passage) | {"quality_score": d.score}
                for d in decisions[code]
                if d.reason is None
            )
            write(folder / f"{code}.parquet", kept, SELECTED)
    write_metrics(metrics, report(decisions, params.threshold))


if __name__ == "__main__":
    main()
