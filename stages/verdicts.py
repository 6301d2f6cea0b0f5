"""Stage `verdicts`: the judges side by side, and how far they agree, beside the paper's figures."""

from pathlib import Path

import click

from finerweb.params.judge import JudgeParams
from finerweb.params.load import load
from finerweb.report.judges import FIGURE_4, agreement, figure_4, side_by_side
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import read_languages, read_metrics, write_metrics
from finerweb.tables.plots import write_plot
from finerweb.tables.verdicts import VERDICTS


@click.command("verdicts", cls=Stage, help=__doc__)
@click.option("--verdicts", type=EXISTING, required=True, help="A folder a judge.")
@click.option("--scores", type=EXISTING, required=True, help="Folder of the judges' metrics.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for all of them.")
@click.option("--plot", type=NEW, required=True, help="CSV file for the scores by language.")
def main(verdicts: Path, scores: Path, metrics: Path, plot: Path) -> None:
    """Run the stage."""
    names = load("judge", JudgeParams).judges
    judged = {name: read_metrics(scores / f"{name}.json") for name in names}
    rows = {
        name: [row for _, some in read_languages(verdicts / name, VERDICTS) for row in some]
        for name in names
    }
    write_plot(plot, FIGURE_4, (point for name in names for point in figure_4(name, judged[name])))
    write_metrics(metrics, side_by_side(judged) | {"agreement": agreement(rows)})


if __name__ == "__main__":
    main()
