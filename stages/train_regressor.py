"""Stage `train_regressor`: fine-tune an encoder to predict a rater's ratings."""

from pathlib import Path

import click

from finerweb.compute.checkpoints import forget, run_folder
from finerweb.models import licence, resolve
from finerweb.params.backbones import backbone as reference
from finerweb.params.compute import ComputeParams
from finerweb.params.load import load
from finerweb.params.raters import RaterParams
from finerweb.params.train_regressor import TrainRegressorParams
from finerweb.regressor.card import Origin, card
from finerweb.regressor.folder import Trained, save
from finerweb.regressor.tasks import TASKS
from finerweb.regressor.training import Run, examples
from finerweb.regressor.validation import fit, report
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import read_languages, replacing_folder, write_metrics
from finerweb.tables.ratings import RATINGS


@click.command("train_regressor", cls=Stage, help=__doc__)
@click.option("--rater", required=True, help="Name of the rater in params.")
@click.option("--task", type=click.Choice(TASKS), required=True, help="What is predicted.")
@click.option("--backbone", required=True, help="Name of the encoder in params.")
@click.option("--seed", type=int, required=True, help="Seed of this training.")
@click.option("--ratings", type=EXISTING, required=True, help="Ratings, one file a language.")
@click.option("--out", type=NEW, required=True, help="Folder for the regressor.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the scores.")
def main(
    rater: str, task: str, backbone: str, seed: int, ratings: Path, out: Path, metrics: Path
) -> None:
    """Run the stage."""
    params = load("train_regressor", TrainRegressorParams)
    compute = load("compute", ComputeParams)
    model = reference(backbone)
    run = Run(ratings, resolve(model), task, seed, params)
    home = Path(compute.checkpoints)
    rated, tallies = examples(read_languages(ratings, RATINGS), task, params)
    fitted = fit(rated, run, run_folder(run, "train_regressor", home, compute.keep_runs))
    figures = report(fitted, task, params, tallies)
    learnt = [code for code, tally in tallies.items() if tally.kept]
    rater_model = load(f"raters.{rater}", RaterParams).model
    origin = Origin(rater, rater_model, backbone, model, licence(model), task, seed, learnt)
    with replacing_folder(out) as folder:
        trained = Trained(task, params.useful_from, params.max_length)
        save(fitted.model, fitted.tokenizer, trained, folder)
        (folder / "README.md").write_text(card(origin, params, figures), encoding="utf-8")
    write_metrics(metrics, figures)
    forget(run, "train_regressor", home)


if __name__ == "__main__":
    main()
