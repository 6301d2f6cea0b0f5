"""The `finerweb` command: what goes round the graph, which runs with `dvc repro`."""

from typing import Any

import click

from finerweb.cli.completion import completion
from finerweb.cli.doctor import doctor
from finerweb.cli.export import export
from finerweb.cli.figures import figures
from finerweb.cli.init import init
from finerweb.cli.models import models
from finerweb.cli.plan import plan
from finerweb.cli.preset import preset
from finerweb.cli.push import push
from finerweb.cli.replies import replies
from finerweb.cli.report import report
from finerweb.cli.review import review
from finerweb.cli.show import show
from finerweb.cli.verify import verify
from finerweb.stage import DEBUG, told


class Group(click.Group):
    """A group whose commands end in one line, not in a traceback, on bad data or files."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Take --debug wherever it stands: one adds it to a command that has just failed."""
        rest = [arg for arg in args if arg != "--debug"]
        return super().parse_args(context, ["--debug"] * (len(rest) < len(args)) + rest)

    def invoke(self, context: click.Context) -> Any:
        """Run a command."""
        with told(context.params["debug"]):
            return super().invoke(context)


@click.group(cls=Group)
@click.option("--debug", is_flag=True, envvar=DEBUG, help="Print the traceback of an error, too.")
@click.version_option(package_name="finerweb")
def main(debug: bool) -> None:
    """Make multilingual named-entity datasets from web text.

    The graph itself runs with `dvc repro`; these commands go round it. `finerweb init` begins a
    project, `finerweb doctor` says what is missing, `finerweb completion` sets up the Tab key.

    \b
    Exit codes, of stages too:
      0    done, and nothing is wrong
      1    something is wrong, is said, with what to do; or you said no
      2    the command line is wrong
      70   a fault of finerweb (run it again with --debug, or FINERWEB_DEBUG=1 for stages)
      130  stopped by Ctrl-C
    """


for command in (
    completion,
    doctor,
    export,
    figures,
    init,
    models,
    plan,
    preset,
    push,
    replies,
    report,
    review,
    show,
    verify,
):
    main.add_command(command)
