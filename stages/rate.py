"""Stage `rate`: an LLM rates the passages of the rating part, one of each document."""

from collections.abc import Iterator
from pathlib import Path

import click

from finerweb import rating
from finerweb.llm.answers import Answers
from finerweb.llm.requests import Request
from finerweb.params.load import load
from finerweb.params.models import LlmParams
from finerweb.params.rate import RateParams
from finerweb.params.raters import RaterParams
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import read_languages, replacing_folder, write, write_metrics
from finerweb.tables.passages import PASSAGES
from finerweb.tables.ratings import RATINGS
from finerweb.tables.rows import passage


@click.command("rate", cls=Stage, help=__doc__)
@click.option("--rater", required=True, help="Name of the rater in params.")
@click.option("--passages", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--out", type=NEW, required=True, help="Ratings, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
def main(rater: str, passages: Path, out: Path, metrics: Path) -> dict[str, float]:
    """Run the stage."""
    load("rate", RateParams)
    params = load(f"raters.{rater}", RaterParams)
    answers = Answers(params, load("llm", LlmParams))

    def requests() -> Iterator[Request]:
        for _, rows in read_languages(passages, PASSAGES):
            for chosen in rating.one_a_document(map(passage, rows)):
                yield from rating.requests(chosen, params)

    asked = answers.ask(requests)
    rated = {}
    with replacing_folder(out) as folder:
        for code, rows in read_languages(passages, PASSAGES):
            rated[code] = [
                rating.row(chosen, rater, answers.of(rating.requests(chosen, params)), params)
                for chosen in rating.one_a_document(map(passage, rows))
            ]
            write(folder / f"{code}.parquet", rated[code], RATINGS)
    write_metrics(metrics, rating.report(rated))
    return asked.note()


if __name__ == "__main__":
    main()
