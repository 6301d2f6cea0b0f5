"""What every stage script shares: its command, its log, its errors, its entry in runs.jsonl."""

import gc
import json
import logging
import resource
import time
from pathlib import Path
from typing import Any

import click

from finerweb.params.load import PARAMS

RUNS = Path("runs.jsonl")
EXISTING = click.Path(exists=True, path_type=Path)
NEW = click.Path(path_type=Path)
PLAN = click.option("--plan", is_flag=True, help="Only say what would be asked, and its price.")


class Stage(click.Command):
    """A command whose bad data and unreadable files end in one line, not in a traceback."""

    def invoke(self, context: click.Context) -> Any:
        """Run the stage; log what it took to runs.jsonl."""
        logging.basicConfig(level=logging.WARNING, format="%(message)s")
        logging.getLogger("finerweb").setLevel(logging.INFO)
        # Records refer to nothing that refers to them: a search for cycles every 700 of them finds
        # none, and takes up to two fifths of a stage that has millions.
        gc.set_threshold(100_000, 100, 100)
        begun = time.monotonic()
        try:
            made = super().invoke(context)
        except (ValueError, OSError) as error:
            raise click.ClickException(str(error)) from error
        if PARAMS.is_file():
            options = context.params.items()
            item = {key: value for key, value in options if type(value) in (str, int)}
            note(self.name or "", time.monotonic() - begun, item | (made or {}))
        return made


def note(stage: str, seconds: float, made: dict[str, Any]) -> None:
    """Append to runs.jsonl what a run took: the instance, seconds, peak memory, requests made.

    The peak is that of the process or of its largest child, whichever is more.
    """
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peak = max(resource.getrusage(who).ru_maxrss for who in whose) / 2**20
    row = {"stage": stage, "seconds": round(seconds, 1), "peak_gib": round(peak, 2), **made}
    with RUNS.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"at": time.strftime("%Y-%m-%dT%H:%M:%S%z"), **row}) + "\n")
