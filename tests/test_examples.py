"""The examples, each run as their page tells a reader to, on a small release in three scripts."""

import re
import shutil
from pathlib import Path

import pytest
from conftest import COPIED, run
from documented import commands, run_all
from reach import ROOT
from releases import make_release, make_variants, params

pytestmark = pytest.mark.slow
N = 12
"""Documents a language, two or three of them kept from learning."""
OTHERS = ("deu_Latn", "swh_Latn", "vie_Latn", "rus_Cyrl", "ell_Grek", "arb_Arab")
"""Languages that spaCy's example learns by default: here the texts of English once more."""
SCRIPTS = sorted((ROOT / "examples").glob("*.py"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkout as the examples find it, with a small release."""
    folder = tmp_path_factory.mktemp("examples")
    for name in (*COPIED, "examples"):
        (folder / name).symlink_to(ROOT / name)
    made = tmp_path_factory.mktemp("made")
    make_variants(made / "variants", N)
    release = make_release(made, params())
    for english in (release / "data").glob("*/eng_Latn"):
        for code in OTHERS:
            shutil.copytree(english, english.with_name(code))
    (folder / "data").mkdir()
    (folder / "data" / "release").symlink_to(release)
    return folder


@pytest.fixture(scope="module")
def said(project: Path) -> dict[str, str]:
    """Return what each example printed, by its script."""
    lines = commands("examples/README.md", "Examples")
    printed = run_all(lines, project)
    return {line.split()[1]: text for line, text in zip(lines, printed, strict=True)}


def test_every_example_is_short_and_told() -> None:
    told = {line.split()[1] for line in commands("examples/README.md", "Examples")}
    assert told == {f"examples/{path.name}" for path in SCRIPTS}
    assert all(len(path.read_text("utf-8").splitlines()) <= 80 for path in SCRIPTS)


def test_compare_annotators(said: dict[str, str]) -> None:
    lines = said["examples/compare_annotators.py"].splitlines()
    rows = [line.split() for line in lines if "_" in line]
    assert [row[0] for row in rows] == sorted(("eng_Latn", "hin_Deva", "tha_Thai", *OTHERS))
    # Both find the same here.
    assert all(len(set(row[1:])) == 1 and int(row[1]) >= N for row in rows)


def test_train_gliner(said: dict[str, str], project: Path) -> None:
    """A few steps bring the loss down on sentences of other documents, which are the same here."""
    losses = re.findall(r"unseen sentences .*: (\d+)", said["examples/train_gliner.py"])
    before, after = map(int, losses)
    assert after < before
    assert (project / "gliner-mine" / "model.safetensors").is_file()


def test_train_spacy(said: dict[str, str], project: Path) -> None:
    """The passages of its languages are the same: it learns them."""
    told = re.findall(r"truth, ([\d.]+)", said["examples/train_spacy.py"])
    scores = [float(score) for score in told]
    assert len(scores) == 10 and scores[-1] > 0.5
    import spacy

    assert spacy.load(project / "spacy-mine").pipe_names == ["ner"]


def test_add_language(tmp_path: Path, said: dict[str, str]) -> None:
    """The project itself stays as it is; run from elsewhere, it is told where that is."""
    before = (ROOT / "params.yaml").read_bytes()
    script = str(ROOT / "examples" / "add_language.py")
    elsewhere = run("python", script, "--project", str(ROOT), cwd=tmp_path).stdout
    assert (ROOT / "params.yaml").read_bytes() == before
    for told in (elsewhere, said["examples/add_language.py"]):
        parts = [line.split()[1] for line in told.splitlines() if line.startswith("fra_Latn-")]
        assert parts.count("corpus") == 3
        assert re.search(r"requests +327 ", told), "three questions about 97 texts and 12 attacks"
