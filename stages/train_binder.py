"""Stage `train_binder`: train the downstream student on a variant, without the gold documents."""

from pathlib import Path

import click

from finerweb.binder.examples import read_corpus
from finerweb.binder.folder import save
from finerweb.binder.manifest import Origin
from finerweb.binder.setups import Work, figures, fit, report
from finerweb.compute.checkpoints import forget, run_folder
from finerweb.models import resolve
from finerweb.params.backbones import backbone
from finerweb.params.compute import ComputeParams
from finerweb.params.load import load
from finerweb.params.train_binder import JOINT, PER_LANGUAGE, TrainBinderParams
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import replacing_folder, write_metrics


@click.command("train_binder", cls=Stage, help=__doc__)
@click.option("--setup", type=click.Choice([JOINT, PER_LANGUAGE]), required=True, help="How many.")
@click.option("--seed", type=int, required=True, help="Seed of this training.")
@click.option("--variant", type=EXISTING, required=True, help="Variant, one file a language.")
@click.option("--passages", type=EXISTING, required=True, help="Passages, which say what has gold.")
@click.option("--types", type=EXISTING, required=True, help="Folder of concepts and vectors.")
@click.option("--out", type=NEW, required=True, help="Folder for `joint`, or one a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts and losses.")
def main(
    setup: str, seed: int, variant: Path, passages: Path, types: Path, out: Path, metrics: Path
) -> None:
    """Run the stage."""
    params = load("train_binder", TrainBinderParams)
    compute = load("compute", ComputeParams)
    models = backbone(params.encoder), params.type_encoder and backbone(params.type_encoder)
    encoder, type_encoder = resolve(models[0]), resolve(models[1]) if models[1] else None
    work = Work(variant, passages, types, encoder, type_encoder, setup, seed, params)
    home = Path(compute.checkpoints)
    corpus = read_corpus(variant, passages, types, params.languages)
    found = {}
    with replacing_folder(out) as folder:
        for name, trained in fit(
            corpus, work, run_folder(work, "train_binder", home, compute.keep_runs)
        ):
            learnt = corpus.languages if name == JOINT else (name,)
            origin = Origin(variant.name, learnt, setup, seed, *models)
            save(trained.binder, origin, folder / name)
            found[name] = figures(trained)
            del trained  # before the next one
    write_metrics(metrics, report(corpus, found))
    forget(work, "train_binder", home)


if __name__ == "__main__":
    main()
