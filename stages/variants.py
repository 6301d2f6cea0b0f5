"""Stage `variants`: the dataset's variants, as views of the spans and the merged entities."""

from pathlib import Path

import click

from finerweb.params.annotate import AnnotateParams
from finerweb.params.load import load
from finerweb.params.variants import VariantsParams
from finerweb.release.variants import KINDS, view
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.entities import read_sets
from finerweb.tables.io import read_languages, replacing_folder, write, write_metrics
from finerweb.tables.passages import SELECTED
from finerweb.tables.rows import passage
from finerweb.tally import Tally


@click.command("variants", cls=Stage, help=__doc__)
@click.option("--selected", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--grounded", type=EXISTING, required=True, help="Folder of every annotator's spans.")
@click.option("--entities", type=EXISTING, required=True, help="Entities, one file a language.")
@click.option("--out", type=NEW, required=True, help="A folder a variant, a file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
def main(selected: Path, grounded: Path, entities: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("variants", VariantsParams)
    annotators = load("annotate", AnnotateParams).annotators
    tallies: dict[str, Tally] = {}
    with replacing_folder(out) as folder:
        for code, rows in read_languages(selected, SELECTED):
            sets = read_sets(entities, grounded, annotators, code)
            passages = [(passage(row), row["quality_score"]) for row in rows]
            for name, found in sets.items():
                for kind, table in KINDS.items():
                    viewed, tally = view(passages, found, kind, params.annotated_only)
                    write(folder / f"{name}-{kind}" / f"{code}.parquet", viewed, table)
                    tallies[f"{name}-{kind}"] = tallies.get(f"{name}-{kind}", Tally()) + tally
    write_metrics(metrics, {variant: tally.metrics() for variant, tally in tallies.items()})


if __name__ == "__main__":
    main()
