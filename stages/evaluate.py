"""Stage `evaluate`: scores of the predictions on human-labelled sets, beside the paper's."""

from pathlib import Path

import click

from finerweb.evaluation.report import COLUMNS, coverage, of_set, points, scores, table_4
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
@click.option("--selected", type=EXISTING, required=True, help="Those that students learn from.")
@click.option("--predictions", type=EXISTING, required=True, help="One file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the scores.")
@click.option("--plot", type=NEW, required=True, help="CSV file for F1 by set and language.")
def main(passages: Path, selected: Path, predictions: Path, metrics: Path, plot: Path) -> None:
    """Run the stage."""
    params = load("evaluate", EvaluateParams)
    sets = read_sets(params, all_passages(passages, PASSAGES))
    found = {
        code: read_table(predictions / f"{code}.parquet", PREDICTIONS)
        for code in languages_in(predictions)
    }
    ours = {
        name: {one.name: scores(name, one, found, params) for one in sets}
        for name in params.predictors
    }
    figures: dict[str, object] = {
        "scores": ours,
        "sets": {one.name: of_set(one) for one in sets},
        "table_4": table_4(ours, params.sets),
    }
    write_metrics(metrics, figures | coverage(sets, languages_in(selected)))
    write_plot(plot, COLUMNS, points(ours))


if __name__ == "__main__":
    main()
