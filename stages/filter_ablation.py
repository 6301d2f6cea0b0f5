"""Stage `filter_ablation`: annotate random and filtered passages alike: what filtering does."""

from functools import partial
from pathlib import Path

import click

from finerweb import annotation
from finerweb.ablation import CURVE, arms_of, choose, curves, report, wanted
from finerweb.corpus.identification import load_identifier
from finerweb.llm.answers import Answers
from finerweb.models import resolve
from finerweb.params.annotate import AnnotateParams
from finerweb.params.annotators import AnnotatorParams
from finerweb.params.backbones import backbone
from finerweb.params.filter import FilterParams
from finerweb.params.filter_ablation import FilterAblationParams
from finerweb.params.ground import GroundParams
from finerweb.params.llm import LlmParams
from finerweb.params.load import load
from finerweb.stage import EXISTING, NEW, PLAN, Stage
from finerweb.tables.io import write_metrics
from finerweb.tables.plots import write_plot
from finerweb.tables.scores import read_scored


@click.command("filter_ablation", cls=Stage, help=__doc__)
@click.option("--passages", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--scores", type=EXISTING, required=True, help="Their scores, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the comparison.")
@click.option("--plot", type=NEW, required=True, help="CSV file for thresholds against top-k.")
@PLAN
def main(
    passages: Path, scores: Path, metrics: Path, plot: Path, plan: str | None
) -> dict[str, float] | None:
    """Run the stage."""
    params = load("filter_ablation", FilterAblationParams)
    rules = load("filter", FilterParams)
    annotator = load(f"annotators.{params.annotator}", AnnotatorParams)
    brief = annotation.Brief(annotator, load("annotate", AnnotateParams).types)
    identify = load_identifier(resolve(rules.identifier))
    languages = partial(read_scored, passages, scores)
    chosen = {code: choose(p, rules, params.passages, identify) for code, p in languages()}
    with Answers("filter_ablation", annotator, load("llm", LlmParams)) as answers:
        if plan:
            return click.echo(answers.plan(annotation.requests(wanted(chosen), brief)).told(plan))
        annotation.ask(lambda: wanted(chosen), answers, brief)
        arms = arms_of(chosen, params.annotator, answers, brief, load("ground", GroundParams))
    encoder = resolve(backbone(params.student.backbone)) if params.student else None
    figures = report(arms, languages, params, rules, identify, encoder)
    write_metrics(metrics, figures)
    write_plot(plot, CURVE, curves(figures["thresholds"]))
    return answers.asked.note()


if __name__ == "__main__":
    main()
