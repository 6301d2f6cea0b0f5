"""`finerweb plan`: what the stages that ask language models would take, before they do."""

import json
import shlex
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from finerweb.cli.output import JSON, print_json

ASKING = ("rate", "filter_ablation", "annotate", "translate", "judge")
"""The stages that take `--plan`."""


@click.command()
@click.argument("stages", nargs=-1)
@JSON
def plan(stages: tuple[str, ...], as_json: bool) -> None:
    """Print what stages would ask of language models: requests, tokens, money, hours.

    Nothing is asked. Without arguments, all stages that ask, and what is to be fetched before. What
    a stage whose input is not there yet will ask is told by the quotas.

    \b
    Example:
        finerweb plan annotate@qwen
    """
    known = {stage.addressing: stage for stage in _stages()}
    unknown = [name for name in stages if not _chosen(known, name)]
    if unknown:
        raise ValueError(f"no stage {unknown[0]!r} that asks; there are {', '.join(known)}")
    document: dict[str, Any] = {} if stages else {"fetch": _to_fetch(as_json)}
    wanted = [name for stage in stages or ASKING for name in _chosen(known, stage)]
    document["stages"] = [_asked(known[name], as_json) for name in dict.fromkeys(wanted)]
    if as_json:
        print_json(document)


def _asked(stage: Any, as_json: bool) -> dict[str, Any]:
    """Return, and print for people, what a stage would ask; by the quotas if it has no input yet.

    ``asks`` is None where nothing can be said yet.
    """
    name = stage.addressing
    missing = [str(dep) for dep in stage.deps if not Path(dep.fs_path).exists()]
    if missing:
        asks = _by_quotas(name, missing[0], as_json)
        return {"stage": name, "waits_for": missing[0], "asks": asks}
    _, *command = shlex.split(stage.cmd)
    done = subprocess.run(
        [sys.executable, *command, "--plan", "json" if as_json else "text"],
        stdout=subprocess.PIPE if as_json else None,
        text=True,
        check=False,
    )
    if done.returncode:
        raise click.exceptions.Exit(done.returncode)
    asks = [json.loads(line) for line in (done.stdout or "").split("\n") if line]
    return {"stage": name, "waits_for": None, "asks": asks}


def _by_quotas(name: str, missing: str, as_json: bool) -> list[dict[str, Any]] | None:
    from finerweb.forecast import asking

    wait = f"{missing} is not there yet (`dvc repro {missing}`)"
    if name == "translate":
        if not as_json:
            click.echo(f"translate\n  by the types that annotators will have given: {wait}")
        return None
    found = asking(*name.split("@"))
    if not as_json:
        click.echo(f"{found.text()}\n  by the quotas: {wait}")
    return [asdict(found)]


def _to_fetch(as_json: bool) -> dict[str, Any]:
    """Return, and print for people, about how much is fetched before anything is asked."""
    from finerweb.checks.used import named_models
    from finerweb.forecast import download
    from finerweb.params.load import document

    size = download()
    missing = [reference for reference in named_models(document()) if not _is_here(reference)]
    if size and not as_json:
        click.echo(f"documents\n  to fetch       {size / 1e9:>12,.1f} GB, about")
    if missing and not as_json:
        click.echo(f"models\n  to fetch       {', '.join(missing)}")
    return {"documents_bytes": round(size), "models": missing}


def _is_here(reference: str) -> bool:
    from finerweb.models import local_folder

    try:
        return local_folder(reference) is not None
    except ValueError:
        return False  # It still has to be filled in.


def _stages() -> list[Any]:
    """Return the stages of dvc.yaml that ask language models, their templates filled in."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo() as repo:
            stages = repo.index.stages
    except DvcException as error:
        raise ValueError(f"no graph here: {error}") from error
    return [stage for stage in stages if stage.addressing.partition("@")[0] in ASKING]


def _chosen(known: dict[str, Any], name: str) -> list[str]:
    return sorted(stage for stage in known if name in (stage, stage.partition("@")[0]))
