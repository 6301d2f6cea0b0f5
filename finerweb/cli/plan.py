"""`finerweb plan`: what the stages that ask language models would take, before they do."""

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from finerweb.cli.models import named_models
from finerweb.params.load import document

ASKING = ("rate", "filter_ablation", "annotate", "translate", "judge")
"""The stages that take `--plan`."""


@click.command()
@click.argument("stages", nargs=-1)
def plan(stages: tuple[str, ...]) -> None:
    r"""Print what stages would ask of language models: requests, tokens, money, hours.

    Nothing is asked. Without arguments, all stages that ask, and what is to be fetched before. What
    a stage whose input is not there yet will ask is told by the quotas.

    \b
    Example:
        finerweb plan annotate@qwen
    """
    from finerweb.forecast import asking

    known = {stage.addressing: stage for stage in _stages()}
    unknown = [name for name in stages if not _chosen(known, name)]
    if unknown:
        raise ValueError(f"no stage {unknown[0]!r} that asks; there are {', '.join(known)}")
    if not stages:
        _say_what_is_fetched()
    wanted = [name for stage in stages or ASKING for name in _chosen(known, stage)]
    for name in dict.fromkeys(wanted):
        missing = [str(dep) for dep in known[name].deps if not Path(dep.fs_path).exists()]
        if missing:
            wait = f"{missing[0]} is not there yet (`dvc repro {missing[0]}`)"
            if name == "translate":
                click.echo(f"translate\n  by the types that annotators will have given: {wait}")
                continue
            click.echo(asking(*name.split("@")).text())
            click.echo(f"  by the quotas: {wait}")
            continue
        _, *command = shlex.split(known[name].cmd)
        done = subprocess.run([sys.executable, *command, "--plan"], check=False)
        if done.returncode:
            raise click.exceptions.Exit(done.returncode)


def _say_what_is_fetched() -> None:
    """Print about how much there is to download before anything is asked."""
    from finerweb.forecast import download

    if size := download():
        click.echo(f"documents\n  to fetch       {size / 1e9:>12,.1f} GB, about")
    models = [r for r in named_models(document()) if not r.startswith("served:")]
    missing = [reference for reference in models if not _is_here(reference)]
    if missing:
        click.echo(f"models\n  to fetch       {', '.join(missing)}")


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
