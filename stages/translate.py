"""Stage `translate`: the types of each language in that language."""

from contextlib import ExitStack
from pathlib import Path

import click

from finerweb.columns import types_of
from finerweb.llm.answers import Answers, Starter, notes
from finerweb.params.annotate import AnnotateParams
from finerweb.params.llm import LlmParams
from finerweb.params.load import load
from finerweb.params.models import Model
from finerweb.params.translate import TranslateParams
from finerweb.stage import EXISTING, NEW, PLAN, Stage
from finerweb.tables.grounded import read_spans
from finerweb.tables.io import languages_in, replacing_folder, write, write_metrics
from finerweb.tables.translations import TRANSLATIONS
from finerweb.tables.types import read_concepts
from finerweb.tally import by_language
from finerweb.translation import TranslationReport, translate, wanted
from finerweb.translators import names, plans, translators


@click.command("translate", cls=Stage, help=__doc__)
@click.option("--grounded", type=EXISTING, required=True, help="Folder of every annotator's spans.")
@click.option("--types", type=EXISTING, required=True, help="Folder of the map to concepts.")
@click.option("--out", type=NEW, required=True, help="Translations, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the coverage.")
@PLAN
def main(
    grounded: Path, types: Path, out: Path, metrics: Path, plan: str | None
) -> dict[str, float] | None:
    """Run the stage."""
    params = load("translate", TranslateParams)
    annotators = load("annotate", AnnotateParams).annotators
    concepts = read_concepts(types)
    codes = languages_in(grounded / annotators[0])
    counts = {code: types_of(read_spans(grounded, annotators, code).values()) for code in codes}
    to_name = {code: wanted(counts[code], concepts, code) for code in codes}
    asking: list[Answers] = []
    with ExitStack() as opened:

        def answers(who: str, model: Model, start: Starter) -> Answers:
            llm = load("llm", LlmParams)
            asking.append(opened.enter_context(Answers(f"translate@{who}", model, llm, start)))
            return asking[-1]

        by = translators(params, answers)
        if plan:
            return click.echo("\n".join(plans(to_name, by, params.back, plan)))
        named = names(to_name, by, params.back)
    reports = {}
    with replacing_folder(out) as folder:
        for code in codes:
            rows, reports[code] = translate(counts[code], concepts, code, named[code])
            write(folder / f"{code}.parquet", rows, TRANSLATIONS)
    write_metrics(metrics, by_language(reports, TranslationReport()))
    return notes(asking)


if __name__ == "__main__":
    main()
