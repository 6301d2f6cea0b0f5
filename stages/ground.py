"""Stage `ground`: an annotator's replies to character spans, with an audit of every mention."""

from pathlib import Path

import click

from finerweb.grounding import PAPER_SURVIVAL_RATE, GroundingReport, ground_language
from finerweb.params.annotate import AnnotateParams
from finerweb.params.ground import GroundParams
from finerweb.params.load import load
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.annotations import ANNOTATIONS
from finerweb.tables.grounded import GROUNDED
from finerweb.tables.io import read, replacing_folder, write, write_metrics
from finerweb.tables.passages import SELECTED
from finerweb.tables.rows import read_passages
from finerweb.tally import by_language


@click.command("ground", cls=Stage, help=__doc__)
@click.option("--annotations", type=EXISTING, required=True, help="One file a language.")
@click.option("--selected", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--out", type=NEW, required=True, help="Mentions with spans, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for counts and scores.")
def main(annotations: Path, selected: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("ground", GroundParams)
    types = load("annotate", AnnotateParams).types
    reports = {}
    with replacing_folder(out) as folder:
        for code, passages in read_passages(selected, SELECTED):
            replies = read(annotations / f"{code}.parquet", ANNOTATIONS)
            rows, reports[code] = ground_language(passages, replies, params, types)
            write(folder / f"{code}.parquet", rows, GROUNDED)
    paper = {"paper": {"survival_rate": PAPER_SURVIVAL_RATE}}
    write_metrics(metrics, by_language(reports, GroundingReport()) | paper)


if __name__ == "__main__":
    main()
