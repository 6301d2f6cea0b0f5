"""`finerweb init` at a terminal, and `--run`."""

import shutil
import sys
from pathlib import Path

import pytest
import yaml
from test_init import LANGUAGES, init, texts

from finerweb.projects.running import repro


def test_languages_that_are_chosen_leave_other_files_be(tmp_path: Path) -> None:
    corpus = texts(tmp_path / "texts", ("arb_Arab",))
    shutil.copy(corpus / "arb_Arab.jsonl", corpus / "ar.jsonl")
    folder = tmp_path / "new"
    assert init(str(folder), "--corpus", str(corpus), "--language", "arb_Arab").exit_code == 0
    assert not (folder / "corpus/ar.jsonl").exists()


SERVER = "http://localhost:11434/v1"
QUESTIONS = ("Folder with your", "Languages, as in", "Type (", "Models, as in", "Their server, as")


@pytest.mark.parametrize(
    ("words", "typed", "languages"),
    [
        ([], "{corpus}\n\n\n", sorted(LANGUAGES)),
        ([], "\ntha_Thai arb_Arab\n\n\n", list(LANGUAGES)),
        (["--corpus", "{corpus}"], "law\n\n\n", sorted(LANGUAGES)),
        (["--language", "hin_Deva", "--label", "เมือง"], "\n\n", ["hin_Deva"]),
        (["--corpus", "{corpus}", "--label", "قانون"], f"served:x\n{SERVER}\n", sorted(LANGUAGES)),
        (["--language", "cmn_Hani", "--model", "served:y"], f"\n\n{SERVER}\n", ["cmn_Hani"]),
    ],
)
def test_it_asks_at_a_terminal_for_what_is_not_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    typed: str,
    languages: list[str],
) -> None:
    """Each answer is used, and no question is left (what is typed is used up)."""
    corpus = str(texts(tmp_path / "texts", LANGUAGES))
    monkeypatch.setattr("finerweb.cli.init.is_terminal", lambda: True)
    options = [word.format(corpus=corpus) for word in words]
    done = init(str(tmp_path / "new"), *options, input=typed.format(corpus=corpus))
    assert done.exit_code == 0, done.output
    made = yaml.safe_load((tmp_path / "new/params.yaml").read_text("utf-8"))
    assert made["documents"]["languages"] == languages
    assert made["annotate"]["types"] == (["law"] if "law" in typed else labels_of(words))
    assert (made["llm"]["openai"]["base_url"] == SERVER) == (SERVER in typed)
    assert sum(map(done.output.count, QUESTIONS)) == typed.count("\n")


def labels_of(words: list[str]) -> list[str] | None:
    return [words[words.index("--label") + 1]] if "--label" in words else None


@pytest.mark.slow
def test_what_is_not_ready_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project is there, but no stage has run, and doctor has said why."""
    corpus = str(texts(tmp_path / "texts", LANGUAGES))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    model = ("--model", "served:x", "--server", "http://127.0.0.1:1/v1")
    done = init(str(tmp_path / "new"), "--corpus", corpus, *model, "--run")
    assert done.exit_code == 1
    assert "not ready: key OPENAI_API_KEY, server" in done.stderr
    assert (tmp_path / "new/params.yaml").is_file() and not (tmp_path / "new/data").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("code_", "fails"), [("print('สวัสดี')", False), ("1 / 0", True)])
def test_the_graph_is_run(tmp_path: Path, project: Path, code_: str, fails: bool) -> None:
    """By the Python that runs finerweb, in the project's folder."""
    command = f"python -c \"{code_}; open('made', 'w').write(__import__('sys').executable)\""
    stage = {"cmd": command, "outs": ["made"]}
    (project / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"one": stage}}), "utf-8")
    if fails:
        with pytest.raises(OSError, match="`dvc repro` ended with 255"):
            repro(project)
    else:
        repro(project)
        assert Path((project / "made").read_text()).parent == Path(sys.executable).parent
