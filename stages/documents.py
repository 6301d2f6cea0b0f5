"""Stage `documents`: read the source, sample its documents by hash."""

from pathlib import Path

import click

from finerweb.corpus.sampling import note_ids
from finerweb.corpus.sources import sample_language
from finerweb.params.documents import DocumentsParams
from finerweb.params.load import load
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.documents import DOCUMENTS
from finerweb.tables.io import replacing_folder, write, write_metrics
from finerweb.tables.rows import document_row
from finerweb.tally import Tally, by_language


@click.command("documents", cls=Stage, help=__doc__)
@click.option("--source", type=EXISTING, required=True, help="Folder with <language>.jsonl.")
@click.option("--fetched", type=NEW, required=True, help="Keeps what comes from elsewhere.")
@click.option("--out", type=NEW, required=True, help="Documents, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
def main(source: Path, fetched: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("documents", DocumentsParams)
    tallies = {}
    noted: dict[str, str] = {}
    with replacing_folder(out) as folder:
        for code in params.languages:
            documents, tallies[code] = sample_language(code, params, source, fetched)
            note_ids(documents, noted)
            write(folder / f"{code}.parquet", map(document_row, documents), DOCUMENTS)
    write_metrics(metrics, by_language(tallies, Tally()))


if __name__ == "__main__":
    main()
