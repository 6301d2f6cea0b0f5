"""Stage `variants`: the dataset's variants, as views of the spans and the merged entities."""

from pathlib import Path

import click

from finerweb.corpus.sat import splitter
from finerweb.params.annotate import AnnotateParams
from finerweb.params.load import load
from finerweb.params.variants import VariantsParams
from finerweb.release.language import Manner, variants
from finerweb.release.sentences import SentenceReport
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.entities import read_sets
from finerweb.tables.io import languages_in, read_table, replacing_folder, write, write_metrics
from finerweb.tables.passages import SELECTED
from finerweb.tables.translations import read_names
from finerweb.tables.types import read_concepts
from finerweb.tally import Tally


@click.command("variants", cls=Stage, help=__doc__)
@click.option("--selected", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--grounded", type=EXISTING, required=True, help="Folder of every annotator's spans.")
@click.option("--entities", type=EXISTING, required=True, help="Entities, one file a language.")
@click.option("--types", type=EXISTING, required=True, help="Folder of the map to concepts.")
@click.option("--translations", type=EXISTING, required=True, help="Types, one file a language.")
@click.option("--out", type=NEW, required=True, help="A folder a variant, a file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
def main(
    selected: Path,
    grounded: Path,
    entities: Path,
    types: Path,
    translations: Path,
    out: Path,
    metrics: Path,
) -> None:
    """Run the stage."""
    params = load("variants", VariantsParams)
    annotators = load("annotate", AnnotateParams).annotators
    manner = Manner(params.annotated_only, read_concepts(types), splitter(params))
    reports: dict[str, Tally | SentenceReport] = {}
    with replacing_folder(out) as folder:
        for code in languages_in(selected):
            passages = read_table(selected / f"{code}.parquet", SELECTED)
            sets = read_sets(entities, grounded, annotators, code)
            for one in variants(passages, sets, read_names(translations, code), manner):
                write(folder / one.name / f"{code}.parquet", one.rows, one.table)
                before = reports.get(one.name)
                reports[one.name] = before + one.report if before else one.report
    write_metrics(metrics, {name: report.metrics() for name, report in reports.items()})


if __name__ == "__main__":
    main()
