"""Stage `confidence`: how sure students are of entities that they never saw, by k folds."""

from pathlib import Path

import click

from finerweb.compute.checkpoints import Checkpoints, forget, run_folder
from finerweb.confidence.binder_student import BinderStudent
from finerweb.confidence.folds import read_corpus
from finerweb.confidence.gliner_student import GlinerStudent
from finerweb.confidence.rows import counted, of_folds, rows
from finerweb.confidence.students import Student, Work, ask_all
from finerweb.models import resolve
from finerweb.params.backbones import backbone
from finerweb.params.compute import ComputeParams
from finerweb.params.confidence import ConfidenceParams
from finerweb.params.load import load
from finerweb.params.train_binder import TrainBinderParams
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.confidence import CONFIDENCE
from finerweb.tables.io import replacing_folder, write, write_metrics
from finerweb.tally import Tally, by_language


@click.command("confidence", cls=Stage, help=__doc__)
@click.option("--entities", type=EXISTING, required=True, help="Merged ones, one file a language.")
@click.option("--selected", type=EXISTING, required=True, help="Their passages.")
@click.option("--passages", type=EXISTING, required=True, help="Passages, which say what has gold.")
@click.option("--types", type=EXISTING, required=True, help="Folder of concepts and vectors.")
@click.option("--out", type=NEW, required=True, help="Confidence, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts and losses.")
def main(
    entities: Path, selected: Path, passages: Path, types: Path, out: Path, metrics: Path
) -> None:
    """Run the stage."""
    params = load("confidence", ConfidenceParams)
    compute = load("compute", ComputeParams)
    work = Work(
        entities,
        selected,
        passages,
        params.folds,
        tuple(params.seeds),
        params.passages,
        _student(params, types),
    )
    home = Path(compute.checkpoints)
    corpus = read_corpus(entities, selected, passages, params.folds)
    kept = Checkpoints(run_folder(work, "confidence", home, compute.keep_runs))
    answers = ask_all(corpus, work, kept)
    tallies = {}
    with replacing_folder(out) as folder:
        for code in corpus:
            found = list(rows(corpus, code, work, answers))
            write(folder / f"{code}.parquet", found, CONFIDENCE)
            tallies[code] = counted(found)
    figures = {"folds": of_folds(corpus, work, answers), "entities": by_language(tallies, Tally())}
    write_metrics(metrics, figures)
    forget(work, "confidence", home)


def _student(params: ConfidenceParams, types: Path) -> Student:
    """Return the kind of student that params name, with what it begins with."""
    if params.student == "gliner":
        own = params.gliner
        begin = resolve(own.model or backbone(str(own.encoder)))
        return GlinerStudent(begin, params.epochs, params.max_steps, own)
    settings = load("train_binder", TrainBinderParams)
    encoder = resolve(backbone(settings.encoder))
    of_types = resolve(backbone(settings.type_encoder)) if settings.type_encoder else None
    return BinderStudent(encoder, of_types, types, params.tokens, params.training(settings))


if __name__ == "__main__":
    main()
