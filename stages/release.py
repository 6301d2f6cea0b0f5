"""Stage `release`: the variants in the layout of the Hugging Face hub, with a card."""

from collections import Counter
from pathlib import Path

import click

from finerweb.params.annotate import AnnotateParams
from finerweb.params.annotators import AnnotatorParams
from finerweb.params.load import load
from finerweb.params.rate import RateParams
from finerweb.params.raters import RaterParams
from finerweb.params.release import ReleaseParams
from finerweb.release.card import Models, card, configs, default_variant
from finerweb.release.card_tables import read_card_metrics
from finerweb.release.folder import copy, finish, released
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import replacing_folder, write_metrics


@click.command("release", cls=Stage, help=__doc__)
@click.option("--variants", type=EXISTING, required=True, help="A folder a variant.")
@click.option("--confidence", type=NEW, required=True, help="What `release.confidence` joins.")
@click.option("--figures", type=EXISTING, required=True, help="Folder of metrics, for the card.")
@click.option("--out", type=NEW, required=True, help="Folder of the dataset.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
def main(variants: Path, confidence: Path, figures: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("release", ReleaseParams)
    names = params.included(load("annotate", AnnotateParams).annotators)
    models = Models(
        {name: load(f"annotators.{name}", AnnotatorParams).model for name in names},
        {n: load(f"raters.{n}", RaterParams).model for n in load("rate", RateParams).raters},
    )
    read = read_card_metrics(figures, names)
    with replacing_folder(out) as folder:
        kept = released(variants, names, params.without)
        sure = confidence if params.confidence else None
        layout = copy(variants, kept, params.splits, folder, sure)
        finish(card(params, layout, models, read), folder)
    made = configs(layout, default_variant(layout, names))
    rows: dict[str, Counter[str]] = {name: Counter() for name in layout}
    for name, languages in layout.items():
        for splits in languages.values():
            rows[name].update(splits)
    files = {name: sum(map(len, languages.values())) for name, languages in layout.items()}
    write_metrics(metrics, {"configs": len(made), "files": files, "rows": rows})


if __name__ == "__main__":
    main()
