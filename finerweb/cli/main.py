"""The `finerweb` command: what goes round the graph, which runs with `dvc repro`."""

import logging
from typing import Any

import click

from finerweb.cli.export import export
from finerweb.cli.figures import figures
from finerweb.cli.models import models
from finerweb.cli.plan import plan
from finerweb.cli.preset import preset
from finerweb.cli.push import push
from finerweb.cli.replies import replies
from finerweb.cli.report import report
from finerweb.cli.review import review
from finerweb.cli.verify import verify


class Group(click.Group):
    """A group whose commands end in one line, not in a traceback, on bad data or files."""

    def invoke(self, context: click.Context) -> Any:
        """Run a command."""
        logging.basicConfig(level=logging.WARNING, format="%(message)s")
        logging.getLogger("finerweb").setLevel(logging.INFO)
        try:
            return super().invoke(context)
        except (ValueError, OSError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Group)
def main() -> None:
    """Make multilingual named-entity datasets from web text.

    The graph itself runs with `dvc repro`; these commands go round it.
    """


main.add_command(export)
main.add_command(models)
main.add_command(plan)
main.add_command(preset)
main.add_command(push)
main.add_command(replies)
main.add_command(report)
main.add_command(review)
main.add_command(figures)
main.add_command(verify)
