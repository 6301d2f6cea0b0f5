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
from finerweb.tables.scores import recorded


@click.command("filter", cls=Stage, help=__doc__)
@click.option("--passages", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--regressor", type=EXISTING, required=True, help="Folder of the regressor.")
@click.option("--out", type=NEW, required=True, help="Selected passages, one file a language.")
@click.option("--scores", type=NEW, required=True, help="All scores, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for counts and scores.")
def main(passages: Path, regressor: Path, out: Path, scores: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("filter", FilterParams)
    compute = load("compute", ComputeParams)
    identify = load_identifier(resolve(params.identifier))
    work = Scoring(regressor, params.tokens, params.precision)
    outcomes = {}
    with replacing_folder(out) as folder, replacing_folder(scores) as all_scores:
        languages = scored_languages(passages, work, params.rows, compute, "filter")
        for code, scored in languages:
            told = recorded(scored, all_scores / f"{code}.parquet")
            outcomes[code] = outcome(told, params, identify)
            write(folder / f"{code}.parquet", outcomes[code].kept, SELECTED)
        figures = report(outcomes, params)
    write_metrics(metrics, figures)
    forget(work, compute, "filter")


if __name__ == "__main__":
    main()
