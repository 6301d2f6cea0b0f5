"""`finerweb plan`: what the stages that ask language models would take, before they do."""

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

ASKING = ("rate", "annotate")
"""The stages that take `--plan`."""


@click.command()
@click.argument("stages", nargs=-1)
def plan(stages: tuple[str, ...]) -> None:
    r"""Print what stages would ask of language models: requests, tokens, money, hours.

    Nothing is asked. Without arguments, all stages that ask. A stage whose input is not there yet
    is named, with the stage that makes it.

    \b
    Example:
        finerweb plan annotate@qwen
    """
    known = {stage.addressing: stage for stage in _stages()}
    unknown = [name for name in stages if not _chosen(known, name)]
    if unknown:
        raise ValueError(f"no stage {unknown[0]!r} that asks; there are {', '.join(known)}")
    wanted = [name for stage in stages or ASKING for name in _chosen(known, stage)]
    for name in dict.fromkeys(wanted):
        missing = [str(dep) for dep in known[name].deps if not Path(dep.fs_path).exists()]
        if missing:
            click.echo(f"{name}\n  {missing[0]} is not there yet: run `dvc repro {missing[0]}`")
            continue
        _, *command = shlex.split(known[name].cmd)
        done = subprocess.run([sys.executable, *command, "--plan"], check=False)
        if done.returncode:
            raise click.exceptions.Exit(done.returncode)


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
