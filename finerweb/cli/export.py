"""`finerweb export`: a released variant in the format of another tool."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.table import Table

    from finerweb.exports.folder import Format

EXISTING = click.Path(exists=True, file_okay=False, path_type=Path)
NEW = click.Path(path_type=Path)


@click.group()
def export() -> None:
    """Write a released variant in the format of another tool, and say what is lost.

    A file a language and split; `loss.json` counts the labels that the format cannot hold, by
    reason, script and language, `lost.jsonl` names each. A folder that is there is replaced.

    \b
    Example:
        finerweb export gliner --variant merged-single --language tha_Thai --out export/gliner
    """


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """Add what all formats share."""
    for option in (
        click.option("--language", "languages", multiple=True, help="One of several; else all."),
        click.option("--out", type=NEW, required=True, help="Folder to write."),
        click.option("--variant", required=True, help="Folder below data/, as merged-single."),
        click.argument("release", type=EXISTING, default="data/release"),
    ):
        command = option(command)
    return command


def _words(*choices: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the option of who cuts words; the first choice is the default."""
    kind = click.Choice(choices)
    told = "Tokens: ICU's words, by the script; characters; or what GLiNER's own pattern finds."
    return click.option("--words", type=kind, default=choices[0], show_default=True, help=told)


def _at_most(name: str, default: int, told: str) -> Callable[..., Any]:
    kind = click.IntRange(min=1)
    return click.option(name, type=kind, default=default, show_default=True, help=told)


@export.command()
@_options
@_words("icu", "graphemes", "gliner")
@_at_most("--max-words", 384, "Words that the model reads; a longer passage is cut.")
@_at_most("--max-width", 12, "Words of its longest span; wider entities are lost.")
def gliner(words: str, max_words: int, max_width: int, **where: Any) -> None:
    """Write training examples of GLiNER.

    A model that learnt ICU's words has to be given them later too: set its
    `data_processor.words_splitter` to `finerweb.exports.tokens.splitter`. GLiNER's own pattern
    needs nothing, but loses most of what scripts without blanks have.

    \b
    Example:
        finerweb export gliner --variant merged-single --words gliner --out export/gliner
    """
    from finerweb.exports.gliner import Gliner

    _export(Gliner(words, max_words, max_width), **where)


@export.command()
@_options
@_words("icu", "graphemes")
def spacy(words: str, **where: Any) -> None:
    """Write DocBins of spaCy, which must be installed: the extra `spacy`.

    All entities are in `doc.spans["entities"]`, those that do not overlap in `doc.ents` too.

    \b
    Example:
        finerweb export spacy --variant merged-single --out export/spacy
    """
    from finerweb.exports.docbin import SpacyBin

    _export(SpacyBin(words), **where)


@export.command()
@_options
@_words("icu", "graphemes")
def conll(words: str, **where: Any) -> None:
    """Write CoNLL columns: a token, a tab, its IOB2 tag.

    White space, % and | in labels are percent-encoded, several labels of an entity joined with |.
    Korean particles and Arabic articles stand in one word with a name: `--words graphemes` loses
    no such name, by tagging characters.

    \b
    Example:
        finerweb export conll --variant merged-single --out export/conll
    """
    from finerweb.exports.conll import Conll

    _export(Conll(words), **where)


@export.command("label-studio")
@_options
def label_studio(variant: str, **where: Any) -> None:
    """Write tasks of Label Studio, with the entities as predictions to correct.

    `label_config.xml` is the labelling interface; `finerweb review import` takes corrections back.

    \b
    Example:
        finerweb export label-studio --variant merged-single --out export/label-studio
    """
    from finerweb.exports.label_studio import LabelStudio

    _export(LabelStudio(variant), variant=variant, **where)


@export.command()
@_options
def jsonl(**where: Any) -> None:
    """Write the rows as JSON lines; nothing is lost.

    \b
    Example:
        finerweb export jsonl --variant merged-multi --language jpn_Jpan --out export/jsonl
    """
    from finerweb.exports.jsonl import Jsonl

    _export(Jsonl(), **where)


def _export(
    form: "Format", release: Path, variant: str, out: Path, languages: tuple[str, ...]
) -> None:
    from rich.console import Console

    from finerweb.exports.folder import LOST, export

    report = export(release, variant, form, out, languages)
    console = Console()
    console.print(_table(report))
    for what, n in report["notes"].items():
        console.print(f"{n:,} {what}", highlight=False)
    console.print(f"{out}: each lost label is in {LOST}", highlight=False)


def _table(report: dict[str, Any]) -> "Table":
    """Return the loss report as a table, a row a script."""
    from rich.table import Table

    table = Table("script", title="labels of entities")
    for name in ("in the release", "exported", "lost"):
        table.add_column(name, justify="right")
    table.add_column("why")
    for script, counts in {**report["scripts"], "all": report["overall"]}.items():
        numbers = (counts["seen"], counts["kept"], counts["seen"] - counts["kept"])
        reasons = (f"{reason} {n:,}" for reason, n in counts["dropped"].items())
        table.add_row(script, *(f"{n:,}" for n in numbers), "; ".join(reasons))
    return table
