"""Stage `merge`: one entity set from all annotators, with provenance per span."""

from pathlib import Path

import click

from finerweb.labels import Similarities
from finerweb.merging import MergeReport, meeting_types, merge_passage, single
from finerweb.models import resolve
from finerweb.params.annotate import AnnotateParams
from finerweb.params.load import load
from finerweb.params.merge import MergeParams
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.entities import ENTITIES
from finerweb.tables.grounded import GROUNDED, spans_by_passage
from finerweb.tables.io import read, read_languages, replacing_folder, write, write_metrics
from finerweb.tables.passages import SELECTED
from finerweb.tables.rows import passage


@click.command("merge", cls=Stage, help=__doc__)
@click.option("--grounded", type=EXISTING, required=True, help="Folder of every annotator's spans.")
@click.option("--selected", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--out", type=NEW, required=True, help="Entities, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for counts and scores.")
def main(grounded: Path, selected: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("merge", MergeParams)
    annotators = load("annotate", AnnotateParams).annotators
    similarities = Similarities(resolve(params.encoder))
    reports, overall = {}, MergeReport()
    with replacing_folder(out) as folder:
        for code, rows in read_languages(selected, SELECTED):
            spans = {
                name: spans_by_passage(read(grounded / name / f"{code}.parquet", GROUNDED))
                for name in annotators
            }
            passages = [
                (p, [single(name, spans[name].get(p.passage_id, [])) for name in annotators])
                for p in map(passage, rows)
            ]
            similarities.embed(pair for _, sets in passages for pair in meeting_types(sets, params))
            report, entities = MergeReport(), []
            for p, sets in passages:
                entities += merge_passage(p, sets, params, similarities, report)
            write(folder / f"{code}.parquet", entities, ENTITIES)
            reports[code], overall = report.metrics(), overall + report
    write_metrics(metrics, {"overall": overall.metrics(), "languages": reports})


if __name__ == "__main__":
    main()
