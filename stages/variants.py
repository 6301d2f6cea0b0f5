"""Stage `variants`: the dataset's variants, as views of the spans and the merged entities."""

from collections.abc import Callable
from itertools import product
from pathlib import Path

import click

from finerweb.corpus.sat import Sat
from finerweb.corpus.sentences import Split, icu
from finerweb.params.annotate import AnnotateParams
from finerweb.params.load import load
from finerweb.params.variants import VariantsParams
from finerweb.release.sentences import SUFFIX, SentenceReport, sentences
from finerweb.release.variants import KINDS, TRANSLATED, views
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.entities import read_sets
from finerweb.tables.io import languages_in, read_table, replacing_folder, write, write_metrics
from finerweb.tables.passages import SELECTED
from finerweb.tables.translations import read_names
from finerweb.tables.types import read_concepts
from finerweb.tally import Tally


@click.command("variants", cls=Stage, help=__doc__)
@click.option("--selected", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--grounded", type=EXISTING, required=True, help="Folder of every annotator's spans.")
@click.option("--entities", type=EXISTING, required=True, help="Entities, one file a language.")
@click.option("--types", type=EXISTING, required=True, help="Folder of the map to concepts.")
@click.option("--translations", type=EXISTING, required=True, help="Types, one file a language.")
@click.option("--out", type=NEW, required=True, help="A folder a variant, a file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
def main(
    selected: Path,
    grounded: Path,
    entities: Path,
    types: Path,
    translations: Path,
    out: Path,
    metrics: Path,
) -> None:
    """Run the stage."""
    params = load("variants", VariantsParams)
    annotators = load("annotate", AnnotateParams).annotators
    concepts = read_concepts(types)
    splits: dict[str, Callable[[], Split | None]] = {
        "icu": lambda: icu,
        "sat": lambda: Sat(params.sat),
        "none": lambda: None,
    }
    split = splits[params.sentences]()
    tallies: dict[str, Tally] = {}
    reports: dict[str, SentenceReport] = {}
    with replacing_folder(out) as folder:
        for code in languages_in(selected):
            passages = read_table(selected / f"{code}.parquet", SELECTED)
            called = {"": None, TRANSLATED: read_names(translations, code)}
            for name, found in read_sets(entities, grounded, annotators, code).items():
                shared = views(passages, found, params.annotated_only, concepts)
                of_set = product(KINDS.items(), called.items())
                for (kind, (table, of_sentences)), (suffix, names) in of_set:
                    variant = f"{name}-{kind}{suffix}"
                    viewed = shared.view(kind, names)
                    write(folder / variant / f"{code}.parquet", viewed, table)
                    tallies[variant] = tallies.get(variant, Tally()) + shared.tally
                    if split:
                        borders = split(viewed["text"].to_pylist())
                        cut, report = sentences(viewed, of_sentences, borders)
                        write(folder / f"{variant}{SUFFIX}" / f"{code}.parquet", cut, of_sentences)
                        reports[variant] = reports.get(variant, SentenceReport()) + report
    passages_of = {variant: tally.metrics() for variant, tally in tallies.items()}
    sentences_of = {f"{name}{SUFFIX}": report.metrics() for name, report in reports.items()}
    write_metrics(metrics, passages_of | sentences_of)


if __name__ == "__main__":
    main()
