"""`finerweb doctor`: what is missing is named, with what to do, before a stage finds out."""

import json
import os
import shutil
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from dvc.repo import Repo
from local_http import listening
from reach import ROOT

from finerweb.checks import machine, project
from finerweb.checks.check import Check, failure, without_password
from finerweb.cli.main import main
from finerweb.params.whole import check_params

PARAMS: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
KEY = "OPENAI_API_KEY"


def changed(**sections: dict[str, Any]) -> dict[str, Any]:
    """Return the params with sections changed."""
    return PARAMS | {name: PARAMS[name] | values for name, values in sections.items()}


def served(name: str) -> dict[str, Any]:
    """Return the params with the first annotator behind a server."""
    annotators = {**PARAMS["annotators"]}
    first = PARAMS["annotate"]["annotators"][0]
    annotators[first] = annotators[first] | {"model": f"served:{name}", "engine": "openai"}
    return changed(annotators=annotators)


def doctor(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Result, dict[str, Check]]:
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(main, ["doctor", "--json"])
    found = json.loads(done.stdout)
    checks = [Check(**row) for row in found["checks"]]
    assert found["ok"] == (done.exit_code == 0)
    return done, {check.name: check for check in checks}


def test_outside_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, checks = doctor(tmp_path, monkeypatch)
    assert checks["params"].state == "note" and "no params.yaml here" in checks["params"].said
    assert checks["python"].said.split()[0].startswith("3.")
    assert {"packages", "gpu", "disk"} <= set(checks)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (changed(filter={"quota": "many"}), "filter.quota"),
        (changed(rate={"raters": ["ไม่มี"]}), "rate.raters: expected some of qwen"),
    ],
)
def test_params_that_do_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: dict[str, Any], said: str
) -> None:
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(bad), "utf-8")
    done, checks = doctor(tmp_path, monkeypatch)
    assert done.exit_code == 1
    assert done.stderr.strip() == "Error: not ready: params; what to do stands beside each"
    assert said in checks["params"].said


@pytest.mark.slow
def test_a_project_that_lacks_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No DVC, no key, no server, a model to be filled in, another finerweb: all in one go."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    params = served("my-llm")
    params["llm"] = params["llm"] | {"openai": params["llm"]["openai"] | {"base_url": nowhere}}
    params["types"] = params["types"] | {"encoder": "local:نموذج"}
    params["label_study"] = params["label_study"] | {"encoder": "mirror:nope"}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
    (tmp_path / "code.json").write_text("{}")
    shutil.copy(ROOT / "dvc.yaml", tmp_path)
    monkeypatch.delenv(KEY, raising=False)
    done, checks = doctor(tmp_path, monkeypatch)
    wrong = {name for name, check in checks.items() if check.state == "wrong"}
    assert done.exit_code == 1
    assert {f"key {KEY}", "server", "graph", "code", "model local:نموذج"} <= wrong
    assert {"corpus", "files", "model mirror:nope"} <= wrong
    assert all(check.said and check.todo for check in checks.values() if check.name in wrong)
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("value", "replay_only", "state"),
    [("", False, "wrong"), ("", True, "note"), ("sk-secret", False, "ok")],
)
def test_keys_are_looked_for_and_never_told(
    monkeypatch: pytest.MonkeyPatch, value: str, replay_only: bool, state: str
) -> None:
    monkeypatch.setenv(KEY, value)
    params = served("my-llm")
    params["llm"] = params["llm"] | {"replay_only": replay_only}
    (check,) = project.keys(params)
    assert (check.name, check.state) == (f"key {KEY}", state)
    assert "sk-secret" not in str(check)


def test_no_key_is_needed_for_models_of_this_machine() -> None:
    assert list(project.keys(PARAMS)) == []


@pytest.mark.parametrize(("is_there", "state"), [(True, "ok"), (False, "wrong")])
def test_google_s_credentials_are_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool, state: str
) -> None:
    path = tmp_path / "key.json"
    if is_there:
        path.write_text("{}")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    (check,) = project.keys(changed(translate={"by": ["lexicon", "google"]}))
    assert check.state == state


@pytest.mark.parametrize(
    ("url", "state", "said"),
    [
        (None, "note", "none: nothing can be pushed or pulled"),
        ("{folder}", "ok", "answers"),
        ("ssh://127.0.0.1:1/nowhere", "wrong", "team, ssh://127.0.0.1:1/nowhere: "),
    ],
    ids=["none", "folder", "unreachable"],
)
def test_remote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str | None, state: str, said: str
) -> None:
    Repo.init(str(tmp_path), no_scm=True).close()
    (tmp_path / "dvc.yaml").write_text("stages:\n  one:\n    cmd: echo\n")
    if url:
        entry = f"['remote \"team\"']\n    url = {url.format(folder=tmp_path / 'shared')}\n"
        (tmp_path / ".dvc/config").write_text(
            f"[core]\n    no_scm = True\n    remote = team\n{entry}"
        )
    monkeypatch.chdir(tmp_path)
    graph, remote = project.graph()
    assert (graph.state, graph.said) == ("ok", "dvc.yaml: 1 stages")
    assert remote.state == state and said in remote.said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ssh://me:geheim@host/a", "ssh://...@host/a"),
        ("http://מפתח@[::1]:80/v1: no route", "http://...@[::1]:80/v1: no route"),
        ("s3://bucket/a@b", "s3://bucket/a@b"),
    ],
)
def test_no_password_is_told(text: str, expected: str) -> None:
    assert without_password(text) == expected


