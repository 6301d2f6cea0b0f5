"""`finerweb figures`: the headline figures, beside those of a commit."""

import json
import subprocess
from pathlib import Path
from typing import Any

import click


@click.command()
@click.option("--against", default="HEAD", show_default=True, help="Commit to compare with.")
def figures(against: str) -> None:
    """Print the headline figures beside those of a commit.

    Language models give slightly different replies on different processors: the last column is
    how far a figure moved between runs with other kernels and other batches (metrics/spread.json).
    """
    from finerweb.report.figures import HEADLINES, table

    def committed(name: str) -> dict[str, Any] | None:
        command = ["git", "show", f"{against}:{name}"]
        shown = subprocess.run(command, capture_output=True, text=True, check=False)
        return json.loads(shown.stdout) if shown.returncode == 0 else None

    click.echo(table(HEADLINES, Path(), committed))
