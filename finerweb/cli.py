"""The `finerweb` command: models, figures."""

import json
import logging
import subprocess
from pathlib import Path
from typing import Any

import click

from finerweb.params.load import document


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


@main.group()
def models() -> None:
    """Models: what is here, what is needed, from where."""


@models.command("list")
def list_models() -> None:
    """List the models that are in the cache, and those the mirror has."""
    from finerweb.mirror.catalogue import CATALOGUE
    from finerweb.models import cache_folder, cached

    here = cached()
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
    r"""Fetch models; without arguments those that params.yaml names.

    \b
    Example:
        finerweb models pull mirror:gemma-3-270m-q4
    """
    from finerweb.models import TEST_MODELS, cached, needed_megabytes, resolve
    from finerweb.progress import bar

    wanted = list(references) or (list(TEST_MODELS) if for_tests else named_models(document()))
    missing = [r for r in dict.fromkeys(wanted) if r not in cached()]
    steps, megabytes = needed_megabytes(missing)
    if megabytes:
        click.echo(
            f"fetching {len(missing)} models: {megabytes / 1000:.1f} GB to download, about "
            f"{megabytes / 12 / 60 + 1:.0f} minutes at 100 Mb/s, {5 * megabytes / 1000:.1f} GB of "
            "disk while converting",
            err=True,
        )
    with bar("models", steps) as advance:
        for reference in missing:
            resolve(reference, lambda _: advance(1))


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
    r"""Register a model folder of your own, for params as local:NAME.

    \b
    Example:
        finerweb models add my-llm /models/my-llm
    """
    from finerweb.models import add as register

    click.echo(register(name, folder))


@main.command()
@click.option("--against", default="HEAD", show_default=True, help="Commit to compare with.")
def figures(against: str) -> None:
    """Print the headline figures beside those of a commit.

    Language models give slightly different replies on different processors: where
    metrics/spread.json says how far a figure moved between those that were tried, that is
    printed too.
    """
    from finerweb.report.figures import HEADLINES, table

    def committed(name: str) -> dict[str, Any] | None:
        command = ["git", "show", f"{against}:{name}"]
        shown = subprocess.run(command, capture_output=True, text=True, check=False)
        return json.loads(shown.stdout) if shown.returncode == 0 else None

    click.echo(table(HEADLINES, Path(), committed))


def named_models(params: dict[str, Any]) -> list[str]:
    """Return every model that params.yaml names and its grid uses, but those behind servers."""
    used = [params["raters"][name]["model"] for name in params["rate"]["raters"]]
    used += [params["annotators"][name]["model"] for name in params["annotate"]["annotators"]]
    used += [params["backbones"][name] for name in params["train_regressor"]["backbones"]]
    used += [params["passages"]["identifier"], params["filter"]["identifier"]]
    used += [params["merge"]["encoder"]]
    return list(dict.fromkeys(r for r in used if not r.startswith("served:")))


if __name__ == "__main__":
    main()
