"""Stage `train_regressor`: fine-tune an encoder to predict a rater's ratings."""

from pathlib import Path

import click

from finerweb.models import resolve
from finerweb.params.backbones import backbone as reference
from finerweb.params.load import load
from finerweb.params.train_regressor import TrainRegressorParams
from finerweb.regressor.folder import Trained, save
from finerweb.regressor.tasks import TASKS
from finerweb.regressor.training import examples, train
from finerweb.regressor.validation import cross_validate, report
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import read_languages, replacing_folder, write_metrics
from finerweb.tables.ratings import RATINGS


@click.command("train_regressor", cls=Stage, help=__doc__)
@click.option("--task", type=click.Choice(TASKS), required=True, help="What is predicted.")
@click.option("--backbone", required=True, help="Name of the encoder in params.")
@click.option("--seed", type=int, required=True, help="Seed of this training.")
@click.option("--ratings", type=EXISTING, required=True, help="Ratings, one file a language.")
@click.option("--out", type=NEW, required=True, help="Folder for the regressor.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the scores.")
def main(task: str, backbone: str, seed: int, ratings: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("train_regressor", TrainRegressorParams)
    rows = ((code, row) for code, rows in read_languages(ratings, RATINGS) for row in rows)
    rated, unrated = examples(rows, task, params)
    encoder = resolve(reference(backbone))
    predictions = cross_validate(rated, encoder, params, seed)
    trained = Trained(task, params.useful_from, params.max_length)
    with replacing_folder(out) as folder:
        save(*train(rated, encoder, params, seed), trained, folder)
    write_metrics(metrics, report(rated, predictions, task, params, unrated))


if __name__ == "__main__":
    main()
