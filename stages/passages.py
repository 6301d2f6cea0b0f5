"""Stage `passages`: cut documents into passages, check their language, drop copies."""

from pathlib import Path
from tempfile import TemporaryDirectory

import click

from finerweb.compute.mapping import forget, map_batches
from finerweb.corpus.cleaning import Cleaning, clean, document_batches
from finerweb.corpus.reviewed import take_reviewed
from finerweb.models import resolve
from finerweb.params.compute import ComputeParams
from finerweb.params.load import load
from finerweb.params.passages import PassagesParams
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import replacing_folder, write_metrics
from finerweb.tally import Tally, by_language


@click.command("passages", cls=Stage, help=__doc__)
@click.option("--documents", type=EXISTING, required=True, help="Documents, one file a language.")
@click.option("--gold", type=EXISTING, required=True, help="Reviewed gold, one file a language.")
@click.option("--out", type=NEW, required=True, help="Passages, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
def main(documents: Path, gold: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("passages", PassagesParams)
    # GPUs are for what computes on them: a core a worker here, however few GPUs there are.
    compute = load("compute", ComputeParams).model_copy(update={"gpus_per_worker": 0})
    work = Cleaning(params, resolve(params.identifier))
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing_folder(out) as folder, TemporaryDirectory(dir=out.parent) as scratch:
        candidates = map_batches(work, document_batches(documents), compute, "passages")
        tallies = clean(candidates, folder, Path(scratch))
        reviewed = take_reviewed(gold, folder)
    counts = by_language(tallies, Tally()) | {"reviewed": by_language(reviewed, Tally())}
    write_metrics(metrics, counts)
    forget(work, compute, "passages")


if __name__ == "__main__":
    main()
