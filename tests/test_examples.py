"""The examples, each run as a reader runs it, on a small release in three scripts."""

import re
from pathlib import Path

import pytest
from conftest import run
from reach import ROOT
from releases import make_release, make_variants, params

pytestmark = [pytest.mark.slow, pytest.mark.long]
N = 12
"""Documents a language, two or three of them kept from learning."""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    make_variants(folder / "variants", N)
    return make_release(folder, params())


def example(name: str, *options: str, cwd: Path) -> str:
    return run("python", str(ROOT / "examples" / f"{name}.py"), *options, cwd=cwd).stdout


def test_every_example_is_short_and_run_here() -> None:
    scripts = {path.stem: path.read_text("utf-8") for path in (ROOT / "examples").glob("*.py")}
    told = (ROOT / "examples" / "README.md").read_text("utf-8")
    assert set(scripts) == set(
        re.findall(r'example\(\s*"(\w+)"', Path(__file__).read_text("utf-8"))
    )
    assert set(scripts) == set(re.findall(r"`(\w+)\.py", told))
    assert all(len(source.splitlines()) <= 80 for source in scripts.values())


def test_compare_annotators(release: Path, tmp_path: Path) -> None:
    said = example("compare_annotators", "qwen", "gemma", "--release", str(release), cwd=tmp_path)
    rows = [line.split() for line in said.splitlines() if "_" in line]
    assert [row[0] for row in rows] == ["eng_Latn", "hin_Deva", "tha_Thai"]
    # Both find the same here.
    assert all(len(set(row[1:])) == 1 and int(row[1]) >= N for row in rows)


def test_train_gliner(release: Path, tmp_path: Path) -> None:
    """A few steps bring the loss down on sentences of other documents, which are the same here."""
    options = ("--release", str(release), "--out", "mine", "--steps", "4")
    said = example("train_gliner", *options, cwd=tmp_path)
    before, after = (int(n) for n in re.findall(r"unseen sentences .*: (\d+)", said))
    assert after < before
    assert (tmp_path / "mine" / "model.safetensors").is_file()


def test_train_spacy(release: Path, tmp_path: Path) -> None:
    """Five passages of each language are the same: it learns them."""
    options = ("--release", str(release), "--out", "mine", "--language", "eng_Latn")
    said = example("train_spacy", *options, "--language", "hin_Deva", cwd=tmp_path)
    scores = [float(score) for score in re.findall(r"truth, ([\d.]+)", said)]
    assert len(scores) == 10 and scores[-1] > 0.5
    import spacy

    assert spacy.load(tmp_path / "mine").pipe_names == ["ner"]


def test_add_language(tmp_path: Path) -> None:
    """The project itself stays as it is."""
    before = (ROOT / "params.yaml").read_bytes()
    said = example("add_language", "--project", str(ROOT), cwd=tmp_path)
    assert (ROOT / "params.yaml").read_bytes() == before
    assert [line.split()[1] for line in said.splitlines() if line.startswith("fra_Latn-")].count(
        "corpus"
    ) == 3
    assert re.search(r"requests +327 ", said), "three questions about 97 texts and 12 attacks"
