"""`finerweb models`: what is here, what is needed, from where."""

from pathlib import Path
from typing import Any

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
    r"""Fetch models; without arguments those that params.yaml names.

    \b
    Example:
        finerweb models pull mirror:gemma-3-270m-q4
    """
    from finerweb.models import TEST_MODELS, cached, identity, needed_megabytes, resolve
    from finerweb.params.load import document
    from finerweb.progress import bar

    wanted = list(references) or (list(TEST_MODELS) if for_tests else named_models(document()))
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

    A folder with config.json and safetensors, or with a fastText language identifier (*.ftz, or
    GlotLID's model_v3.bin).

    \b
    Example:
        finerweb models add my-llm /models/my-llm
    """
    from finerweb.models import add as register

    click.echo(register(name, folder))


def named_models(params: dict[str, Any]) -> list[str]:
    """Return every model that params.yaml names and its grid uses, but those behind servers."""
    used = [params["raters"][name]["model"] for name in params["rate"]["raters"]]
    used += [params["annotators"][name]["model"] for name in params["annotate"]["annotators"]]
    used += [params["judges"][name]["model"] for name in params["judge"]["judges"]]
    used += [params["backbones"][name] for name in params["train_regressor"]["backbones"]]
    student = params["train_binder"]
    of_student = (student["encoder"], student["type_encoder"])
    used += [params["backbones"][name] for name in of_student if name]
    used += [params["passages"]["identifier"], params["filter"]["identifier"]]
    used += [params["types"]["encoder"]]
    used += [params["translate"]["llm"]["model"]] if "llm" in params["translate"]["by"] else []
    predictors = params["evaluate"]["predictors"].values()
    # A baseline that is to be added by hand is none that can be pulled.
    baselines = [one["model"] for one in predictors if one["kind"] == "gliner"]
    used += [reference for reference in baselines if not reference.startswith("local:")]
    return list(dict.fromkeys(r for r in used if not r.startswith("served:")))
