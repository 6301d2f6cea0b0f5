"""Stage `types`: what each type means to a sentence encoder, and which concepts it names."""

from collections import Counter
from pathlib import Path

import click

from finerweb.columns import types_of
from finerweb.models import resolve
from finerweb.normalisation import metrics as figures
from finerweb.normalisation import normalise, read_overrides, spelling, type_rows
from finerweb.params.annotate import AnnotateParams
from finerweb.params.load import load
from finerweb.params.types import TypesParams
from finerweb.similarity import Encoder
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.grounded import read_spans
from finerweb.tables.io import languages_in, replacing_folder, write, write_metrics
from finerweb.tables.types import TYPES, VECTORS, vector_table


@click.command("types", cls=Stage, help=__doc__)
@click.option("--grounded", type=EXISTING, required=True, help="Folder of every annotator's spans.")
@click.option("--overrides", type=EXISTING, required=True, help="CSV file of what people said.")
@click.option("--out", type=NEW, required=True, help="Folder for the map and the vectors.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
def main(grounded: Path, overrides: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("types", TypesParams)
    annotators = load("annotate", AnnotateParams).annotators
    said = read_overrides(overrides)
    encoder = Encoder(resolve(params.encoder))
    counts: Counter[str] = Counter()
    for code in languages_in(grounded / annotators[0]):
        counts += types_of(read_spans(grounded, annotators, code).values())
    types = sorted(counts)
    vectors = encoder([spelling(kind) for kind in types])
    embed = encoder if params.likeness else None
    named = normalise(counts, said, params.split_compounds, embed, params.likeness or 1.0)
    with replacing_folder(out) as folder:
        write(folder / "types.parquet", type_rows(counts, named), TYPES)
        write(folder / "vectors.parquet", vector_table(types, vectors), VECTORS)
    write_metrics(metrics, figures(counts, named))


if __name__ == "__main__":
    main()
