"""An SSH remote, against Debian's own server on this machine, with keys made for the test."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import run
from documented import commands
from remotes import RELEASE, THAI, cloned, files, publish, publisher, pulls

pytestmark = [pytest.mark.slow, pytest.mark.long]
SSHD = "/usr/sbin/sshd"
SETTINGS = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PidFile none
Subsystem sftp internal-sftp
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its port, the folder of its keys, and where it may be written to."""

    port: int
    keys: Path
    store: Path

    @property
    def env(self) -> dict[str, str]:
        """Return an environment without the keys and settings of whoever runs the tests."""
        return {"HOME": str(self.keys), "SSH_AUTH_SOCK": ""}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not Path(SSHD).is_file() or not shutil.which("ssh-keygen"):
        pytest.skip("there is no openssh-server here: make system-deps, or your administrator")
    folder = tmp_path_factory.mktemp("ssh")
    for name in ("host", "user"):
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name), cwd=folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "sshd_config").write_text(SETTINGS.format(port=port, folder=folder))
    if os.geteuid() == 0:
        # Debian makes it when it starts the server itself; it is wanted of root alone.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with subprocess.Popen(
        [SSHD, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            _wait(port, process)
            (folder / "store").mkdir()
            yield Server(port, folder, folder / "store")
        finally:
            process.terminate()


def _wait(port: int, process: "subprocess.Popen[str]") -> None:
    for _ in range(100):
        if process.poll() is not None:
            pytest.fail(f"sshd ended: {process.stderr and process.stderr.read()}")
        with socket.socket() as tried:
            if not tried.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)
    pytest.fail(f"sshd does not listen on port {port} after 5 seconds")


@pytest.fixture(scope="module")
def pushed(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that was pushed to the server as docs/remotes.md says."""
    project = publisher(tmp_path_factory.mktemp("project"))
    address = f"{getpass.getuser()}@127.0.0.1:{server.port}{server.store}"
    stand_ins = {
        "user@storage.example.org/srv": address,
        "/path/to/key": str(server.keys / "user"),
    }
    publish(project, commands("docs/remotes.md", "SSH", stand_ins), server.env)
    return project


def test_one_language_then_all(pushed: Path, server: Server, tmp_path: Path) -> None:
    pulls(pushed, tmp_path / "clone", server.env)
    assert list(server.store.rglob("*.dir")), "it was on the server's disk"


def test_the_key_is_named_outside_of_git(pushed: Path, server: Server) -> None:
    told = run("git", "grep", "--count", "keyfile", cwd=pushed, check=False)
    assert not told.stdout and str(server.keys) in (pushed / ".dvc/config.local").read_text()


def test_without_a_key_nothing_is_given(pushed: Path, server: Server, tmp_path: Path) -> None:
    clone = cloned(pushed, tmp_path / "clone")
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other"), cwd=tmp_path)
    key = str(tmp_path / "other")
    run("dvc", "remote", "modify", "--local", "ours", "keyfile", key, cwd=clone)
    done = run("dvc", "pull", cwd=clone, check=False, env=server.env)
    assert done.returncode and "Permission denied" in done.stdout + done.stderr
    assert not (clone / "data/release").exists()


def test_the_host_is_not_checked(pushed: Path, server: Server, tmp_path: Path) -> None:
    """docs/remotes.md warns of it: DVC takes any host key. Once this fails, tell it so."""
    clone = cloned(pushed, tmp_path / "clone")
    run("dvc", "pull", THAI, cwd=clone, env={"HOME": str(tmp_path)})
    assert not (tmp_path / ".ssh").exists() and len(files(clone / RELEASE)) == 1
