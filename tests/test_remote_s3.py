"""An S3 remote, against moto's server: it keeps objects in memory, and asks nobody for keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import run
from documented import commands
from remotes import RELEASE, cloned, files, publish, publisher, pulls

pytestmark = [pytest.mark.slow, pytest.mark.long]
KEYS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}
BUCKET = "entities"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Yield the address of an S3 server that has a bucket."""
    reason = "moto is not installed: make test-all"
    moto_server = pytest.importorskip("moto.server", reason=reason)
    boto3 = pytest.importorskip("boto3", reason=reason)
    server = moto_server.ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket=BUCKET)
    try:
        yield url
    finally:
        server.stop()


@pytest.fixture(scope="module")
def pushed(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that was pushed to the bucket as docs/remotes.md says."""
    project = publisher(tmp_path_factory.mktemp("s3"))
    stand_ins = {"my-bucket": BUCKET, "https://s3.example.org": endpoint}
    publish(project, commands("docs/remotes.md", "S3", stand_ins), KEYS)
    return project


def test_one_language_then_all(pushed: Path, tmp_path: Path) -> None:
    pulls(pushed, tmp_path / "clone", KEYS)


def test_no_key_is_written(pushed: Path) -> None:
    config = "".join(path.read_text() for path in (pushed / ".dvc").glob("config*"))
    assert f"s3://{BUCKET}/finerweb" in config and "secret" not in config


def test_another_repository_gets_a_folder(pushed: Path, tmp_path: Path) -> None:
    run(
        "dvc", "get", str(pushed), "data/release/README.md", "--out", "card.md", cwd=tmp_path,
        env=KEYS,
    )  # fmt: skip
    assert (tmp_path / "card.md").read_bytes() == (pushed / "data/release/README.md").read_bytes()


def test_a_bucket_that_is_not_there_looks_empty(pushed: Path, tmp_path: Path) -> None:
    """DVC says what it lacks, not that there is no such bucket; docs/remotes.md warns of it."""
    clone = cloned(pushed, tmp_path / "clone")
    run("dvc", "remote", "modify", "ours", "url", "s3://nowhere/finerweb", cwd=clone)
    done = run("dvc", "pull", cwd=clone, check=False, env=KEYS)
    assert done.returncode and "data/release" in done.stderr and "missing-files" in done.stderr
    assert not files(clone / RELEASE)
