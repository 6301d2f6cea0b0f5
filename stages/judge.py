"""Stage `judge`: an LLM scores annotated passages and lists their faults; planted ones too."""

from pathlib import Path

import click

from finerweb import judging
from finerweb.llm.answers import Answers
from finerweb.models import same_model
from finerweb.params.annotate import AnnotateParams
from finerweb.params.annotators import AnnotatorParams
from finerweb.params.judge import JudgeParams
from finerweb.params.judges import JudgeModel
from finerweb.params.llm import LlmParams
from finerweb.params.load import load
from finerweb.report.verdicts import by_language
from finerweb.stage import EXISTING, NEW, PLAN, Stage
from finerweb.tables.io import read, replacing_folder, write, write_metrics
from finerweb.tables.passages import SELECTED
from finerweb.tables.rows import read_passages
from finerweb.tables.variants import SINGLE
from finerweb.tables.verdicts import VERDICTS


@click.command("judge", cls=Stage, help=__doc__)
@click.option("--judge", required=True, help="Name of the judge in params.")
@click.option("--variants", type=EXISTING, required=True, help="A folder a variant.")
@click.option("--selected", type=EXISTING, required=True, help="Passages, for people's gold.")
@click.option("--out", type=NEW, required=True, help="Verdicts, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the scores.")
@PLAN
def main(
    judge: str, variants: Path, selected: Path, out: Path, metrics: Path, plan: str | None
) -> dict[str, float] | None:
    """Run the stage."""
    params = load("judge", JudgeParams)
    model = load(f"judges.{judge}", JudgeModel)
    names = params.annotators_of(load("annotate", AnnotateParams).annotators)
    annotators = {name: load(f"annotators.{name}", AnnotatorParams) for name in names}
    own = [name for name, one in annotators.items() if same_model(one.model, model.model)]
    shown = {}
    for code, passages in read_passages(selected, SELECTED):
        rows = read(variants / params.variant / f"{code}.parquet", SINGLE)
        shown[code] = judging.cases(code, rows, passages, params)
    every = [case for cases in shown.values() for case in cases]
    with Answers(f"judge@{judge}", model, load("llm", LlmParams)) as answers:
        if plan:
            return click.echo(answers.plan(judging.requests(every, model)).told(plan))
        judging.ask(lambda: every, answers, model)
        found = {c: judging.rows(cases, judge, answers, model) for c, cases in shown.items()}
        shift = judging.shift(answers, model)
    with replacing_folder(out) as folder:
        for code, rows in found.items():
            write(folder / f"{code}.parquet", rows, VERDICTS)
    about = {"variant": params.variant, "model": model.model, "injection": shift}
    write_metrics(metrics, by_language(found, params, own) | about)
    return answers.asked.note()


if __name__ == "__main__":
    main()
