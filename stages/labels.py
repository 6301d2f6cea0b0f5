"""Stage `labels`: the inventory of labels, with the concepts each names."""

from pathlib import Path

import click

from finerweb.labels import InventoryReport, inventory
from finerweb.params.annotate import AnnotateParams
from finerweb.params.load import load
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.entities import read_sets
from finerweb.tables.io import languages_in, replacing_folder, write, write_metrics
from finerweb.tables.labels import LABELS
from finerweb.tables.types import read_concepts


@click.command("labels", cls=Stage, help=__doc__)
@click.option("--grounded", type=EXISTING, required=True, help="Folder of every annotator's spans.")
@click.option("--entities", type=EXISTING, required=True, help="Entities, one file a language.")
@click.option("--types", type=EXISTING, required=True, help="Folder of the map to concepts.")
@click.option("--out", type=NEW, required=True, help="Inventory, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
def main(grounded: Path, entities: Path, types: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    annotators = load("annotate", AnnotateParams).annotators
    concepts = read_concepts(types)
    report = InventoryReport()
    with replacing_folder(out) as folder:
        for code in languages_in(entities):
            sets = read_sets(entities, grounded, annotators, code).items()
            rows = [row for name, some in sets for row in inventory(name, code, some, concepts)]
            report.add(rows)
            write(folder / f"{code}.parquet", rows, LABELS)
    write_metrics(metrics, report.metrics())


if __name__ == "__main__":
    main()
