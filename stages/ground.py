"""Stage `ground`: an annotator's replies to character spans, with an audit of every mention."""

from pathlib import Path

import click

from finerweb.grounding import GroundingReport, ground_reply
from finerweb.params.ground import GroundParams
from finerweb.params.load import load
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.annotations import ANNOTATIONS
from finerweb.tables.grounded import GROUNDED
from finerweb.tables.io import read, read_languages, replacing_folder, write, write_metrics
from finerweb.tables.passages import SELECTED
from finerweb.tables.rows import passage


@click.command("ground", cls=Stage, help=__doc__)
@click.option("--annotations", type=EXISTING, required=True, help="One file a language.")
@click.option("--selected", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--out", type=NEW, required=True, help="Mentions with spans, one file a language.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for counts and scores.")
def main(annotations: Path, selected: Path, out: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("ground", GroundParams)
    reports, overall = {}, GroundingReport()
    with replacing_folder(out) as folder:
        for code, rows in read_languages(selected, SELECTED):
            replies = {
                row["passage_id"]: row["reply"]
                for row in read(annotations / f"{code}.parquet", ANNOTATIONS)
            }
            report, mentions = GroundingReport(), []
            for p in map(passage, rows):
                mentions += ground_reply(p, replies[p.passage_id], params.rule, report)
            write(folder / f"{code}.parquet", mentions, GROUNDED)
            reports[code], overall = report.metrics(), overall + report
    write_metrics(metrics, {"overall": overall.metrics(), "languages": reports})


if __name__ == "__main__":
    main()
