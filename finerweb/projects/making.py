"""Writing a project of one's own, and taking it to another finerweb."""

import json
import logging
import shutil
import subprocess
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from finerweb.corpus.jsonl import COMPRESSIONS, find, read_jsonl
from finerweb.languages import languages
from finerweb.projects.settings import CORPUS, OVERRIDES, Settings, params
from finerweb.projects.template import BASE, CODE, GRAPH, PACKAGE, code, graph, template
from finerweb.tables.io import replacing

PARAMS = "params.yaml"
EXAMPLE = "example.jsonl"
SUFFIXES = (".jsonl", ".gz", ".zst", ".bz2", ".xz", ".zip")
"""Endings of files that somebody means as documents, those that cannot be read too."""
READ_AT_ONCE = 100
"""Documents of a language that are looked at before anything is written."""
EXAMPLES = (
    {
        "id": "en-1",
        "text": "Ada Lovelace was born in London in 1815.",
        "url": "https://example.org",
    },
    {"id": "ar-1", "text": "وُلدت زها حديد في بغداد عام 1950."},
    {"id": "hi-1", "text": "रवीन्द्रनाथ ठाकुर का जन्म कोलकाता में हुआ था।"},
    {"id": "th-1", "text": "สุนทรภู่เกิดที่กรุงเทพมหานคร"},
    {"id": "zh-1", "text": "鲁迅1881年出生于绍兴。", "date": "2026-01-31"},
)


def languages_of(corpus: Path) -> list[str]:
    """Return the languages that a folder has a file of documents for, sorted.

    Raises:
        ValueError: a file's name is no language's; nothing is left out without a word.
    """
    found, others = set(), []
    for path in sorted(corpus.glob("*.jsonl*")):
        stem, _, suffix = path.name.partition(".")
        if stem in languages() and f".{suffix}" in COMPRESSIONS:
            found.add(stem)
        elif path.name != EXAMPLE and path.suffix in SUFFIXES:
            others.append(f"{path.name}{_meant(stem)}")
    if others:
        raise ValueError(
            f"{corpus}: expected files named by FineWeb-2 codes, as tha_Thai{SUFFIXES[0]} (or "
            f"{', '.join(list(COMPRESSIONS)[1:])}), got {', '.join(others)}; rename them, or say "
            "with --language which languages to take"
        )
    return sorted(found)


def _meant(stem: str) -> str:
    """Return the codes that a name like `fr` or `tha` may mean, as a question."""
    names = {code: (code.lower(), one.iso639_3, one.bcp47) for code, one in languages().items()}
    codes = [code for code, known in names.items() if stem.lower() in known]
    return f" ({', '.join(codes)}?)" if codes else ""


def look_at(corpus: Path, codes: tuple[str, ...]) -> None:
    """Read the first documents of each language.

    Raises:
        FileNotFoundError: a language has no file.
        ValueError: a line is no document; the message names file and line.
    """
    for code_ in codes:
        for _ in islice(read_jsonl(find(corpus, code_), code_), READ_AT_ONCE):
            pass


