"""`finerweb push`: a release to the Hugging Face hub."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from finerweb.cli.verify import faults

if TYPE_CHECKING:
    from finerweb.release.push import Plan

EXISTING = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("repository")
@click.option("--release", type=EXISTING, default="data/release", help="Folder of the dataset.")
@click.option("--revision", default="main", help="The branch; made if it is not there.")
@click.option("--private", is_flag=True, help="If the repository is made, for its owner alone.")
@click.option("--yes", is_flag=True, help="Send it; without this, only say what would be.")
def push(repository: str, release: Path, revision: str, private: bool, yes: bool) -> None:
    """Make a dataset ORGANISATION/NAME on the hub what the release is, in few commits.

    What it would add, change and delete there is said, and nothing sent, unless with --yes. A
    release that `finerweb verify` finds fault with is not sent. The token is that of `hf auth
    login` or of HF_TOKEN. A push that broke off goes on where it stopped when it is run again.

    \b
    Example:
        finerweb push my-organisation/my-dataset --yes
    """
    from huggingface_hub import HfApi

    from finerweb.release.push import plan
    from finerweb.release.push import push as send

    n = 0
    for fault in faults(release):
        click.echo(fault)
        n += 1
    if n:
        raise ValueError(f"{release}: not pushed, it has {n} faults")
    api = HfApi()
    with told(repository):
        planned = plan(api, release, repository, revision)
        _say(planned)
        if yes:
            for commit in send(api, release, planned, private):
                click.echo(commit)
    if not yes:
        click.echo("nothing was sent; add --yes")


def _say(planned: "Plan") -> None:
    """Print what a push would change, and in how many commits."""
    for mark, files in (("+", planned.new), ("~", planned.changed)):
        for name, size in files.items():
            click.echo(f"{mark} {name} {size:,}")
    for name in planned.deleted:
        click.echo(f"- {name}")
    where = f"{planned.repository} at {planned.revision}"
    if planned.head is None:
        where += " (no such repository, or not for this token: it would be made)"
    elif not planned.has_branch:
        where += " (no such branch: it would be made from main)"
    megabytes = (sum(planned.new.values()) + sum(planned.changed.values())) / 1e6
    click.echo(
        f"{where}: {len(planned.new)} new, {len(planned.changed)} changed ({megabytes:,.1f} MB), "
        f"{len(planned.deleted)} to delete, {planned.n_same} as they are; "
        f"commits: {planned.n_commits}"
    )


@contextmanager
def told(repository: str) -> Iterator[None]:
    """Say in one line what the hub refuses, and what to do."""
    from huggingface_hub.errors import HfHubHTTPError

    # Of the library that the hub's client happens to use: imported from there, not exported.
    from huggingface_hub.errors import HTTPError as NoAnswer  # type: ignore[attr-defined]

    try:
        yield
    except HfHubHTTPError as error:
        status = error.response.status_code
        what = {
            401: "it knows no such token: log in with `hf auth login`, or set HF_TOKEN",
            403: "this token may not write there: take one that may, or another repository",
            409: "it is there already, or somebody is at it: run it again",
            412: "somebody committed meanwhile: run it again",
            429: "too much in an hour: run it again later, it goes on where it stopped",
        }.get(status, "run it again, it goes on where it stopped")
        said = " ".join(str(error).split())
        raise ValueError(f"{repository}: the hub says {status}; {what} ({said})") from error
    except (NoAnswer, RuntimeError) as error:
        said = str(error) if isinstance(error, NoAnswer) else f"{error} ({error.__cause__})"
        raise ValueError(
            f"{repository}: {said}; run it again, it goes on where it stopped"
        ) from error
