"""Stage `rate`: an LLM rates the passages of the rating part, one of each document."""

from collections.abc import Iterator
from pathlib import Path

import click

from finerweb import rating
from finerweb.llm.answers import Answers
from finerweb.llm.requests import Request
from finerweb.params.llm import LlmParams
from finerweb.params.load import load
from finerweb.params.rate import RateParams
from finerweb.params.raters import RaterParams
from finerweb.stage import EXISTING, NEW, PLAN, Stage
from finerweb.tables.io import replacing_folder, write, write_metrics
from finerweb.tables.passages import PASSAGES
from finerweb.tables.ratings import RATINGS
from finerweb.tables.rows import all_passages, read_passages
from finerweb.tally import by_language


@click.command("rate", cls=Stage, help=__doc__)
@click.option("--rater", required=True, help="Name of the rater in params.")
@click.option("--passages", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--out", type=NEW, required=True, help="Ratings, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
@PLAN
def main(
    rater: str, passages: Path, out: Path, metrics: Path, plan: str | None
) -> dict[str, float] | None:
    """Run the stage."""
    load("rate", RateParams)
    params = load(f"raters.{rater}", RaterParams)

    def requests() -> Iterator[Request]:
        return rating.requests(rating.one_a_document(all_passages(passages, PASSAGES)), params)

    with Answers(f"rate@{rater}", params, load("llm", LlmParams)) as answers:
        if plan:
            return click.echo(answers.plan(requests()).told(plan))
        answers.ask(requests, rating.canaries(params))
        reports = {}
        with replacing_folder(out) as folder:
            for code, some in read_passages(passages, PASSAGES):
                chosen = rating.one_a_document(some)
                rows, reports[code] = rating.rows(chosen, rater, answers, params)
                write(folder / f"{code}.parquet", rows, RATINGS)
        shift = rating.shift(answers, params)
    figures = by_language(reports, rating.RatingReport())
    write_metrics(metrics, figures | {"injection": shift})
    return answers.asked.note()


if __name__ == "__main__":
    main()
