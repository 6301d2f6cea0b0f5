"""`finerweb report`: the site that the stage `report` made, with what is this machine's."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from finerweb.cli.commits import repository
from finerweb.stage import RUNS

EXISTING = click.Path(exists=True, path_type=Path, file_okay=False)
NEW = click.Path(path_type=Path)
GRAPH = Path("dvc.yaml")


@click.command()
@click.option("--open", "opens", is_flag=True, help="Show it in the browser.")
@click.option("--against", metavar="REV", help="Commit, branch or tag to show changes from.")
@click.option("--site", type=NEW, default="report", show_default=True, help="Made by DVC.")
@click.option("--figures", type=EXISTING, default="metrics", show_default=True, help="Metrics.")
@click.option("--out", type=NEW, default=".finerweb/report", show_default=True, help="Its copy.")
def report(opens: bool, against: str | None, site: Path, figures: Path, out: Path) -> None:
    """Copy the report, add the graph, this machine's runs, what changed since a commit; show it.

    The report itself is an output of the graph, which `dvc repro report` makes and `dvc pull
    report` fetches; it opens without this command too. The copy suits any web host as it is.

    \b
    Example:
        finerweb report --open --against HEAD~1
    """
    if not (site / "index.html").is_file():
        raise FileNotFoundError(
            f"{site}: no index.html; `dvc repro report` makes it, `dvc pull report` fetches it"
        )
    added = {
        "graph": _graph(),
        "runs": _runs(),
        "against": _against(against, figures) if against else None,
    }
    _copy(site, out, added)
    page = (out / "index.html").absolute()
    click.echo(page)
    if opens and click.launch(page.as_uri()):
        raise OSError(f"no browser could be started: open {page} in one")


def _copy(site: Path, out: Path, added: dict[str, Any]) -> None:
    """Put a copy of the site, with what is added, in place of an earlier copy; of nothing else."""
    from finerweb.report.scripts import ADDED, put
    from finerweb.tables.io import replacing_folder

    here, there = site.resolve(), out.resolve()
    if here == there or here in there.parents or there in here.parents:
        raise ValueError(
            f"--out {out}: expected a folder apart from the site, which is in {site} and an output "
            "of the graph; name another folder"
        )
    if out.exists() and not _is_copy(site, out):
        raise ValueError(f"{out}: there is something else; name another folder by --out")
    with replacing_folder(out) as folder:
        shutil.copytree(site, folder, copy_function=shutil.copyfile, dirs_exist_ok=True)
        (folder / "data" / f"{ADDED}.js").unlink(missing_ok=True)
        put(folder, ADDED, added)


def _is_copy(site: Path, out: Path) -> bool:
    """Return whether a folder is a copy, or what is left of one that was broken off."""
    if not out.is_dir():
        return False
    files = (path.relative_to(out) for path in out.rglob("*") if not path.is_dir())
    return (out / "data" / "added.js").is_file() or all((site / name).exists() for name in files)


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
    return runs(_lines(RUNS))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file's lines; one that was cut off by a kill is told and left out."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            click.echo(f"{path}:{number}: not whole, left out", err=True)


def _against(rev: str, figures: Path) -> dict[str, Any]:
    """Return the figures that a commit had, read through DVC.

    Raises:
        ValueError: there is no such commit, or the figures are outside of its repository.
    """
    from dvc.api import DVCFileSystem
    from dvc.exceptions import DvcException

    from finerweb.report import added, overview

    root = repository()
    if not figures.resolve().is_relative_to(root):
        raise ValueError(f"--figures {figures}: expected a folder in the git repository {root}")
    folder = figures.resolve().relative_to(root)
    try:
        # A project may be a folder of a repository, and its files are named from the root of that.
        files = DVCFileSystem(rev=rev, subrepos=True)
        files.ls("/", detail=False)  # Whether there is such a commit is looked up only now.
    except DvcException as error:
        raise ValueError(f"--against {rev}: {error}") from error

    def metrics(name: str) -> dict[str, Any] | None:
        path = (folder / name).as_posix()
        if not files.isfile(path):
            return None
        content: dict[str, Any] = json.loads(files.read_text(path))
        return content

    return added.against(rev, overview.headlines(overview.read_figures(figures)), metrics)
