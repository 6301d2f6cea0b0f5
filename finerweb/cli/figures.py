"""`finerweb figures`: the headline figures, beside those of a commit."""

from pathlib import Path

import click

from finerweb.cli.commits import Committed, committed
from finerweb.cli.output import JSON, print_json


@click.command()
@click.option("--against", metavar="REV", help="Commit to compare with.  [default: HEAD]")
@JSON
def figures(against: str | None, as_json: bool) -> None:
    """Print the headline figures beside those of a commit.

    Language models give slightly different replies on different processors: the last column is
    how far a figure moved between runs with other kernels and other batches (metrics/spread.json).
    """
    from finerweb.report.figures import HEADLINES, rows, table

    before = committed(against) if against else _head()
    if as_json:
        found = list(rows(HEADLINES, Path(), before))
        print_json([row | {"name": row["name"].strip()} for row in found])
        return
    click.echo(table(HEADLINES, Path(), before))


def _head() -> Committed:
    """Return the reader of HEAD; where nothing is committed yet, nothing is beside the figures."""
    try:
        return committed("HEAD")
    except ValueError:
        return lambda name: None
