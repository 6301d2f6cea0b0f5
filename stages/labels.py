"""Stage `labels`: the inventory of entity types, with the concepts each names."""

from pathlib import Path

import click

from finerweb.labels import inventory, report
from finerweb.params.annotate import AnnotateParams
from finerweb.params.labels import LabelsParams
from finerweb.params.load import load
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.entities import read_sets
from finerweb.tables.io import languages_in, write, write_metrics
from finerweb.tables.labels import LABELS


@click.command("labels", cls=Stage, help=__doc__)
@click.option("--grounded", type=EXISTING, required=True, help="Folder of every annotator's spans.")
@click.option("--entities", type=EXISTING, required=True, help="Entities, one file a language.")
@click.option("--out", type=NEW, required=True, help="Parquet file for the inventory.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
def main(grounded: Path, entities: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("labels", LabelsParams)
    annotators = load("annotate", AnnotateParams).annotators
    rows = []
    for code in languages_in(entities):
        sets = read_sets(entities, grounded, annotators, code)
        rows += inventory(sets, code, params.split_compounds)
    write(out, rows, LABELS)
    write_metrics(metrics, report(rows))


if __name__ == "__main__":
    main()
