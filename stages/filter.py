"""Stage `filter`: score the corpus passages, keep the first accepted one of each document."""

from pathlib import Path

import click

from finerweb.compute.mapping import forget
from finerweb.corpus.identification import load_identifier
from finerweb.filtering import outcome, report
from finerweb.models import resolve
from finerweb.params.compute import ComputeParams
from finerweb.params.filter import FilterParams
from finerweb.params.load import load
from finerweb.regressor.work import Scoring, scored_languages
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import replacing_folder, write, write_metrics
from finerweb.tables.passages import SELECTED


@click.command("filter", cls=Stage, help=__doc__)
@click.option("--passages", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--regressor", type=EXISTING, required=True, help="Folder of the regressor.")
@click.option("--out", type=NEW, required=True, help="Selected passages, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for counts and scores.")
def main(passages: Path, regressor: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("filter", FilterParams)
    compute = load("compute", ComputeParams)
    identify = load_identifier(resolve(params.identifier))
    work = Scoring(regressor, params.batch_size)
    outcomes = {}
    with replacing_folder(out) as folder:
        languages = scored_languages(passages, work, params.rows, compute, "filter")
        for code, scored in languages:
            outcomes[code] = outcome(scored, params, identify)
            write(folder / f"{code}.parquet", outcomes[code].kept, SELECTED)
    write_metrics(metrics, report(outcomes, params.threshold))
    forget(work, compute, "filter")


if __name__ == "__main__":
    main()
