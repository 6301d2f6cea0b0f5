"""Stage `passages`: cut documents into passages, check their language, drop duplicates."""

from pathlib import Path

import click

from finerweb.corpus.cleaning import clean
from finerweb.corpus.identification import load_identifier
from finerweb.models import resolve
from finerweb.params.load import load
from finerweb.params.passages import PassagesParams
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.documents import DOCUMENTS
from finerweb.tables.io import read_languages, replacing_folder, write, write_metrics
from finerweb.tables.passages import PASSAGES
from finerweb.tables.rows import document, passage_row
from finerweb.tally import Tally, by_language


@click.command("passages", cls=Stage, help=__doc__)
@click.option("--documents", type=EXISTING, required=True, help="Documents, one file a language.")
@click.option("--out", type=NEW, required=True, help="Passages, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
def main(documents: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("passages", PassagesParams)
    identify = load_identifier(resolve(params.identifier))
    tallies = {}
    with replacing_folder(out) as folder:
        for code, rows in read_languages(documents, DOCUMENTS):
            passages, tallies[code] = clean(map(document, rows), params, identify)
            write(folder / f"{code}.parquet", map(passage_row, passages), PASSAGES)
    write_metrics(metrics, by_language(tallies, Tally()))


if __name__ == "__main__":
    main()
