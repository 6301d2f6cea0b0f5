"""Stage `labels`: the inventory of entity types, with the concepts each names."""

from collections import Counter
from pathlib import Path

import click

from finerweb.labels import inventory, report
from finerweb.merging import single
from finerweb.params.annotate import AnnotateParams
from finerweb.params.labels import LabelsParams
from finerweb.params.load import load
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.entities import ENTITIES, entities_by_passage
from finerweb.tables.grounded import GROUNDED, spans_by_passage
from finerweb.tables.io import read, read_languages, write, write_metrics
from finerweb.tables.labels import LABELS


@click.command("labels", cls=Stage, help=__doc__)
@click.option("--grounded", type=EXISTING, required=True, help="Folder of every annotator's spans.")
@click.option("--entities", type=EXISTING, required=True, help="Entities, one file a language.")
@click.option("--out", type=NEW, required=True, help="Parquet file for the inventory.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
def main(grounded: Path, entities: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("labels", LabelsParams)
    rows = []
    for code, merged in read_languages(entities, ENTITIES):
        sets = {"merged": entities_by_passage(merged)}
        for name in load("annotate", AnnotateParams).annotators:
            spans = spans_by_passage(read(grounded / name / f"{code}.parquet", GROUNDED))
            sets[name] = {key: single(name, found) for key, found in spans.items()}
        counts = {
            name: Counter(entity.label for found in passages.values() for entity in found)
            for name, passages in sets.items()
        }
        rows += inventory(counts, code, params.split_compounds)
    write(out, rows, LABELS)
    write_metrics(metrics, report(rows))


if __name__ == "__main__":
    main()
