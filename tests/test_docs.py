"""README and docs: every command is run by a test, every link leads somewhere, the site builds."""

import ast
import re
import shutil
import tomllib
from functools import lru_cache
from pathlib import Path

import pytest
import yaml
from conftest import run
from documented import TYPED, blocks, change, commands, edit, typed
from reach import ROOT

from finerweb.checks.machine import LEAST_MEMORY, MEMORY
from finerweb.params.whole import check_params

PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md"))
PAGES.append("examples/README.md")
RUNNERS = ("commands", "typed")


@lru_cache
def run_by_tests() -> dict[tuple[str, str], set[str]]:
    """Return (page, heading) -> the test modules that take the commands from there."""
    found: dict[tuple[str, str], set[str]] = {}
    for path in (ROOT / "tests").glob("test_*.py"):
        source = path.read_text("utf-8")
        if path.name == Path(__file__).name or "documented" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Call(
                    func=ast.Name(id=name),
                    args=[ast.Constant(value=str(page)), ast.Constant(value=str(heading)), *_],
                ) if name in RUNNERS:
                    found.setdefault((page, heading), set()).add(path.name)
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_is_run_by_a_test(page: str) -> None:
    told = {(page, b.heading) for b in blocks(page) if b.language in TYPED}
    assert told <= set(run_by_tests())


def test_no_test_runs_what_no_page_tells() -> None:
    for page, heading in run_by_tests():
        assert any(typed(page, heading, language) for language in languages_of(page, heading))


def languages_of(page: str, heading: str) -> set[str]:
    return {b.language for b in blocks(page) if b.heading == heading} & set(TYPED)


def test_readme_is_run_whole() -> None:
    """`test_real` runs all blocks of the README; here, that they are of kinds it looks at."""
    assert {b.language for b in blocks("README.md")} <= {"bash", "python", "mermaid", ""}


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", *PAGES])
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    links = re.findall(r"\[[^\]]*\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    for link in links:
        target = ((ROOT / page).parent / link).resolve()
        generated = target.parent == ROOT / "docs/stages"
        known = (ROOT / f"stages/{target.stem}.py").is_file() or target.stem in (
            "index",
            "settings",
        )
        assert known if generated else target.exists(), (page, link)


def test_figures_are_those_of_the_log() -> None:
    """Each figure that docs/costs.md has from LOG.md stands there."""
    log = (ROOT / "LOG.md").read_text("utf-8")
    rows = re.findall(
        r"^\| ([^|]+) \| ([^|]+) \| `LOG.md`", (ROOT / "docs/costs.md").read_text(), re.M
    )
    rows += re.findall(
        r"^\| ([^|]+) \| (\d[^|]*) \|(?: [^|]* \|)?$", (ROOT / "docs/costs.md").read_text(), re.M
    )
    assert len(rows) > 12
    for what, told in rows:
        for number in re.findall(r"\d[\d,]*\.?\d*|\.\d+", told):
            whole = rf"(?<![\d.,]){re.escape(number.rstrip('.,'))}(?![\d]|[.,]\d)"
            assert re.search(whole, log), (what, number)


def test_the_commands_of_a_heading() -> None:
    assert commands("docs/remotes.md", "A folder", {"/srv/finerweb": "/x"}) == [
        "dvc remote add --default ours /x",
        "dvc push",
    ]
    with pytest.raises(LookupError, match="no command has 'elsewhere'"):
        commands("docs/remotes.md", "A folder", {"elsewhere": "/x"})
    with pytest.raises(LookupError, match="no bash block under 'Nothing'"):
        commands("docs/remotes.md", "Nothing")


def test_an_edit_changes_what_it_shows_alone(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("ground:\n  rule: cursor\n  words: prefer\nไทย: 1\n")
    edit(tmp_path, "docs/start.md", "Change something")
    changed = (tmp_path / "params.yaml").read_text("utf-8")
    assert yaml.safe_load(changed) == {"ground": {"rule": "all", "words": "prefer"}, "ไทย": 1}


@pytest.mark.parametrize("page", ["README.md", *PAGES])
def test_what_a_page_shows_of_params_is_taken(tmp_path: Path, page: str) -> None:
    """Each block of YAML is a change of params.yaml whose sections all load."""
    for block in blocks(page):
        if block.language == "yaml":
            shutil.copy(ROOT / "params.yaml", tmp_path)
            change(tmp_path, block.text)
            check_params(tmp_path / "params.yaml")


def test_the_locks_of_some_add_and_change_nothing() -> None:
    """What is installed on top may not replace a version that everything else is proven with."""
    names = {
        path.name: set(re.findall(r"^([\w.-]+)==", path.read_text("utf-8"), re.M))
        for path in ROOT.glob("requirements-*.lock")
    }
    common = names.pop("requirements-cpu.lock")
    assert set(names) >= {"requirements-docs.lock", "requirements-remotes.lock"}
    for name, packages in names.items():
        assert packages and not packages & common, name


def test_the_quick_start_says_what_doctor_looks_for() -> None:
    text = (ROOT / "docs/start.md").read_text("utf-8")
    assert f"{MEMORY / 1e9:.0f} GB of memory" in text
    assert f"{LEAST_MEMORY / 2**30:.1f}" == "9.1" and "9.11 GiB at its peak" in text


HINTING = ("checks", "cli", "exports", "llm", "projects")
"""Folders of the package whose errors tell to install something."""


def test_what_is_on_no_index_is_not_installed_from_it() -> None:
    """It is installed from a checkout; so are its extras, which are those there are."""
    pages = [ROOT / page for page in ("README.md", "CONTRIBUTING.md", *PAGES)]
    modules = [path for name in HINTING for path in (ROOT / "finerweb" / name).rglob("*.py")]
    told = set()
    for path in pages + modules:
        text = path.read_text("utf-8")
        assert not re.search(r"pip install (-U |--upgrade )?[\"']?finerweb", text), path
        told |= {name for some in re.findall(r"'\.\[([\w,]+)\]'", text) for name in some.split(",")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {"gpu", "google", "spacy", "s3"} <= told
    assert told <= set(project["optional-dependencies"])


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    """And its pages have no address of another host that a browser would load from."""
    pytest.importorskip("sphinx", reason="sphinx is not installed: make docs, or make test-all")
    command = next(
        line for line in (ROOT / "Makefile").read_text().splitlines() if "sphinx-build" in line
    )
    run(*command.replace("docs/_build", str(tmp_path)).split(), cwd=ROOT)
    pages = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.html")}
    of_site = [page for page in PAGES if page.startswith("docs/")]
    assert {page.replace("docs/", "").replace(".md", ".html") for page in of_site} <= pages
    for page in pages:
        text = (tmp_path / page).read_text("utf-8")
        assert not re.search(r"<(?:script|img|iframe)[^>]+src=\"(?:https?:)?//", text), page
        assert not re.search(r"<link[^>]+stylesheet[^>]+href=\"(?:https?:)?//", text), page
    graph = (tmp_path / "concepts.html").read_text("utf-8")
    for target in re.findall(r'<a href="(stages/\w+\.html)"[^>]*><rect', graph):
        assert target in pages
    assert graph.count("<rect") > 20
