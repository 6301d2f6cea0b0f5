"""Stage `evaluate`: scores of the predictions on human-labelled sets, beside the paper's."""

from pathlib import Path

import click

from finerweb.evaluation.report import COLUMNS, all_scores, coverage, of_set, points, table_4
from finerweb.evaluation.students import learnt_by
from finerweb.gold.loading import read_sets
from finerweb.params.evaluate import EvaluateParams
from finerweb.params.load import load
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import languages_in, read_table, write_metrics
from finerweb.tables.passages import PASSAGES
from finerweb.tables.plots import write_plot
from finerweb.tables.predictions import PREDICTIONS
from finerweb.tables.rows import all_passages


@click.command("evaluate", cls=Stage, help=__doc__)
@click.option("--passages", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--binder", type=NEW, required=True, help="Trained students, a folder each.")
@click.option("--predictions", type=EXISTING, required=True, help="One file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the scores.")
@click.option("--plot", type=NEW, required=True, help="CSV file for F1 by set and language.")
def main(passages: Path, binder: Path, predictions: Path, metrics: Path, plot: Path) -> None:
    """Run the stage."""
    params = load("evaluate", EvaluateParams)
    sets = read_sets(params, all_passages(passages, PASSAGES))
    found = {
        code: read_table(predictions / f"{code}.parquet", PREDICTIONS)
        for code in languages_in(predictions)
    }
    ours = all_scores(sets, found, binder, params)
    figures: dict[str, object] = {
        "scores": ours,
        "sets": {one.name: of_set(one) for one in sets},
        "table_4": table_4(ours, params.sets),
    }
    trained = learnt_by(params.predictors.values(), binder)
    write_metrics(metrics, figures | coverage(sets, trained))
    write_plot(plot, COLUMNS, points(ours))


if __name__ == "__main__":
    main()
