"""Stage `release`: the variants in the layout of the Hugging Face hub, with a card."""

import shutil
from pathlib import Path

import click

from finerweb.params.annotate import AnnotateParams
from finerweb.params.annotators import AnnotatorParams
from finerweb.params.load import load
from finerweb.params.release import ReleaseParams
from finerweb.release.card import card
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import (
    languages_in,
    read_metrics,
    replacing,
    replacing_folder,
    write_metrics,
)


@click.command("release", cls=Stage, help=__doc__)
@click.option("--variants", type=EXISTING, required=True, help="A folder a variant.")
@click.option("--statistics", type=EXISTING, required=True, help="Metrics the card is made from.")
@click.option("--out", type=NEW, required=True, help="Folder of the dataset.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
def main(variants: Path, statistics: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("release", ReleaseParams)
    annotators = {
        name: load(f"annotators.{name}", AnnotatorParams).model
        for name in load("annotate", AnnotateParams).annotators
    }
    configs = {folder.name: languages_in(folder) for folder in sorted(variants.iterdir())}
    with replacing_folder(out) as folder:
        for variant, codes in configs.items():
            for code in codes:
                target = folder / "data" / variant / code / "train-00000-of-00001.parquet"
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(variants / variant / f"{code}.parquet", target)
        with replacing(folder / "README.md") as readme:
            readme.write_text(card(params, configs, annotators, read_metrics(statistics)), "utf-8")
    files = {variant: len(codes) for variant, codes in configs.items()}
    write_metrics(metrics, {"files": files, "configs": sum(files.values()) + len(files)})


if __name__ == "__main__":
    main()
