"""Stage `annotate`: an LLM lists the entities of each selected passage; raw replies are kept."""

from collections.abc import Iterator
from pathlib import Path

import click

from finerweb import annotation
from finerweb.llm.answers import Answers
from finerweb.llm.requests import Request
from finerweb.params.annotators import AnnotatorParams
from finerweb.params.load import load
from finerweb.params.models import LlmParams
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.annotations import ANNOTATIONS
from finerweb.tables.io import read_languages, replacing_folder, write, write_metrics
from finerweb.tables.passages import SELECTED
from finerweb.tables.rows import passage


@click.command("annotate", cls=Stage, help=__doc__)
@click.option("--annotator", required=True, help="Name of the annotator in params.")
@click.option("--selected", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--out", type=NEW, required=True, help="Annotations, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
def main(annotator: str, selected: Path, out: Path, metrics: Path) -> dict[str, float]:
    """Run the stage."""
    params = load(f"annotators.{annotator}", AnnotatorParams)
    answers = Answers(params, load("llm", LlmParams))

    def requests() -> Iterator[Request]:
        for _, rows in read_languages(selected, SELECTED):
            yield from (annotation.request(passage(row), params) for row in rows)

    asked = answers.ask(requests)
    annotations = {}
    with replacing_folder(out) as folder:
        for code, rows in read_languages(selected, SELECTED):
            annotations[code] = [
                annotation.row(p, annotator, answers[annotation.request(p, params)])
                for p in map(passage, rows)
            ]
            write(folder / f"{code}.parquet", annotations[code], ANNOTATIONS)
    write_metrics(metrics, annotation.report(annotations))
    return asked.note()


if __name__ == "__main__":
    main()
