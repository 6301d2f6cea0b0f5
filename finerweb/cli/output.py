"""What all commands print alike: one JSON document for machines."""

import json
from typing import Any

import click

JSON = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document, for machines."
)


def print_json(document: Any) -> None:
    """Print the one JSON document of a command; whatever else it says goes to stderr."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
