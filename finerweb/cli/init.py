"""`finerweb init`: a project for one's own corpus, languages and labels."""

import sys
from pathlib import Path

import click

NEW = click.Path(file_okay=False, path_type=Path)
EXISTING = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", type=NEW)
@click.option("--language", "languages", multiple=True, help="A FineWeb-2 code; one of several.")
@click.option("--corpus", type=EXISTING, help="Folder with <language>.jsonl, which is copied.")
@click.option("--label", "labels", multiple=True, help="A type, or 'type: what it covers'.")
@click.option("--model", "models", multiple=True, help="An annotator; the first rates and judges.")
@click.option("--server", help="Where models served:NAME are; OPENAI_API_KEY has its key.")
@click.option("--run", is_flag=True, help="Then run the graph there, if doctor finds it ready.")
@click.option("--upgrade", is_flag=True, help="Take a project to the installed finerweb.")
def init(
    folder: Path,
    languages: tuple[str, ...],
    corpus: Path | None,
    labels: tuple[str, ...],
    models: tuple[str, ...],
    server: str | None,
    run: bool,
    upgrade: bool,
) -> None:
    """Make a new project in FOLDER, for a corpus, languages and labels of your own.

    It gets params.yaml, the graph and its stages, a place for the corpus, and a README. At a
    terminal the corpus, labels, models and their server are asked for where no option says them,
    and so are languages without a corpus. Elsewhere languages are those the corpus has files for,
    labels open, and models those of the sample. A server that wants no key (Ollama, `vllm serve`)
    takes any text in OPENAI_API_KEY.

    --run looks at the project with `finerweb doctor`, and runs `dvc repro` where nothing is wrong.

    --upgrade writes the graph, the stages and code.json anew and leaves the rest: commit before,
    look at the difference after.

    \b
    Example:
        finerweb init news --language tha_Thai --label person --label 'law: statutes and decrees'
        finerweb init news --corpus texts --model served:my-llm --server http://localhost:8000/v1
        finerweb init news --corpus texts --run
    """
    from finerweb.projects.making import make
    from finerweb.projects.making import upgrade as take_along
    from finerweb.projects.settings import Settings

    if upgrade:
        for path in take_along(folder):
            click.echo(path)
        return
    if is_terminal():
        if corpus is None:
            corpus, languages = _asked_corpus(languages)
        labels = labels or _asked_labels()
        models = models or _asked_models()
        server = server or _asked_server(models)
    if run and corpus is None:
        raise click.UsageError("--run needs documents: name their folder with --corpus")
    settings = Settings(
        name=folder.absolute().name,
        languages=languages or _of_corpus(corpus),
        labels=labels,
        models=models,
        server=server,
    )
    for path in make(folder, settings, corpus):
        click.echo(path)
    if run:
        _run(folder)
        return
    first = "" if corpus else f"put <language>.jsonl into {folder}/{settings.corpus}/, then "
    click.echo(f"next: {first}cd {folder} && finerweb doctor && dvc repro", err=True)


def is_terminal() -> bool:
    """Return whether there is somebody to ask."""
    return sys.stdin.isatty()


def _of_corpus(corpus: Path | None) -> tuple[str, ...]:
    from finerweb.projects.making import languages_of

    found = languages_of(corpus) if corpus else []
    if not found:
        where = f"{corpus} has no file <language>.jsonl: " if corpus else ""
        raise click.UsageError(f"{where}name a language with --language, as in deu_Latn")
    return tuple(found)


def _run(folder: Path) -> None:
    """Look whether a project is ready, and run its graph."""
    from contextlib import chdir

    from finerweb.cli.doctor import look
    from finerweb.projects.running import repro

    with chdir(folder):
        look()
    repro(folder)


def _asked_corpus(languages: tuple[str, ...]) -> tuple[Path | None, tuple[str, ...]]:
    """Ask for a folder of documents and, without one, for languages that are not said."""
    said = click.prompt("Folder with your documents, <language>.jsonl (empty: later)", default="")
    if said:
        return EXISTING.convert(said, None, None), languages
    return None, languages or tuple(click.prompt("Languages, as in deu_Latn arb_Arab").split())


def _asked_labels() -> tuple[str, ...]:
    """Ask for the types, one a line, until an empty line."""
    click.echo("Types of entities, one a line, as `law` or `law: statutes and decrees`.")
    labels: list[str] = []
    while said := click.prompt("Type (empty: no more; none at all: whatever fits)", default=""):
        labels.append(said)
    return tuple(labels)


def _asked_models() -> tuple[str, ...]:
    """Ask for the annotators, on one line."""
    said = "Models, as in served:my-llm or hub:NAME@REVISION (empty: the sample's small ones)"
    return tuple(click.prompt(said, default="").split())


def _asked_server(models: tuple[str, ...]) -> str | None:
    """Ask where the models are that are behind a server, if there are any."""
    from finerweb.projects.settings import SERVED

    if not any(name.startswith(SERVED) for name in models):
        return None
    return str(click.prompt("Their server, as in http://localhost:8000/v1"))
