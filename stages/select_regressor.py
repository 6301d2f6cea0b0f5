"""Stage `select_regressor`: compare the trained regressors, name the best."""

import shutil
from pathlib import Path

import click

from finerweb.params.load import load
from finerweb.params.select_regressor import SelectRegressorParams
from finerweb.params.train_regressor import TrainRegressorParams
from finerweb.regressor.selection import bars, calibrations, comparison, confusions, select
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import read_metrics, replacing_folder, write_metrics
from finerweb.tables.plots import write_plot


@click.command("select_regressor", cls=Stage, help=__doc__)
@click.option("--regressors", type=EXISTING, required=True, help="Folder of trained regressors.")
@click.option("--scores", type=EXISTING, required=True, help="Folder of their metrics.")
@click.option("--out", type=NEW, required=True, help="Folder for a copy of the best.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the choice.")
@click.option("--table", type=NEW, required=True, help="JSON file for all, beside the paper's.")
@click.option("--plots", type=NEW, required=True, help="Folder for the points of the plots.")
def main(
    regressors: Path, scores: Path, out: Path, metrics: Path, table: Path, plots: Path
) -> None:
    """Run the stage."""
    params = load("select_regressor", SelectRegressorParams)
    grid = load("train_regressor", TrainRegressorParams).grid()
    trained = {one: read_metrics(scores / f"{one.name}.json") for one in grid}
    chosen = select(trained, params.by)
    best = read_metrics(scores / f"{chosen['selected']}.json")
    with replacing_folder(out) as folder:
        shutil.copytree(regressors / chosen["selected"], folder, dirs_exist_ok=True)
    write_plot(plots / "regressors.csv", ("regressor", "f1"), bars(trained))
    write_plot(plots / "regressor_confusion.csv", ("rated", "predicted"), confusions(best))
    bins = ("predicted", "rated", "n")
    write_plot(plots / "regressor_calibration.csv", bins, calibrations(best))
    write_metrics(table, comparison(trained))
    write_metrics(metrics, chosen)


if __name__ == "__main__":
    main()
