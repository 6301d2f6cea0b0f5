"""Stage `labels`: the inventory of entity types, with the concepts each names."""

from collections import Counter
from pathlib import Path

import click

from finerweb.labels import inventory, report, type_rows, types
from finerweb.models import resolve
from finerweb.normalisation import normalise, read_overrides
from finerweb.params.annotate import AnnotateParams
from finerweb.params.labels import LabelsParams
from finerweb.params.load import load
from finerweb.similarity import Encoder
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.entities import read_sets
from finerweb.tables.grounded import read_annotators
from finerweb.tables.io import languages_in, replacing_folder, write, write_metrics
from finerweb.tables.labels import LABELS, TYPES


@click.command("labels", cls=Stage, help=__doc__)
@click.option("--grounded", type=EXISTING, required=True, help="Folder of every annotator's spans.")
@click.option("--entities", type=EXISTING, required=True, help="Entities, one file a language.")
@click.option("--overrides", type=EXISTING, required=True, help="CSV file of what people said.")
@click.option("--out", type=NEW, required=True, help="Folder for the inventory and the map.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
def main(grounded: Path, entities: Path, overrides: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("labels", LabelsParams)
    annotators = load("annotate", AnnotateParams).annotators
    said = read_overrides(overrides)
    codes = languages_in(entities)
    counts: Counter[str] = Counter()
    for code in codes:
        counts += types(read_annotators(grounded, annotators, code))
    embed = Encoder(resolve(params.encoder)) if params.likeness else None
    named = normalise(counts, said, params.split_compounds, embed, params.likeness or 1.0)
    rows = []
    for code in codes:
        rows += inventory(read_sets(entities, grounded, annotators, code), code, named)
    with replacing_folder(out) as folder:
        write(folder / "labels.parquet", rows, LABELS)
        write(folder / "types.parquet", type_rows(counts, named), TYPES)
    write_metrics(metrics, report(rows, counts, named))


if __name__ == "__main__":
    main()
