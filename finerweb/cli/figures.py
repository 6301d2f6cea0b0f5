"""`finerweb figures`: the headline figures, beside those of a commit."""

import json
import subprocess
from pathlib import Path
from typing import Any

import click

from finerweb.cli.output import JSON, print_json


@click.command()
@click.option("--against", default="HEAD", show_default=True, help="Commit to compare with.")
@JSON
def figures(against: str, as_json: bool) -> None:
    """Print the headline figures beside those of a commit.

    Language models give slightly different replies on different processors: the last column is
    how far a figure moved between runs with other kernels and other batches (metrics/spread.json).
    """
    from finerweb.report.figures import HEADLINES, rows, table

    def committed(name: str) -> dict[str, Any] | None:
        command = ["git", "show", f"{against}:{name}"]
        shown = subprocess.run(command, capture_output=True, text=True, check=False)
        return json.loads(shown.stdout) if shown.returncode == 0 else None

    if as_json:
        found = list(rows(HEADLINES, Path(), committed))
        print_json([row | {"name": row["name"].strip()} for row in found])
        return
    click.echo(table(HEADLINES, Path(), committed))
