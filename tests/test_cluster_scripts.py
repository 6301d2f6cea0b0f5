"""The scripts of cluster/: what they call exists, and they do what docs/cluster.md says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import run
from documented import commands
from filter_inputs import make_inputs, run_filter
from reach import ROOT

SCRIPTS = sorted((ROOT / "cluster").iterdir())
SLURM = ROOT / "cluster" / "slurm.sbatch"

# Stand-ins for Slurm's commands on one machine: `srun` drops its options and runs the rest.
SRUN = '#!/bin/bash\nwhile [[ $1 == --* ]]; do shift; done\nexec "$@"\n'
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
@pytest.mark.parametrize(
    "path", [*SCRIPTS, ROOT / "docs" / "cluster.md"], ids=lambda path: path.name
)
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


def test_the_page_makes_a_cluster_as_the_example_does() -> None:
    """What docs/cluster.md tells to type, `test_example_runs_the_filter_on_two_nodes` runs."""
    example = (ROOT / "cluster/example.sh").read_text("utf-8")
    *lines, last = commands("docs/cluster.md", "A cluster of your own")
    export, made = "export RAY_AUTH_MODE=token", ray_commands(example)
    assert last == "dvc repro filter" and "python -m stages.filter" in example
    assert export in lines and export in example
    for command, options in ray_commands("\n".join(lines)):
        assert any(command == name and options <= others for name, others in made), command


def test_the_page_submits_the_script_that_is_there() -> None:
    (line,) = commands("docs/cluster.md", "Slurm")
    words = line.split()
    assert words[0] == "sbatch" and words[1].startswith("--nodes=")
    (script,) = (word for word in words if word.startswith("cluster/"))
    assert ROOT / script == SLURM
    assert words[words.index(script) + 1 :] == ["dvc", "repro", "filter"]


@pytest.mark.ray
@pytest.mark.slow
def test_slurm_script_runs_its_command_on_a_cluster(tmp_path: Path) -> None:
    """With stand-ins for Slurm's own two commands, and a real Ray."""
    pytest.importorskip("ray", reason="the extra `ray` is not installed: make test-all")
    for name, text in (("srun", SRUN), ("scontrol", SCONTROL)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    code = "import ray; ray.init('auto'); print('cpus', ray.cluster_resources()['CPU'])"
    address = subprocess.run(
        ["hostname", "--ip-address"], capture_output=True, text=True, check=True
    ).stdout.split()[0]
    done = run(
        "bash",
        str(SLURM),
        sys.executable,
        "-c",
        code,
        cwd=tmp_path,
        env={
            "PATH": os.pathsep.join(
                [str(tmp_path), str(Path(sys.executable).parent), os.environ["PATH"]]
            ),
            "SLURM_SUBMIT_DIR": str(tmp_path),
            "SLURM_JOB_NODELIST": address,
            "SLURM_JOB_NUM_NODES": "1",
            "SLURM_CPUS_PER_TASK": "2",
            "RAY_PORT": "6397",
        },
    )
    assert "cpus 2.0" in done.stdout


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
