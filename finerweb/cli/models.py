"""`finerweb models`: what is here, what is needed, from where."""

from collections.abc import Sequence
from pathlib import Path

import click

from finerweb.cli.output import JSON, print_json


@click.group()
def models() -> None:
    """Models: what is here, what is needed, from where."""


@models.command("list")
@JSON
def list_models(as_json: bool) -> None:
    """List the models that are in the cache, and those the mirror has."""
    from finerweb.mirror.catalogue import CATALOGUE
    from finerweb.models import cache_folder, cached

    here = cached()
    if as_json:
        mirror = {
            f"mirror:{name}": {"megabytes": a.megabytes, "licence": a.licence}
            for name, a in CATALOGUE.items()
        }
        print_json({"folder": str(cache_folder()), "here": here, "mirror": mirror})
        return
    click.echo(f"in {cache_folder()}:")
    for reference, size in here.items():
        click.echo(f"  {reference:44} {size / 1e6:8,.0f} MB")
    click.echo("on the mirror:")
    for name, artefact in CATALOGUE.items():
        if f"mirror:{name}" not in here:
            click.echo(f"  mirror:{name:37} {artefact.megabytes:8,} MB  {artefact.licence}")


@models.command()
@click.argument("references", nargs=-1)
@click.option("--for-tests", is_flag=True, help="Those the tests use.")
def pull(references: tuple[str, ...], for_tests: bool) -> None:
    """Fetch models; without arguments those that params.yaml names.

    \b
    Example:
        finerweb models pull mirror:gemma-3-270m-q4
    """
    from finerweb.models import TEST_MODELS, cached, identity, needed_megabytes, resolve
    from finerweb.progress import bar

    wanted = list(references) or (list(TEST_MODELS) if for_tests else _of_params())
    missing = [r for r in dict.fromkeys(wanted) if r not in cached()]
    for reference in missing:
        identity(reference)  # a reference that names nothing, before anything is fetched
    steps, megabytes = needed_megabytes(missing)
    if megabytes:
        click.echo(
            f"fetching {len(missing)} models: {megabytes / 1000:.1f} GB to download, about "
            f"{megabytes / 12 / 60 + 1:.0f} minutes at 100 Mb/s, {5 * megabytes / 1000:.1f} GB of "
            "disk while converting",
            err=True,
        )
        _check_disk(missing)
    with bar("models", steps) as advance:
        for reference in missing:
            resolve(reference, lambda _: advance(1))


def _of_params() -> list[str]:
    """Return the models that params name and that can be fetched."""
    from finerweb.checks.used import named_models
    from finerweb.params.load import document

    return [name for name in named_models(document()) if not name.startswith("local:")]


def _check_disk(missing: Sequence[str]) -> None:
    """Refuse to fetch what the disk cannot hold.

    Raises:
        OSError: there is too little room.
    """
    from finerweb.checks.machine import disk
    from finerweb.checks.project import needed_bytes
    from finerweb.models import cache_folder

    check = disk(cache_folder(), needed_bytes(missing))
    if check.state == "wrong":
        raise OSError(f"{check.said}: {check.todo}")


@models.command()
@click.argument("reference")
def path(reference: str) -> None:
    """Print the local folder of a model, fetching it if need be."""
    from finerweb.models import resolve

    click.echo(resolve(reference))


@models.command()
@click.argument("name")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def add(name: str, folder: Path) -> None:
    """Register a model folder of your own, for params as local:NAME.

    A folder with config.json and safetensors, or with a fastText language identifier (*.ftz, or
    GlotLID's model_v3.bin).

    \b
    Example:
        finerweb models add my-llm /models/my-llm
    """
    from finerweb.models import add as register

    click.echo(register(name, folder))
