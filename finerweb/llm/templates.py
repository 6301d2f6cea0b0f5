"""Filling in the prompt templates of `finerweb/prompts`.

Values are inserted as they are: a template's fields are data, never templates themselves.
"""

import hashlib
from functools import cache
from pathlib import Path

from jinja2 import StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment

PROMPTS = Path(__file__).parents[1] / "prompts"


@cache
def _template(name: str) -> Template:
    environment = SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=False)
    return environment.from_string((PROMPTS / name).read_text(encoding="utf-8"))


def render(name: str, **fields: object) -> str:
    """Return the template with its fields filled in; a field that is missing is an error."""
    text: str = _template(name).render(**fields)
    return text


@cache
def version(name: str) -> str:
    """Return the template's name with the beginning of its content's sha256: its version."""
    digest = hashlib.sha256((PROMPTS / name).read_bytes()).hexdigest()
    return f"{name.removesuffix('.jinja')}@{digest[:12]}"
