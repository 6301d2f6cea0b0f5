"""Bad input: a message that says what was expected, what came, where, and what to do."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml
from conftest import run
from reach import ROOT

from finerweb.records import MAX_CHARACTERS

Stage = Callable[..., CompletedProcess[str]]
DOCUMENTS = tuple("documents --source source --fetched f --out out --metrics m.json".split())


def use(project: Path, lines: list[bytes], languages: list[Any] | None = None) -> None:
    """Make these lines the German source of the project."""
    params = yaml.safe_load((project / "params.yaml").read_text("utf-8"))
    params["documents"]["languages"] = languages or ["deu_Latn"]
    (project / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
    (project / "source").mkdir()
    (project / "source" / "deu_Latn.jsonl").write_bytes(b"\n".join(lines))


def row(**fields: object) -> bytes:
    return json.dumps({"id": "a", "text": "Ein Text."} | fields).encode()


BAD_LINES = {
    "nul": (row(text="a\0b"), "NUL at code point 1"),
    "lone surrogate": (rb'{"id": "a", "text": "a\ud800b"}', "lone surrogate U+D800"),
    "too long": (row(text="x" * (MAX_CHARACTERS + 1)), "characters, expected at most"),
    "10 MB on one line": (row(text="x" * 10_000_000), "10,000,000 characters"),
    "no text": (b'{"id": "a"}', "text: Field required"),
    "blank text": (row(text=" "), "text: String should match pattern"),
    "no object": (b"[1]", "expected an object with `id` and `text`"),
    "no JSON": (b"{", "not a JSON object"),
    "deep JSON": (b"[" * 100_000, "not a JSON object"),
    "no UTF-8": (b'{"id": "a", "text": "\xff"}', "not UTF-8 at byte 21"),
    "unknown part": (row(part="test"), "part: Input should be 'rating' or 'corpus', got 'test'"),
    "useful is text": (row(useful="yes"), "useful: Input should be a valid boolean, got 'yes'"),
    "gold without start": (row(gold=[{"end": 3}]), "gold.0.start: Field required"),
    "gold is an object": (row(gold={}), "gold: Input should be a valid list"),
    "surrogate in the id": (rb'{"id": "\ud800", "text": "Ein"}', "'id' has the lone surrogate"),
    "gold elsewhere": (
        row(gold=[{"start": 0, "end": 3, "mention": "Text", "type": "x"}]),
        "gold mention 'Text' is not at [0, 3): there stands 'Ein'",
    ),
}


@pytest.mark.parametrize(("line", "message"), BAD_LINES.values(), ids=BAD_LINES)
def test_bad_document(project: Path, stage: Stage, line: bytes, message: str) -> None:
    use(project, [row(id="good"), line])
    done = stage(*DOCUMENTS)
    assert done.returncode == 1
    assert message in done.stderr
    assert "deu_Latn.jsonl, line 2" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (project / "out").exists() and not (project / "m.json").exists()
    assert not list(project.glob(".*.partial"))


def test_duplicate_id(project: Path, stage: Stage) -> None:
    use(project, [row(), row()])
    assert "id 'a' comes twice" in stage(*DOCUMENTS).stderr


def test_empty_corpus(project: Path, stage: Stage) -> None:
    use(project, [b""])
    done = stage(*DOCUMENTS)
    assert done.returncode == 1
    assert "no documents for deu_Latn: the file is empty" in done.stderr


def test_corpus_of_ratings_only(project: Path, stage: Stage) -> None:
    use(project, [row(id="a"), row(id="b")])
    done = stage(*DOCUMENTS)
    assert done.returncode == 1
    assert "deu_Latn: of 2 documents none is left for the corpus, 2 are to be rated" in done.stderr


def test_a_later_language_that_fails_leaves_no_folder(project: Path, stage: Stage) -> None:
    many = [row(id=str(i)) for i in range(30)]
    use(project, many, ["deu_Latn", "eng_Latn"])
    (project / "source" / "eng_Latn.jsonl").write_bytes(b"{")
    assert stage(*DOCUMENTS).returncode == 1
    assert not (project / "out").exists() and not list(project.glob(".*.partial"))


def test_language_without_a_file(project: Path, stage: Stage) -> None:
    use(project, [row()], ["fra_Latn"])
    done = stage(*DOCUMENTS)
    assert "no documents for fra_Latn" in done.stderr and "documents.languages" in done.stderr


@pytest.mark.parametrize(
    "code", ["xxx_Latn", "de", "../../evil", "de;rm -rf", "$(touch evil)", "/evil", "deu_Latn/.."]
)
def test_unknown_language(project: Path, stage: Stage, code: str) -> None:
    """Refused before any path is made of it, though there be a file at its end."""
    use(project, [row()], [code])
    (project.parent / "evil.jsonl").write_bytes(row())
    before = set(project.parent.rglob("*"))
    done = stage(*DOCUMENTS)
    assert done.returncode == 1
    assert f"unknown language {code!r}" in done.stderr
    after = {path for path in project.parent.rglob("*") if "__pycache__" not in path.parts}
    assert after <= before


@pytest.mark.parametrize("code", [False, 1, ["deu_Latn"], None])
def test_a_language_that_is_no_text(project: Path, stage: Stage, code: object) -> None:
    """YAML reads the code `no` as false."""
    use(project, [row()], [code])
    done = stage(*DOCUMENTS)
    assert done.returncode == 1
    assert f"documents.languages.0: Input should be a valid string, got {code!r}" in done.stderr


def test_the_graph_puts_no_language_into_a_command() -> None:
    """So no code reaches a shell, known or not."""
    text = (ROOT / "dvc.yaml").read_text("utf-8")
    assert "documents.languages" not in text and "documents.path" in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"documents": {"quota": 3}}, "documents.quota: unknown key; keys are languages, path"),
        ({"documents": {"seed": "x"}}, "documents.seed: Input should be a valid integer"),
        ({"sample": {}}, "unknown section sample; sections are compute, llm, documents"),
    ],
)
def test_bad_params(
    project: Path, stage: Stage, change: dict[str, dict[str, object]], message: str
) -> None:
    params = yaml.safe_load((project / "params.yaml").read_text("utf-8"))
    for section, keys in change.items():
        params.setdefault(section, {}).update(keys)
    (project / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
    (project / "source").mkdir()
    done = stage(*DOCUMENTS)
    assert done.returncode == 1
    assert message in done.stderr


def test_no_disk_space(project: Path, stage: Stage) -> None:
    """A stage whose disk is full ends with an error, and leaves no file that looks whole."""
    use(project, [row(id=str(i), text="Ein Text. " * 1000) for i in range(20)])
    limited = f"ulimit -f 0; exec python -m stages.{' '.join(DOCUMENTS)}"
    done = run("bash", "-c", f"trap '' XFSZ; {limited}", cwd=project, check=False)
    assert done.returncode == 1
    assert "cannot write" in done.stderr and "it is unchanged" in done.stderr
    assert not list(project.glob("out/*"))
