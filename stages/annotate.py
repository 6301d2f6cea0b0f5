"""Stage `annotate`: an LLM lists the entities of each selected passage; raw replies are kept."""

from pathlib import Path

import click

from finerweb import annotation
from finerweb.llm.answers import Answers
from finerweb.params.annotate import AnnotateParams
from finerweb.params.annotators import AnnotatorParams
from finerweb.params.llm import LlmParams
from finerweb.params.load import load
from finerweb.stage import EXISTING, NEW, PLAN, Stage
from finerweb.tables.annotations import ANNOTATIONS
from finerweb.tables.io import replacing_folder, write, write_metrics
from finerweb.tables.passages import SELECTED
from finerweb.tables.rows import all_passages, read_passages
from finerweb.tally import by_language


@click.command("annotate", cls=Stage, help=__doc__)
@click.option("--annotator", required=True, help="Name of the annotator in params.")
@click.option("--selected", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--out", type=NEW, required=True, help="Annotations, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
@PLAN
def main(
    annotator: str, selected: Path, out: Path, metrics: Path, plan: str | None
) -> dict[str, float] | None:
    """Run the stage."""
    params = load(f"annotators.{annotator}", AnnotatorParams)
    brief = annotation.Brief(params, load("annotate", AnnotateParams).types)
    with Answers(f"annotate@{annotator}", params, load("llm", LlmParams)) as answers:
        if plan:
            asked = annotation.requests(all_passages(selected, SELECTED), brief)
            return click.echo(answers.plan(asked).told(plan))
        annotation.ask(lambda: all_passages(selected, SELECTED), answers, brief)
        reports = {}
        with replacing_folder(out) as folder:
            for code, passages in read_passages(selected, SELECTED):
                rows, reports[code] = annotation.rows(passages, annotator, answers, brief)
                write(folder / f"{code}.parquet", rows, ANNOTATIONS)
        shift = annotation.shift(answers, brief)
    figures = by_language(reports, annotation.AnnotationReport())
    write_metrics(metrics, figures | {"injection": shift})
    return answers.asked.note()


if __name__ == "__main__":
    main()
