"""`finerweb push`, against a server that takes commits as the hub does.

The hosted hub is not asked; nor is what `hf_xet` sends large files to.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub.constants
import pytest
from click.testing import CliRunner, Result
from conftest import run
from hub import READER, TOKEN, HubState, download, hub_server
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError
from releases import make_release, make_variants, params

from finerweb.cli.main import main
from finerweb.release.push import FILES_A_COMMIT, plan, push
from finerweb.release.verify import verify

REPOSITORY = "someone/entities"
# huggingface_hub's own way of sending.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a release, one without an annotator, and one of many files."""
    folder = tmp_path_factory.mktemp("made")
    make_variants(folder / "variants")
    make_release(folder, params(), "whole")
    make_release(folder, params(without=["qwen"]), "small")
    shutil.copytree(folder / "small", folder / "large")
    for number in range(FILES_A_COMMIT):
        (folder / f"large/data/{number}.parquet").write_bytes(b"%d" % number)
    return folder


def n_files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubState]:
    """Yield a hub that is asked instead of the hosted one, by somebody who may write."""
    with hub_server() as state:
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", state.url)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.chdir(tmp_path)
        yield state


def call(release: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["push", REPOSITORY, "--release", str(release), *options])


def test_a_dry_run_sends_nothing(hub: HubState, made: Path) -> None:
    done = call(made / "small")
    assert done.exit_code == 0, done.output
    assert "+ data/gemma-single/tha_Thai/train-00000-of-00001.parquet " in done.output
    assert "no such repository, or not for this token: it would be made" in done.output
    assert f"{n_files(made / 'small')} new, 0 changed" in done.output
    assert "commits: 1" in done.output and "nothing was sent; add --yes" in done.output
    assert hub.asked and not hub.writes()


def test_what_is_pushed_is_the_release(hub: HubState, made: Path, tmp_path: Path) -> None:
    assert call(made / "small", "--yes", "--private").exit_code == 0
    assert hub.operations == [n_files(made / "small")] and hub.private == {REPOSITORY}
    assert list(verify(download(hub, REPOSITORY, tmp_path / "clone"))) == []
    again = call(made / "small", "--yes")
    assert "0 new, 0 changed (0.0 MB), 0 to delete, 20 as they are; commits: 0" in again.output
    assert hub.n_commits() == 1


@pytest.mark.slow
def test_what_is_stale_is_deleted(hub: HubState, made: Path) -> None:
    sent(made / "whole")
    done = call(made / "small", "--yes")
    assert "- data/merged-single/tha_Thai/train-00000-of-00001.parquet" in done.output
    assert "~ README.md" in done.output
    assert "0 new, 2 changed" in done.output and "36 to delete, 18 as they are" in done.output
    assert hub.files(REPOSITORY).keys() == {".gitattributes", *contents(made / "small")}


def sent(release: Path, revision: str = "main") -> list[str]:
    """Return the addresses of the commits of a push."""
    api = HfApi()
    return list(push(api, release, plan(api, release, REPOSITORY, revision), False))


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.slow
def test_more_files_than_a_commit(hub: HubState, made: Path) -> None:
    """Data first, the card last; what broke off goes on where it stopped."""
    release = made / "large"
    hub.fail_commits = {1}
    with pytest.raises(HfHubHTTPError):
        sent(release)
    there = hub.files(REPOSITORY)
    assert len(there) == FILES_A_COMMIT + 1 and "README.md" not in there
    left = n_files(release) - FILES_A_COMMIT
    planned = plan(HfApi(), release, REPOSITORY, "main")
    assert (len(planned.new), planned.n_same, planned.n_commits) == (left, FILES_A_COMMIT, 1)
    assert len(sent(release)) == 1
    assert hub.operations == [FILES_A_COMMIT, left, left]
    attributes = {".gitattributes": hub.files(REPOSITORY)[".gitattributes"]}
    assert hub.files(REPOSITORY) == contents(release) | attributes


def test_a_branch(hub: HubState, made: Path) -> None:
    hub.create(REPOSITORY)
    dry = call(made / "small", "--revision", "v2")
    assert "no such branch: it would be made from main" in dry.output and not hub.writes()
    assert len(sent(made / "small", "v2")) == 1
    assert set(hub.files(REPOSITORY)) == {".gitattributes"}
    assert len(hub.files(REPOSITORY, "v2")) == n_files(made / "small") + 1


def test_somebody_else_committed_meanwhile(hub: HubState, made: Path) -> None:
    hub.create(REPOSITORY)
    api = HfApi()
    planned = plan(api, made / "small", REPOSITORY, "main")
    hub.commit(REPOSITORY, "main", {"README.md": b"another's"})
    with pytest.raises(HfHubHTTPError, match="A commit has happened since"):
        list(push(api, made / "small", planned, False))
    assert hub.files(REPOSITORY) == {"README.md": b"another's"}


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("hf_unknown", "the hub says 401; it knows no such token: log in with `hf auth login`"),
        (READER, "the hub says 403; this token may not write there"),
    ],
)
def test_tokens_that_may_not(
    hub: HubState, made: Path, monkeypatch: pytest.MonkeyPatch, token: str, message: str
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    done = call(made / "small", "--yes")
    assert done.exit_code == 1
    (line,) = [line for line in done.output.splitlines() if line.startswith("Error: ")]
    assert f"{REPOSITORY}: {message}" in line
    assert not hub.branches and not hub.large


def test_nobody_answers(hub: HubState, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    done = call(made / "small")
    assert done.exit_code == 1 and not isinstance(done.exception, OSError)
    assert f"Error: {REPOSITORY}: " in done.output and "refused" in done.output


def test_a_faulty_release_is_not_sent(hub: HubState, made: Path, tmp_path: Path) -> None:
    release = Path(shutil.copytree(made / "small", tmp_path / "faulty"))
    path = release / "data/gemma-single/tha_Thai/train-00000-of-00001.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    done = call(release, "--yes")
    assert done.exit_code == 1 and not hub.asked
    assert "gemma-single/tha_Thai/train-00000-of-00001.parquet: expected sha256" in done.output
    assert "not pushed, it has" in done.output


@pytest.mark.slow
def test_as_a_command(made: Path, tmp_path: Path) -> None:
    """Through the environment alone, as a user has it."""
    with hub_server() as state:
        env = {"HF_ENDPOINT": state.url, "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1"}
        options = ("push", REPOSITORY, "--release", str(made / "small"), "--yes")
        done = run("finerweb", *options, cwd=tmp_path, env=env)
        assert f"{state.url}/datasets/{REPOSITORY}/commit/" in done.stdout
        assert state.n_commits() == 1
