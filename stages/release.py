"""Stage `release`: the variants in the layout of the Hugging Face hub, with a card."""

from pathlib import Path

import click

from finerweb.params.annotate import AnnotateParams
from finerweb.params.annotators import AnnotatorParams
from finerweb.params.load import load
from finerweb.params.release import ReleaseParams
from finerweb.release.card import card, configs_of
from finerweb.release.folder import build, configs
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import read_metrics, replacing_folder, write_metrics


@click.command("release", cls=Stage, help=__doc__)
@click.option("--variants", type=EXISTING, required=True, help="A folder a variant.")
@click.option("--statistics", type=EXISTING, required=True, help="Metrics the card is made from.")
@click.option("--out", type=NEW, required=True, help="Folder of the dataset.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
def main(variants: Path, statistics: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("release", ReleaseParams)
    names = load("annotate", AnnotateParams).annotators
    models = {name: load(f"annotators.{name}", AnnotatorParams).model for name in names}
    found = configs(variants)
    text = card(params, found, models, read_metrics(statistics))
    with replacing_folder(out) as folder:
        build(variants, text, folder)
    files = {variant: len(codes) for variant, codes in found.items()}
    n_configs = sum(len(configs_of(variant, codes)) for variant, codes in found.items())
    write_metrics(metrics, {"files": files, "configs": n_configs})


if __name__ == "__main__":
    main()