class Refusing(BaseHTTPRequestHandler):
    """Answers that one may not."""

    def do_HEAD(self) -> None:
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, form: str, *values: object) -> None:
        """Say nothing."""


def test_a_server_that_refuses_is_there() -> None:
    with listening(Refusing) as url:
        assert project.answers("server", url, True, "start it").state == "ok"
    gone = project.answers("server", url, True, "start it")
    assert (gone.state, gone.todo) == ("wrong", "start it")
    assert project.answers("hub", url, False, "").state == "note"
    assert "no web address" in project.answers("server", "file:///etc/passwd", True, "").said


def test_what_hangs_is_left_to_itself() -> None:
    begun = time.monotonic()
    assert failure(lambda: time.sleep(30), seconds=0.1) == "no answer within 0 seconds"
    assert time.monotonic() - begun < 5
    assert failure(lambda: None) == ""
    assert failure(lambda: 1 / 0) == "division by zero"


@pytest.mark.parametrize(
    ("reference", "state", "said"),
    [
        ("mirror:nothing", "wrong", "unknown; the mirror has"),
        ("hub:a/b@COMMIT", "wrong", "40 hex digits"),
        ("local:nobody", "wrong", "finerweb models add"),
        ("hub:a/b@" + "0" * 40, "note", "not here yet"),
        ("mirror:lid.176", "note", "not here yet"),
    ],
)
def test_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str, state: str, said: str
) -> None:
    monkeypatch.setenv("FINERWEB_MODELS", str(tmp_path))
    check = project.model(reference)
    assert check.state == state and said in check.said and check.todo


def test_disk(tmp_path: Path) -> None:
    assert machine.disk(tmp_path / "not" / "yet", 1).state == "ok"
    full = machine.disk(tmp_path, 1e18)
    assert full.state == "wrong" and "1,000,000,000.0 GB needed" in full.said


@pytest.mark.parametrize(("needed", "state"), [(True, "wrong"), (False, "note")])
def test_no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, needed: bool, state: str) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.gpu(needed).state == state


def smi(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put an nvidia-smi of ours first on the path."""
    path = folder / "nvidia-smi"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")


@pytest.mark.parametrize(("needed", "state"), [(True, "wrong"), (False, "note")])
def test_a_gpu_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, needed: bool, state: str
) -> None:
    smi(tmp_path, monkeypatch, "exec sleep 5")
    check = machine.gpu(needed, seconds=0.1)
    assert check.state == state and "nvidia-smi: no answer" in check.said


@pytest.mark.parametrize(
    ("needed", "built_for", "told", "state"),
    [
        (False, None, "12.4", "note"),
        (True, None, "12.4", "wrong"),
        (True, "12.9", "12.4", "ok"),
        (True, "12.9", "13.0", "ok"),
        (True, "13.0", "12.8", "wrong"),
        (False, "13.0", "12.8", "note"),
        (True, "13.0", "", "note"),
    ],
)
def test_cuda(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    needed: bool,
    built_for: str | None,
    told: str,
    state: str,
) -> None:
    """What PyTorch is built for, against the driver; as nvidia-smi prints it."""
    line = f"| NVIDIA-SMI 550.54.15   Driver Version: 550.54.15   CUDA Version: {told}   |"
    smi(tmp_path, monkeypatch, f"echo '{line}'")
    check = machine.cuda(needed, built_for)
    assert check.state == state, check
    assert bool(check.todo) == (state == "wrong" or (state == "note" and bool(told)))


def test_what_pytorch_is_built_for() -> None:
    """It is told without loading it, which takes seconds."""
    is_for_processors = version("torch").endswith("+cpu")
    assert (machine.torch_cuda() is None) == is_for_processors


@pytest.mark.parametrize(
    ("limit", "state"), [("max\n", "ok"), ("11000000000\n", "note"), ("4000000000\n", "wrong")]
)
def test_memory(tmp_path: Path, limit: str, state: str) -> None:
    (tmp_path / "memory.max").write_text(limit)
    check = machine.memory(cgroup=tmp_path / "memory.max", needed=12e9 if limit != "max\n" else 1)
    assert check.state == state and bool(check.todo) == (state != "ok")


def test_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    smi(tmp_path, monkeypatch, "echo 'NVIDIA H100, 81559 MiB'")
    assert machine.gpu(True) == Check("gpu", "ok", "NVIDIA H100, 81559 MiB")


def test_the_python_that_stages_run_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is that of the environment, not another one of the same name."""
    here = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{here}{os.pathsep}/usr/bin")
    assert machine.python().state == "ok"
    (tmp_path / "python").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{here}")
    found = machine.python()
    assert found.state == "wrong" and f"`python` is {tmp_path}/python" in found.said
    assert "bin/activate" in found.todo
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert "`python` is none" in machine.python().said


def test_packages_against_the_lock(tmp_path: Path) -> None:
    text = (ROOT / "requirements-cpu.lock").read_text("utf-8")
    wanted = machine.locked(text)
    assert {"torch", "click", "dvc", "huggingface-hub"} <= set(wanted)
    _, same = machine.packages(ROOT / "requirements-cpu.lock")
    assert same.state == "ok", same.said
    other = tmp_path / "lock"
    other.write_text("# torch: 0.1\nclick==0.0.1 \\\n    --hash=sha256:0\n")
    _, differs = machine.packages(other)
    assert differs.state == "note" and "(lock: 0.0.1)" in differs.said


def test_the_project_s_params_are_whole() -> None:
    check_params(ROOT / "params.yaml")
