"""What every stage script shares: its command, its log, its errors, its entry in runs.jsonl."""

import errno
import gc
import json
import logging
import os
import resource
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

RUNS = Path("runs.jsonl")
TRACEBACK = Path(".finerweb/traceback.txt")
EXISTING = click.Path(exists=True, path_type=Path)
NEW = click.Path(path_type=Path)
PLAN = click.option(
    "--plan",
    is_flag=False,
    flag_value="text",
    type=click.Choice(["text", "json"]),
    help="Only say what would be asked, and its price: as text, or a line of JSON.",
)
DEBUG = "FINERWEB_DEBUG"
"""The environment variable that asks for tracebacks: `dvc repro` passes no option on to stages."""
STOPPED = 130
FAULT = 70
"""Exit codes beside 0, 1 and 2, as shells and sysexits.h have them: docs/console.md."""


class Stage(click.Command):
    """A command whose bad data and unreadable files end in one line, not in a traceback."""

    def invoke(self, context: click.Context) -> Any:
        """Run the stage; log what it took to runs.jsonl, unless it only planned."""
        from finerweb.params.load import PARAMS

        # Records refer to nothing that refers to them: a search for cycles every 700 of them finds
        # none, and takes up to two fifths of a stage that has millions.
        gc.set_threshold(100_000, 100, 100)
        begun = time.monotonic()
        with told(is_debug()):
            made = super().invoke(context)
        if PARAMS.is_file() and not context.params.get("plan"):
            options = context.params.items()
            item = {key: value for key, value in options if type(value) in (str, int)}
            note(self.name or "", time.monotonic() - begun, item | (made or {}))
        return made


def is_debug() -> bool:
    """Return whether the environment asks for tracebacks."""
    return os.environ.get(DEBUG, "") not in ("", "0")


@contextmanager
def told(debug: bool) -> Iterator[None]:
    """Log plainly, and end whatever fails in one line; with ``debug``, in its traceback too.

    Bad data and files, and whatever was refused, end with 1; Ctrl-C with `STOPPED`; what nobody
    foresaw with `FAULT`.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("finerweb").setLevel(logging.INFO)
    if not sys.stderr.isatty():
        # Bars of the hub's client and of transformers; ours are lines there (finerweb.progress).
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        yield
    except (click.ClickException, click.Abort, click.exceptions.Exit):
        raise
    except (Exception, KeyboardInterrupt) as error:
        if getattr(error, "errno", None) == errno.EPIPE:
            raise  # Whoever read the output has enough of it: `finerweb show deu_Latn | head`.
        if debug:
            traceback.print_exc()
        raise _ending(error, debug) from error


class _Stopped(click.ClickException):
    exit_code = STOPPED


class _Fault(click.ClickException):
    exit_code = FAULT


def _ending(error: BaseException, debug: bool) -> click.ClickException:
    """Return what an error is told as: one line, and an exit code."""
    if isinstance(error, KeyboardInterrupt):
        return _Stopped("stopped; what was done is kept: run it again to go on")
    if isinstance(error, (ValueError, OSError)):
        return click.ClickException(str(error) or type(error).__name__)
    said = " ".join(str(error).split())
    where = "" if debug else f"; {_traceback_of(error)}"
    return _Fault(f"{type(error).__name__}: {said} (a fault of finerweb: please report it{where})")


def _traceback_of(error: BaseException) -> str:
    """Keep a traceback, which may have taken hours to come about, and return where it is."""
    with suppress(OSError):
        if TRACEBACK.parent.is_dir():
            TRACEBACK.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
            return f"its traceback is in {TRACEBACK}"
    return f"for its traceback run it again with {DEBUG}=1"


def note(stage: str, seconds: float, made: dict[str, Any]) -> None:
    """Append to runs.jsonl what a run took: the instance, seconds, peak memory, requests made.

    The peak is that of the process or of its largest child, whichever is more.
    """
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peak = max(resource.getrusage(who).ru_maxrss for who in whose) / 2**20
    row = {"stage": stage, "seconds": round(seconds, 1), "peak_gib": round(peak, 2), **made}
    with RUNS.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"at": time.strftime("%Y-%m-%dT%H:%M:%S%z"), **row}) + "\n")
