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
    r"""Write a released variant in the format of another tool, and say what is lost.

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


@export.command()
@_options
@click.option(
    "--words",
    type=click.Choice(["icu", "gliner"]),
    default="icu",
    show_default=True,
    help="Who cuts words: ICU, by the script, or GLiNER's own pattern.",
)
@click.option("--max-words", default=384, show_default=True, help="Words that the model reads.")
@click.option("--max-width", default=12, show_default=True, help="Words of its longest span.")
def gliner(words: str, max_words: int, max_width: int, **where: Any) -> None:
    r"""Write training examples of GLiNER.

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
def spacy(**where: Any) -> None:
    r"""Write DocBins of spaCy, which must be installed: the extra `spacy`.

    All entities are in `doc.spans["entities"]`, those that do not overlap in `doc.ents` too.

    \b
    Example:
        finerweb export spacy --variant merged-single --out export/spacy
    """
    from finerweb.exports.docbin import SpacyBin

    _export(SpacyBin(), **where)


@export.command()
@_options
def conll(**where: Any) -> None:
    r"""Write CoNLL columns: a token, a tab, its IOB2 tag.

    White space, % and | in labels are percent-encoded, several labels of an entity joined with |.

    \b
    Example:
        finerweb export conll --variant merged-single --out export/conll
    """
    from finerweb.exports.conll import Conll

    _export(Conll(), **where)


@export.command("label-studio")
@_options
def label_studio(variant: str, **where: Any) -> None:
    r"""Write tasks of Label Studio, with the entities as predictions to correct.

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
    r"""Write the rows as JSON lines; nothing is lost.

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