def make(folder: Path, settings: Settings, corpus: Path | None) -> Iterator[Path]:
    """Write a new project, with the documents of ``corpus`` where there is one; yield each path.

    Raises:
        FileExistsError: something is in the folder already.
        FileNotFoundError, ValueError: as `params` and `look_at`; nothing is written yet.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(
            f"{folder}: expected an empty folder, or none; a project that is there is taken to "
            "the installed finerweb with --upgrade"
        )
    text = params((template() / BASE).read_text(encoding="utf-8"), settings)
    if corpus is not None:
        look_at(corpus, settings.languages)
    folder.mkdir(parents=True, exist_ok=True)
    yield _write(folder / PARAMS, text)
    yield from upgrade(folder)
    yield _write(folder / ".gitignore", (template() / ".gitignore").read_text(encoding="utf-8"))
    overrides = (PACKAGE / "resources" / "type_overrides.csv").read_text(encoding="utf-8")
    yield _write(folder / OVERRIDES, overrides)
    yield from _corpus(folder, settings, corpus)
    gold = "What people corrected, a `<language>.jsonl` each: `finerweb review import` writes it.\n"
    yield _write(folder / "gold" / "README.md", gold)
    yield _write(folder / "README.md", _readme(settings, has_corpus=corpus is not None))
    _repository(folder)


def upgrade(folder: Path) -> Iterator[Path]:
    """Write the graph, stages and digests of the installed finerweb into a project; yield each.

    Raises:
        FileNotFoundError: there is no project.
    """
    if not (folder / PARAMS).is_file():
        raise FileNotFoundError(f"{folder / PARAMS}: no such file; expected a project there")
    source = template()
    of_repository = (source / GRAPH).read_text(encoding="utf-8")
    yield _write(folder / GRAPH, graph(of_repository))
    yield _write(folder / CODE, json.dumps(code(of_repository), indent=1) + "\n")
    for script in sorted((source / "stages").glob("*.py")):
        yield _write(folder / "stages" / script.name, script.read_text(encoding="utf-8"))


def _corpus(folder: Path, settings: Settings, corpus: Path | None) -> Iterator[Path]:
    lines = (json.dumps(example, ensure_ascii=False) for example in EXAMPLES)
    yield _write(folder / CORPUS / EXAMPLE, "\n".join(lines) + "\n")
    for code_ in settings.languages if corpus is not None else ():
        found = find(corpus or Path(), code_)
        yield Path(shutil.copy2(found, folder / CORPUS / found.name))


def _write(path: Path, text: str) -> Path:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def _repository(folder: Path) -> None:
    """Make the folder a git and a DVC repository, where it is in none."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    has_git = shutil.which("git") is not None
    above = _git("rev-parse", "--show-prefix", folder=folder) if has_git else ""
    if has_git and above is None:
        _git("init", "--quiet", folder=folder)
    # It would tell of itself among the paths that are printed.
    logging.getLogger("dvc.repo.init").setLevel(logging.WARNING)
    try:
        Repo.init(str(folder), no_scm=not has_git, subdir=bool(above)).close()
    except DvcException as error:
        raise OSError(f"{folder}: DVC cannot begin there ({error}); run `dvc init`") from error


def _git(*words: str, folder: Path) -> str | None:
    """Return what git says, None where it fails."""
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False)
    return None if done.returncode else done.stdout.strip()


def _readme(settings: Settings, has_corpus: bool) -> str:
    suffixes = ", ".join(f"`<language>{suffix}`" for suffix in COMPRESSIONS)
    first = "" if has_corpus else f"Put your documents into `{CORPUS}/`, then:\n"
    return f"""# {settings.name}

A dataset of named entities, made by finerweb: {", ".join(settings.languages)}.

{first}
```bash
finerweb doctor   # what is missing
finerweb plan     # what language models will be asked, and what it takes
dvc repro         # runs it; only what changed runs again
finerweb show {settings.languages[0]}
```

| | |
|---|---|
| `{PARAMS}` | every knob, with a comment on each: languages, how many documents, models, labels |
| `{CORPUS}/` | the documents, {suffixes}: a line is `{{"id": ..., "text": ...}}` (`{EXAMPLE}`) |
| `{GRAPH}`, `stages/` | the graph, one script a stage |
| `{CODE}` | which code of finerweb the stages run; `finerweb init . --upgrade` after an update |
| `{OVERRIDES}` | what types mean, over what the encoder says |
| `gold/` | corrections (`finerweb review import`), which everything is scored against |

Of each language `documents.rating_documents` are rated and `documents.corpus_documents` scored by
the filter; of these `filter.quota` are annotated at most: few at first. Say under `release` the
terms of your texts (`text_licence`) and of what each annotator writes (`licences`).
"""
