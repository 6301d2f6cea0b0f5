"""Stage `paper`: every number of the paper that the graph computes, with ours beside it."""

from pathlib import Path
from typing import Any

import click

from finerweb.params.annotate import AnnotateParams
from finerweb.params.documents import DocumentsParams
from finerweb.params.judge import JudgeParams
from finerweb.params.load import load
from finerweb.params.train_binder import TrainBinderParams
from finerweb.params.train_regressor import TrainRegressorParams
from finerweb.report.paper import SetUp, beside
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import read_metrics, write_metrics


@click.command("paper", cls=Stage, help=__doc__)
@click.option("--figures", type=EXISTING, required=True, help="Folder of metrics.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the numbers.")
def main(figures: Path, metrics: Path) -> None:
    """Run the stage."""
    grid = load("train_regressor", TrainRegressorParams)
    run = SetUp(
        annotators=load("annotate", AnnotateParams).annotators,
        raters=grid.raters,
        backbones=grid.backbones,
        judges=load("judge", JudgeParams).judges,
        student=load("train_binder", TrainBinderParams).encoder,
        n_languages=len(load("documents", DocumentsParams).languages),
    )

    def content(name: str) -> dict[str, Any] | None:
        path = figures / name
        return read_metrics(path) if path.is_file() else None

    write_metrics(metrics, beside(run, content))


if __name__ == "__main__":
    main()
