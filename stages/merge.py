"""Stage `merge`: one entity set from all annotators, with provenance per span."""

from pathlib import Path

import click

from finerweb.merging import PAPER, MergeReport, merge_language
from finerweb.params.annotate import AnnotateParams
from finerweb.params.load import load
from finerweb.params.merge import MergeParams
from finerweb.similarity import Similarities
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.entities import ENTITIES
from finerweb.tables.grounded import read_annotators
from finerweb.tables.io import replacing_folder, write, write_metrics
from finerweb.tables.passages import SELECTED
from finerweb.tables.rows import read_passages
from finerweb.tables.types import read_vectors
from finerweb.tally import by_language


@click.command("merge", cls=Stage, help=__doc__)
@click.option("--grounded", type=EXISTING, required=True, help="Folder of every annotator's spans.")
@click.option("--selected", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--types", type=EXISTING, required=True, help="Folder of the types' vectors.")
@click.option("--out", type=NEW, required=True, help="Entities, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for counts and scores.")
def main(grounded: Path, selected: Path, types: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("merge", MergeParams)
    annotators = load("annotate", AnnotateParams).annotators
    similarities = Similarities(*read_vectors(types))
    reports = {}
    with replacing_folder(out) as folder:
        for code, passages in read_passages(selected, SELECTED):
            sets = read_annotators(grounded, annotators, code)
            rows, reports[code] = merge_language(passages, sets, params, similarities)
            write(folder / f"{code}.parquet", rows, ENTITIES)
    write_metrics(metrics, by_language(reports, MergeReport()) | {"paper": PAPER})


if __name__ == "__main__":
    main()
