"""Stage `passages`: cut documents into passages, check their language, drop copies."""

from pathlib import Path
from tempfile import TemporaryDirectory

import click

from finerweb.corpus.cleaning import Cleaning, clean
from finerweb.models import resolve
from finerweb.params.load import load
from finerweb.params.passages import PassagesParams
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import replacing_folder, write_metrics
from finerweb.tally import Tally, by_language


@click.command("passages", cls=Stage, help=__doc__)
@click.option("--documents", type=EXISTING, required=True, help="Documents, one file a language.")
@click.option("--out", type=NEW, required=True, help="Passages, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
def main(documents: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("passages", PassagesParams)
    work = Cleaning(params, resolve(params.identifier))
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing_folder(out) as folder, TemporaryDirectory(dir=out.parent) as scratch:
        tallies = clean(documents, folder, Path(scratch), work)
    write_metrics(metrics, by_language(tallies, Tally()))


if __name__ == "__main__":
    main()
