"""Stage `filter`: score the corpus passages, keep the first accepted one of each document."""

from pathlib import Path

import click

from finerweb.corpus.identification import load_identifier
from finerweb.filtering import kept_rows, report, select
from finerweb.models import resolve
from finerweb.params.filter import FilterParams
from finerweb.params.load import load
from finerweb.regressor.folder import load as load_regressor
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import replacing_folder, write, write_metrics
from finerweb.tables.passages import PASSAGES, SELECTED
from finerweb.tables.rows import read_passages


@click.command("filter", cls=Stage, help=__doc__)
@click.option("--passages", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--regressor", type=EXISTING, required=True, help="Folder of the regressor.")
@click.option("--out", type=NEW, required=True, help="Selected passages, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for counts and scores.")
def main(passages: Path, regressor: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("filter", FilterParams)
    identify = load_identifier(resolve(params.identifier))
    scorer = load_regressor(regressor)
    decisions = {}
    with replacing_folder(out) as folder:
        for code, everything in read_passages(passages, PASSAGES):
            corpus = [passage for passage in everything if passage.part == "corpus"]
            scores = scorer.qualities([p.text for p in corpus], params.batch_size)
            decisions[code] = select(zip(corpus, scores, strict=True), params, identify)
            write(folder / f"{code}.parquet", kept_rows(decisions[code]), SELECTED)
    write_metrics(metrics, report(decisions, params.threshold))


if __name__ == "__main__":
    main()
