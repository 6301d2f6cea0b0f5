"""Stage `predict`: each predictor's entities in the texts of the human-labelled sets."""

from pathlib import Path

import click

from finerweb.evaluation.predictors import predictions
from finerweb.gold.contamination import refuse_shared
from finerweb.gold.loading import read_sets
from finerweb.params.evaluate import EvaluateParams
from finerweb.params.load import load
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import languages_in, replacing_folder, write, write_metrics
from finerweb.tables.passages import PASSAGES, SELECTED
from finerweb.tables.predictions import PREDICTIONS
from finerweb.tables.rows import all_passages


@click.command("predict", cls=Stage, help=__doc__)
@click.option("--passages", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--selected", type=EXISTING, required=True, help="Those that students learn from.")
@click.option("--binder", type=NEW, required=True, help="Trained students, a folder each.")
@click.option("--out", type=NEW, required=True, help="Predictions, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
def main(passages: Path, selected: Path, binder: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("evaluate", EvaluateParams)
    sets = read_sets(params, all_passages(passages, PASSAGES))
    learnt = (one.text for one in all_passages(selected, SELECTED) if one.gold is None)
    unchecked = refuse_shared(sets, learnt, params.shared_words)
    found, counts = predictions(params.predictors, sets, languages_in(passages), binder)
    with replacing_folder(out) as folder:
        for code, rows in found.items():
            write(folder / f"{code}.parquet", rows, PREDICTIONS)
    write_metrics(metrics, {"predictors": counts, "too_short_to_check": unchecked})


if __name__ == "__main__":
    main()
