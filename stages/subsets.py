"""Stage `subsets`: entities by confidence, in four subsets, and whether gold agrees."""

from collections.abc import Iterator
from pathlib import Path

import click

from finerweb.params.confidence import ConfidenceParams
from finerweb.params.load import load
from finerweb.report.subsets import (
    CALIBRATION,
    HISTOGRAM,
    Gold,
    calibration,
    figures,
    histogram,
    scored,
)
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.confidence import read_beside
from finerweb.tables.io import Row, languages_in, write_metrics
from finerweb.tables.passages import SELECTED
from finerweb.tables.plots import write_plot
from finerweb.tables.rows import read_passages


@click.command("subsets", cls=Stage, help=__doc__)
@click.option("--confidence", type=EXISTING, required=True, help="One file a language.")
@click.option("--entities", type=EXISTING, required=True, help="Merged ones, one file a language.")
@click.option("--selected", type=EXISTING, required=True, help="Their passages, some with gold.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the figures.")
@click.option("--plots", type=NEW, required=True, help="Folder for confidence*.csv.")
def main(confidence: Path, entities: Path, selected: Path, metrics: Path, plots: Path) -> None:
    """Run the stage."""
    params = load("confidence", ConfidenceParams)
    found = scored(_languages(confidence, entities, selected))
    write_metrics(metrics, figures(found, params))
    write_plot(plots / "confidence.csv", HISTOGRAM, histogram(found, params.bins))
    write_plot(plots / "confidence_gold.csv", CALIBRATION, calibration(found, params.bins))


def _languages(
    confidence: Path, entities: Path, selected: Path
) -> Iterator[tuple[str, list[Row], list[Row], Gold]]:
    there = set(languages_in(confidence))
    for code, passages in read_passages(selected, SELECTED):
        if code in there:
            gold = {one.passage_id: one.gold for one in passages if one.gold is not None}
            rows, known = read_beside(confidence, entities, code)
            yield code, rows.to_pylist(), known.to_pylist(), gold


if __name__ == "__main__":
    main()
