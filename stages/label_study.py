"""Stage `label_study`: types by their English names against the same types translated."""

from pathlib import Path

import click

from finerweb.gold.loading import read_sets
from finerweb.models import resolve
from finerweb.params.evaluate import EvaluateParams
from finerweb.params.label_study import LabelStudyParams
from finerweb.params.load import load
from finerweb.params.train_binder import TrainBinderParams
from finerweb.report import label_likeness, label_scores
from finerweb.report.label_likeness import Mask
from finerweb.similarity import Encoder
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import languages_in, read_languages, read_table, write_metrics
from finerweb.tables.passages import PASSAGES
from finerweb.tables.plots import write_plot
from finerweb.tables.predictions import PREDICTIONS
from finerweb.tables.rows import all_passages
from finerweb.tables.translations import TRANSLATIONS
from finerweb.tables.types import read_concepts, read_vectors


@click.command("label_study", cls=Stage, help=__doc__)
@click.option("--passages", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--translations", type=EXISTING, required=True, help="Of types, a file a language.")
@click.option("--types", type=EXISTING, required=True, help="Folder of concepts and vectors.")
@click.option("--predictions", type=EXISTING, required=True, help="By English names.")
@click.option("--binder", type=NEW, required=True, help="Trained students, a folder each.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for scores and likeness.")
@click.option("--plots", type=NEW, required=True, help="Folder for the CSV files.")
def main(
    passages: Path,
    translations: Path,
    types: Path,
    predictions: Path,
    binder: Path,
    metrics: Path,
    plots: Path,
) -> None:
    """Run the stage."""
    params, study = load("evaluate", EvaluateParams), load("label_study", LabelStudyParams)
    sets = read_sets(params, all_passages(passages, PASSAGES))
    translated = dict(read_languages(translations, TRANSLATIONS))
    named = label_scores.namings(sets, translated)
    original = {
        code: read_table(predictions / f"{code}.parquet", PREDICTIONS)
        for code in languages_in(predictions)
    }
    scores = label_scores.scores(sets, named, original, binder, params)
    train = load("train_binder", TrainBinderParams)
    meanings = read_concepts(types), *read_vectors(types)
    mask = Mask(train.mask_likeness, train.mask_concepts, *meanings)
    encode = Encoder(resolve(study.encoder))
    alike = label_likeness.compare(translated, mask, encode, study.names)
    figures: dict[str, object] = {
        "scores": scores,
        "sets": label_scores.of_sets(sets, named),
        "table_6": label_scores.table_6(scores, params.sets),
        "translated_without_gold": label_scores.without_gold(sets, translated),
        "likeness": label_likeness.figures(alike, study.likeness),
    }
    write_metrics(metrics, figures)
    write_plot(plots / "label_f1.csv", label_scores.COLUMNS, label_scores.points(scores))
    for name, some in (("label", alike.languages.values()), ("joint_label", [alike.joint])):
        points = label_likeness.density(some)
        write_plot(plots / f"{name}_likeness.csv", label_likeness.COLUMNS, points)


if __name__ == "__main__":
    main()
