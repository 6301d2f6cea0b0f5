"""Stage `select_regressor`: compare the trained regressors, name the best."""

import shutil
from pathlib import Path

import click

from finerweb.params.load import load
from finerweb.params.select_regressor import SelectRegressorParams
from finerweb.params.train_regressor import TrainRegressorParams
from finerweb.regressor.selection import select
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import read_metrics, replacing_folder, write_metrics


@click.command("select_regressor", cls=Stage, help=__doc__)
@click.option("--regressors", type=EXISTING, required=True, help="Folder of trained regressors.")
@click.option("--scores", type=EXISTING, required=True, help="Folder of their metrics.")
@click.option("--out", type=NEW, required=True, help="Folder for a copy of the best.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the comparison.")
def main(regressors: Path, scores: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("select_regressor", SelectRegressorParams)
    names = load("train_regressor", TrainRegressorParams).names()
    chosen = select({name: read_metrics(scores / f"{name}.json") for name in names}, params.by)
    with replacing_folder(out) as folder:
        shutil.copytree(regressors / chosen["selected"], folder, dirs_exist_ok=True)
    write_metrics(metrics, chosen)


if __name__ == "__main__":
    main()
