"""`finerweb show`: annotated passages, in colour."""

from collections import Counter
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from finerweb.cli.output import JSON, print_json

if TYPE_CHECKING:
    from rich.text import Text

    from finerweb.records import Entity
    from finerweb.viewing import Viewed

DATA = Path("data")
COLOURS = ("cyan", "yellow", "green", "magenta", "blue", "red")
"""Of the commonest labels; they are a terminal's own, so that they suit its background."""
ISOLATE, END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
"""What stands between them does not turn the words around it, whichever way it runs."""


def _languages(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """Complete a language by those that there are passages of."""
    found = (path.stem for path in (DATA / "selected").glob("*.parquet"))
    return sorted(name for name in found if name.startswith(typed))


def _annotators(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """Complete an annotator by those whose spans are there."""
    found = ("merged", "gold", *(path.name for path in (DATA / "grounded").glob("*")))
    return sorted(name for name in found if name.startswith(typed))


@click.command()
@click.argument("language", shell_complete=_languages)
@click.option(
    "--annotator",
    default="merged",
    show_default=True,
    shell_complete=_annotators,
    help="Whose entities: one of annotate.annotators, merged, or gold.",
)
@click.option("--passage", help="The passage with this id alone.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=5, show_default=True, help="Passages at most."
)
@JSON
def show(language: str, annotator: str, passage: str | None, limit: int, as_json: bool) -> None:
    """Print annotated passages of a language; entities in brackets, with their labels.

    Labels have colours on a terminal, and none in a pipe or with NO_COLOR. Spans that overlap one
    before are named below their passage; control characters of a text are shown, not obeyed.

    \b
    Example:
        finerweb show tha_Thai --annotator qwen --limit 3
    """
    from finerweb.viewing import viewed

    found = list(islice(viewed(DATA, language, annotator, passage), limit))
    if as_json:
        print_json([_document(one) for one in found])
        return
    _print(found)


def _document(one: "Viewed") -> dict[str, Any]:
    entities = [
        {
            "start": entity.start,
            "end": entity.end,
            "surface": one.text[entity.start : entity.end],
            "labels": list(entity.labels),
            "sources": [source.annotator for source in entity.sources],
        }
        for entity in one.entities
    ]
    about = {"passage_id": one.passage_id, "url": one.url, "quality_score": one.quality_score}
    return about | {"text": one.text, "entities": entities}


def _print(found: list["Viewed"]) -> None:
    from rich.console import Console
    from rich.text import Text

    from finerweb.viewing import harmless

    console = Console(highlight=False, soft_wrap=True)
    labels = Counter(entity.label for one in found for entity in one.entities)
    colours = {label: COLOURS[i] for i, (label, _) in enumerate(labels.most_common(len(COLOURS)))}
    for one in found:
        head = f"{one.passage_id}  {one.quality_score:.2f}  {one.url or ''}"
        console.print(Text(harmless(head), "dim"))
        console.print(_text(one, colours))
        console.print()
    told = ", ".join(f"{label} {n:,}" for label, n in labels.most_common(10))
    counted = f"passages: {len(found):,}; entities: {labels.total():,}"
    console.print(Text(harmless(f"{counted}{': ' if told else ''}{told}"), "bold"))


def _text(one: "Viewed", colours: dict[str, str]) -> "Text":
    """Return a passage with its entities marked, and what overlaps them below it."""
    from rich.text import Text

    from finerweb.viewing import harmless, pieces

    def marked(surface: str, entity: "Entity") -> Text:
        style = colours.get(entity.label, "white")
        label = Text(f" {ISOLATE}{harmless(entity.label)}{END}", f"{style} dim")
        return Text.assemble("[", (harmless(surface), f"{style} bold"), label, "]")

    cut, left = pieces(one.text, one.entities)
    made = Text()
    for piece in cut:
        entity = piece.entity
        made.append(harmless(piece.text) if entity is None else marked(piece.text, entity))
    for entity in left:
        made.append("\n  overlaps: ")
        made.append(marked(one.text[entity.start : entity.end], entity))
    return made
