"""The scripts of cluster/: what they call exists, and they do what docs/cluster.md says."""

import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from conftest import run
from documented import change, commands, edit
from filter_inputs import make_inputs, run_filter
from reach import ROOT

SCRIPTS = sorted((ROOT / "cluster").iterdir())
PAGE = "docs/cluster.md"

# Stand-ins for Slurm's commands on one machine: they drop their options and run the rest.
SRUN = '#!/bin/bash\nwhile [[ $1 == --* ]]; do shift; done\nexec "$@"\n'
SBATCH = '#!/bin/bash\nwhile [[ $1 == --* ]]; do shift; done\nexec bash "$@"\n'
SCONTROL = '#!/bin/bash\n[ "$1 $2" = "show hostnames" ] && echo "$3"\n'


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_is_bash(script: Path) -> None:
    assert script.stat().st_mode & 0o111
    run("bash", "-n", str(script), cwd=ROOT)


def ray_commands(text: str) -> list[tuple[str, set[str]]]:
    """Return each call of `ray` in a shell script with its options, those after ` -- ` left out."""
    joined = re.sub(r"\\\n\s*", "", text)
    found = []
    for match in re.finditer(
        r"^\s*ray ([\w-]+)([^\n]*)|srun .*?ray ([\w-]+)([^\n]*)", joined, re.M
    ):
        command = match[1] or match[3]
        options = (match[2] or match[4] or "").split(" -- ")[0]
        found.append((command, set(re.findall(r"--[\w-]+", options))))
    return found


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.parametrize("path", [*SCRIPTS, ROOT / PAGE], ids=lambda path: path.name)
def test_ray_has_the_options(path: Path) -> None:
    pytest.importorskip("ray", reason="the extra `ray` is not installed: make test-all")
    commands = ray_commands(path.read_text("utf-8"))
    assert commands
    known: dict[str, set[str]] = {}
    for command, options in commands:
        if command not in known:
            told = run("ray", command, "--help", cwd=ROOT).stdout
            known[command] = set(re.findall(r"--[\w-]+", told))
        if command == "symmetric-run":
            # It hands the rest on to `ray start`.
            told = run("ray", "start", "--help", cwd=ROOT).stdout
            known[command] |= set(re.findall(r"--[\w-]+", told))
        assert options <= known[command], command


@pytest.fixture
def ray_home(tmp_path: Path) -> Iterator[Path]:
    """Return a home for Ray's token; whatever was started with it is ended after the test."""
    home = tmp_path / "home"
    home.mkdir()
    yield home
    for process in started(home):
        os.kill(process, signal.SIGKILL)


def started(home: Path) -> Iterator[int]:
    """Yield the processes that have a folder as their home."""
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"HOME={home}".encode() in environ.read_bytes().split(b"\0"):
                yield int(environ.parent.name)


def ready_to_filter(project: Path) -> dict[str, str]:
    """Make what `filter` reads, and params.yaml as the page has it; return what is to come out.

    That is the sha256 of each file, by processes of this machine.
    """
    make_inputs(project)
    expected = run_filter(project, "local", {})
    edit(project, "docs/cluster.md", "On a Ray cluster, and on Slurm")
    change(project, "compute: {gpus_per_worker: 0}")
    return expected


def filtered(project: Path) -> dict[str, str]:
    """Return the sha256 of each file that the graph's `filter` wrote."""
    files = [*(project / "data").glob("se*/*"), *(project / "data").glob("sc*/*")]
    found = {path.relative_to(project / "data").as_posix(): path for path in files}
    found["filter.json"] = project / "metrics/filter.json"
    return {name: sha256(path.read_bytes()).hexdigest() for name, path in found.items()}


# What is upstream of `filter` was made by hand here.
ALONE = {"dvc repro filter": "dvc repro --single-item filter"}


@pytest.mark.ray
@pytest.mark.slow
def test_the_page_makes_a_cluster_and_filters_on_it(project: Path, ray_home: Path) -> None:
    """Two nodes, on one machine here."""
    pytest.importorskip("ray", reason="the extra `ray` is not installed: make test-all")
    expected = ready_to_filter(project)
    stand_ins = {"HEAD:6379": "127.0.0.1:6395", "--port=6379": "--port=6395", **ALONE}
    lines = commands("docs/cluster.md", "A cluster of your own", stand_ins)
    script = " && ".join([*lines, "ray status"])
    done = run("bash", "-c", script, cwd=project, env={"HOME": str(ray_home)})
    assert len(re.findall(r"^ 1 node_", done.stdout, re.MULTILINE)) == 2, done.stdout
    assert filtered(project) == expected


@pytest.mark.ray
@pytest.mark.slow
def test_the_page_submits_a_job_that_filters(project: Path, ray_home: Path) -> None:
    """With stand-ins for Slurm's own commands, on one node without GPUs; the rest is real."""
    pytest.importorskip("ray", reason="the extra `ray` is not installed: make test-all")
    shutil.copytree(ROOT / "cluster", project / "cluster")
    expected = ready_to_filter(project)
    (line,) = commands("docs/cluster.md", "Slurm", ALONE)
    env = slurm(project, ray_home.parent / "bin") | {"HOME": str(ray_home)}
    run("bash", "-c", line, cwd=project, env=env)
    assert filtered(project) == expected


def slurm(project: Path, folder: Path) -> dict[str, str]:
    """Write stand-ins for Slurm's commands; return the environment of a job of one node."""
    folder.mkdir()
    for name, text in (("sbatch", SBATCH), ("srun", SRUN), ("scontrol", SCONTROL)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    address = run("hostname", "--ip-address", cwd=project).stdout.split()[0]
    path = [str(folder), str(Path(sys.executable).parent), os.environ["PATH"]]
    return {
        "PATH": os.pathsep.join(path),
        "SLURM_SUBMIT_DIR": str(project),
        "SLURM_JOB_NODELIST": address,
        "SLURM_JOB_NUM_NODES": "1",
        "SLURM_CPUS_PER_TASK": "2",
        "RAY_PORT": "6397",
    }


@pytest.mark.ray
@pytest.mark.slow
def test_example_runs_the_filter_on_two_nodes(project: Path) -> None:
    pytest.importorskip("ray", reason="the extra `ray` is not installed: make test-all")
    shutil.copytree(ROOT / "cluster", project / "cluster")
    missing = run("cluster/example.sh", cwd=project, check=False)
    assert missing.returncode == 1 and "data/passages: not there yet" in missing.stderr
    make_inputs(project)
    run_filter(project, "data", {})
    done = run("cluster/example.sh", cwd=project, env={"PORT": "6396"})
    assert "the same bytes as data/selected, 5 files" in done.stdout
    assert len(re.findall(r"nodes: \w+, \w+", done.stdout)) == 1
