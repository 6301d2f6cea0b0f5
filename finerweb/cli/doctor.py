"""`finerweb doctor`: what is missing, before a stage finds out."""

from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from finerweb.cli.output import JSON, print_json

if TYPE_CHECKING:
    from finerweb.checks.check import Check

MARKS = {"ok": ("ok", "green"), "note": ("note", "yellow"), "wrong": ("WRONG", "red bold")}


@click.command()
@JSON
def doctor(as_json: bool) -> None:
    """Look at everything that the graph needs; say what to do where it is not there.

    Python and packages against the lock, GPU, memory, disk, params, the corpus and other files that
    params name, what the release says of texts, graph, remote, hub and servers (for five seconds at
    most), whether keys are set (never which), models, extras. Ends with 1 where a stage of this
    project would fail. Nothing is fetched, and no model is asked.

    \b
    Example:
        finerweb doctor && dvc repro
    """
    if not as_json:
        look()
        return
    found = list(_checks())
    print_json({"ok": not _wrong(found), "checks": [asdict(check) for check in found]})
    _end(found)


def look() -> None:
    """Print the checks, each as it is done.

    Raises:
        ValueError: something is wrong.
    """
    found = []
    for check in _checks():
        found.append(check)
        _print(check)
    _end(found)


def _wrong(found: list["Check"]) -> list[str]:
    return [check.name for check in found if check.state == "wrong"]


def _end(found: list["Check"]) -> None:
    if wrong := _wrong(found):
        raise ValueError(f"not ready: {', '.join(wrong)}; what to do stands beside each")


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
    from finerweb.checks.used import named_models
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
        references = named_models(document())
    except ValueError as error:
        yield Check("params", "wrong", str(error), f"mend {PARAMS}")
        return
    yield Check("params", "ok", f"{PARAMS}: every section fits")
    yield from _of_project(document(), references)


def _of_project(params: dict[str, Any], references: list[str]) -> Iterator["Check"]:
    from finerweb.checks import data, extras, project
    from finerweb.checks.check import looked
    from finerweb.checks.gold import gold_sets

    yield from looked("machine", lambda: _machine(params, references))
    yield from looked("corpus", lambda: [data.corpus(params["documents"])])
    yield from looked("files", lambda: data.named_files(params))
    yield from looked("rated", lambda: [data.rated(params)])
    yield from looked("release", lambda: [data.release(params)])
    yield from looked("code", lambda: project.code(Path()))
    yield from looked("graph", project.graph)
    yield from looked("servers", lambda: _servers(params, references))
    for reference in references:
        yield from looked(f"model {reference}", partial(_model, reference))
    yield from looked("gold sets", lambda: gold_sets(params))
    yield from looked("extras", lambda: extras.extras(params))


def _machine(params: dict[str, Any], references: list[str]) -> Iterator["Check"]:
    from finerweb.checks import machine, project
    from finerweb.checks.used import asked
    from finerweb.forecast import download
    from finerweb.models import cache_folder

    is_needed = params["compute"]["gpus_per_worker"] > 0
    gpu = machine.gpu(is_needed)
    yield gpu
    if gpu.state == "ok":
        yield machine.cuda(is_needed, machine.torch_cuda())
    elif not is_needed and any(one["engine"] == "vllm" for one in asked(params)):
        yield machine.memory()
    # What is fetched for the models of the mirror alone is known before; their checks say the rest.
    yield machine.disk(cache_folder(), project.needed_bytes(references))
    yield machine.disk(Path(), machine.SPARE + download())


def _servers(params: dict[str, Any], references: list[str]) -> Iterator["Check"]:
    from finerweb.checks import project
    from finerweb.checks.used import served

    yield project.hub(references, params["documents"]["source"].get("root", ""))
    yield from project.keys(params)
    if served(params) and not params["llm"]["replay_only"]:
        url = params["llm"]["openai"]["base_url"]
        yield project.answers("server", url, True, "start it, or mend llm.openai.base_url")


def _model(reference: str) -> Iterator["Check"]:
    from finerweb.checks import project

    yield project.model(reference)
