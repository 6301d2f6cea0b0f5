"""`finerweb report`: the site that the stage `report` made, with what is this machine's."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from finerweb.stage import RUNS

EXISTING = click.Path(exists=True, path_type=Path, file_okay=False)
NEW = click.Path(path_type=Path)
GRAPH = Path("dvc.yaml")
MODELS = {"rate": "raters", "annotate": "annotators", "judge": "judges"}
"""Stage that asks -> the section of params that names its models."""


@click.command()
@click.option("--open", "opens", is_flag=True, help="Show it in the browser.")
@click.option("--against", metavar="REV", help="Commit, branch or tag to show changes from.")
@click.option("--site", type=EXISTING, default="report", show_default=True, help="Made by DVC.")
@click.option("--figures", type=EXISTING, default="metrics", show_default=True, help="Metrics.")
@click.option("--out", type=NEW, default=".finerweb/report", show_default=True, help="Its copy.")
def report(opens: bool, against: str | None, site: Path, figures: Path, out: Path) -> None:
    r"""Copy the report, add the graph, this machine's runs, what changed since a commit; show it.

    The report itself is an output of the graph, which `dvc repro report` makes and `dvc pull
    report` fetches; it opens without this command too. The copy suits any web host as it is.

    \b
    Example:
        finerweb report --open --against HEAD~1
    """
    from finerweb.report.scripts import ADDED, put

    if not (site / "index.html").is_file():
        raise FileNotFoundError(f"{site}: no index.html in it; run `dvc repro report` first")
    added = {
        "graph": _graph(),
        "runs": _runs(),
        "against": _against(against, figures) if against else None,
    }
    _copy(site, out)
    (out / "data" / f"{ADDED}.js").unlink(missing_ok=True)
    put(out, ADDED, added)
    page = (out / "index.html").absolute()
    click.echo(page)
    if opens and click.launch(page.as_uri()):
        raise OSError(f"no browser could be started: open {page} in one")


def _copy(site: Path, out: Path) -> None:
    """Copy the site in place of an earlier copy; refuse to replace anything else."""
    if out.exists() and not (out / "data" / "added.js").is_file():
        raise ValueError(f"{out}: there is something else; name another folder by --out")
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(site, out, copy_function=shutil.copyfile)


def _graph() -> dict[str, Any] | None:
    """Return the picture of the graph; None where there is none."""
    import yaml

    from finerweb.report.graph import picture

    if not GRAPH.is_file():
        return None
    return picture(yaml.safe_load(GRAPH.read_text(encoding="utf-8"))["stages"])


def _runs() -> list[dict[str, Any]] | None:
    """Return what this machine's runs took; None where it ran nothing."""
    from finerweb.report.added import runs

    if not RUNS.is_file():
        return None
    rows = (json.loads(line) for line in RUNS.read_text(encoding="utf-8").splitlines())
    return runs(rows, _price())


def _price() -> Callable[[str, str, int, int], float | None]:
    """Return the price of a stage's tokens by `llm.prices`."""
    from finerweb.params.llm import LlmParams
    from finerweb.params.load import document, load

    prices = load("llm", LlmParams).prices
    params: dict[str, Any] = document()

    def price(stage: str, instance: str, read: int, written: int) -> float | None:
        model = params.get(MODELS.get(stage, ""), {}).get(instance, {}).get("model", "")
        known = prices.get(model.removeprefix("served:"))
        return known.of(read, written) if known else None

    return price


def _against(rev: str, figures: Path) -> dict[str, Any]:
    """Return the figures that a commit had, read through DVC.

    Raises:
        ValueError: there is no such commit.
    """
    from dvc.api import DVCFileSystem
    from dvc.exceptions import DvcException

    from finerweb.report import added, overview

    try:
        files = DVCFileSystem(rev=rev)
        files.ls("/", detail=False)  # Whether there is such a commit is looked up only now.
    except DvcException as error:
        raise ValueError(f"--against {rev}: {error}") from error

    def metrics(name: str) -> dict[str, Any] | None:
        path = (figures / name).as_posix()
        if not files.isfile(path):
            return None
        content: dict[str, Any] = json.loads(files.read_text(path))
        return content

    return added.against(rev, overview.headlines(overview.read_figures(figures)), metrics)
