"""`finerweb doctor`: what is missing, before a stage finds out."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from finerweb.cli.models import named_models
from finerweb.cli.output import JSON, print_json

if TYPE_CHECKING:
    from finerweb.checks.check import Check

MARKS = {"ok": ("ok", "green"), "note": ("note", "yellow"), "wrong": ("WRONG", "red bold")}


@click.command()
@JSON
def doctor(as_json: bool) -> None:
    r"""Look at everything that the graph needs; say what to do where it is not there.

    Python and packages against the lock, GPU, disk, params, graph, remote, hub and servers (for
    five seconds at most), whether keys are set (never which), models. Ends with 1 where a stage of
    this project would fail. Nothing is fetched, and no model is asked.

    \b
    Example:
        finerweb doctor && dvc repro
    """
    found = []
    for check in _checks():
        found.append(check)
        if not as_json:
            _print(check)
    wrong = [check for check in found if check.state == "wrong"]
    if as_json:
        print_json({"ok": not wrong, "checks": [asdict(check) for check in found]})
    if wrong:
        names = ", ".join(check.name for check in wrong)
        raise ValueError(f"not ready: {names}; what to do stands beside each")


def _print(check: "Check") -> None:
    from rich.console import Console
    from rich.text import Text

    mark, style = MARKS[check.state]
    line = Text.assemble((f"{mark:6}", style), (f"{check.name}: ", "bold"), check.said)
    if check.todo:
        line.append(f"\n      {check.todo}", "dim")
    Console(soft_wrap=True, highlight=False).print(line)


def _checks() -> Iterator["Check"]:
    from finerweb.checks import machine
    from finerweb.checks.check import Check
    from finerweb.models import cache_folder
    from finerweb.params.load import PARAMS, document
    from finerweb.params.whole import check_params

    yield machine.python()
    yield from machine.packages()
    if not PARAMS.is_file():
        yield machine.gpu(needed=False)
        yield machine.disk(cache_folder(), machine.SPARE)
        todo = "run it in a project's folder to have the project looked at"
        yield Check("params", "note", f"no {PARAMS} here", todo)
        return
    try:
        check_params()
    except ValueError as error:
        yield Check("params", "wrong", str(error), f"mend {PARAMS}")
        return
    yield Check("params", "ok", f"{PARAMS}: every section fits")
    yield from _of_project(document())


def _of_project(params: dict[str, Any]) -> Iterator["Check"]:
    from finerweb.checks import machine, project
    from finerweb.forecast import download
    from finerweb.models import cache_folder

    references = [name for name in named_models(params) if not name.startswith("served:")]
    yield machine.gpu(needed=params["compute"]["gpus_per_worker"] > 0)
    # What is fetched for the models of the mirror alone is known before; their checks say the rest.
    known = [name for name in references if name.startswith("mirror:")]
    yield machine.disk(cache_folder(), project.needed_bytes(known))
    yield machine.disk(Path(), machine.SPARE + download())
    yield from project.code(Path())
    yield from project.graph()
    yield project.hub(references, params["documents"]["source"].get("root", ""))
    yield from project.keys(params)
    if project.served(params) and not params["llm"]["replay_only"]:
        url = params["llm"]["openai"]["base_url"]
        yield project.answers("server", url, True, "start it, or mend llm.openai.base_url")
    for reference in references:
        yield project.model(reference)
