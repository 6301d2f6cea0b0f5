"""Stage `translate`: the types of each language in that language."""

from collections import Counter
from pathlib import Path

import click

from finerweb.params.annotate import AnnotateParams
from finerweb.params.load import load
from finerweb.params.translate import TranslateParams
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.grounded import read_spans
from finerweb.tables.io import languages_in, replacing_folder, write, write_metrics
from finerweb.tables.translations import TRANSLATIONS
from finerweb.tables.types import read_concepts
from finerweb.tally import by_language
from finerweb.translation import TranslationReport, translate


@click.command("translate", cls=Stage, help=__doc__)
@click.option("--grounded", type=EXISTING, required=True, help="Folder of every annotator's spans.")
@click.option("--types", type=EXISTING, required=True, help="Folder of the map to concepts.")
@click.option("--out", type=NEW, required=True, help="Translations, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the coverage.")
def main(grounded: Path, types: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("translate", TranslateParams)
    annotators = load("annotate", AnnotateParams).annotators
    concepts = read_concepts(types)
    reports = {}
    with replacing_folder(out) as folder:
        for code in languages_in(grounded / annotators[0]):
            spans = read_spans(grounded, annotators, code).values()
            counts = sum((some.types() for some in spans), Counter[str]())
            rows, reports[code] = translate(counts, concepts, code, params.by)
            write(folder / f"{code}.parquet", rows, TRANSLATIONS)
    write_metrics(metrics, by_language(reports, TranslationReport()))


if __name__ == "__main__":
    main()
