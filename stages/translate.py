"""Stage `translate`: the types of each language in that language."""

from pathlib import Path

import click

from finerweb.labels import types
from finerweb.params.annotate import AnnotateParams
from finerweb.params.load import load
from finerweb.params.translate import TranslateParams
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.grounded import read_annotators
from finerweb.tables.io import languages_in, replacing_folder, write, write_metrics
from finerweb.tables.labels import read_concepts
from finerweb.tables.translations import TRANSLATIONS
from finerweb.tally import by_language
from finerweb.translation import TranslationReport, translate


@click.command("translate", cls=Stage, help=__doc__)
@click.option("--grounded", type=EXISTING, required=True, help="Folder of every annotator's spans.")
@click.option("--labels", type=EXISTING, required=True, help="Folder of the inventory and the map.")
@click.option("--out", type=NEW, required=True, help="Translations, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the coverage.")
def main(grounded: Path, labels: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("translate", TranslateParams)
    annotators = load("annotate", AnnotateParams).annotators
    concepts = read_concepts(labels)
    reports = {}
    with replacing_folder(out) as folder:
        for code in languages_in(grounded / annotators[0]):
            counts = types(read_annotators(grounded, annotators, code))
            rows, reports[code] = translate(counts, concepts, code, params.by)
            write(folder / f"{code}.parquet", rows, TRANSLATIONS)
    write_metrics(metrics, by_language(reports, TranslationReport()))


if __name__ == "__main__":
    main()
