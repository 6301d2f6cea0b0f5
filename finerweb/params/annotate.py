"""Section `annotate`."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, field_validator

from finerweb.params.load import Section
from finerweb.records import SEPARATOR

LONGEST = 40
"""Of a type's name, as of the types of an open set."""
_LINE = re.compile(r"[^\s\x00-\x1f\x7f]+( [^\s\x00-\x1f\x7f]+)*")


class EntityType(Section):
    """A type of a closed set, and in a line what it covers, where that is said."""

    name: str = Field(max_length=LONGEST)
    description: str | None = Field(max_length=300)

    @field_validator("name", "description")
    @classmethod
    def one_line(cls, text: str | None) -> str | None:
        """Refuse what would break the prompt's list, and what no reply gives back as it is."""
        if text is not None and not _LINE.fullmatch(text):
            raise ValueError("expected one line, with single blanks between words and none around")
        return text

    @field_validator("name")
    @classmethod
    def one_type(cls, name: str) -> str:
        """Refuse a name that would be read as two types of one entity."""
        if SEPARATOR in name:
            raise ValueError(f"expected a name without {SEPARATOR!r}, which joins types")
        return name


def _entry(value: Any) -> Any:
    """Return an entry of the list, ``person`` or ``person: what it covers``, as keys of its own."""
    if isinstance(value, str):
        return {"name": value, "description": None}
    if isinstance(value, Mapping) and len(value) == 1:
        [(name, description)] = value.items()
        return {"name": name, "description": description}
    raise ValueError("expected a name, or one `name: what it covers` (quotes around yes, no, null)")


Types = tuple[Annotated[EntityType, BeforeValidator(_entry)], ...]
"""A closed set of types, in the order in which annotators are told of them."""


class AnnotateParams(Section):
    """Which annotators are used, in the order of their types in a merged label; and their types."""

    annotators: list[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+$")]] = Field(
        min_length=1
    )
    types: Annotated[Types, Field(min_length=1)] | None

    @field_validator("annotators")
    @classmethod
    def distinct(cls, names: list[str]) -> list[str]:
        """Refuse repeated names, and the one that means all of them."""
        if len(set(names)) < len(names) or "merged" in names:
            raise ValueError(f"expected distinct names, none of them merged: {names}")
        return names

    @field_validator("types")
    @classmethod
    def distinct_types(cls, types: Types | None) -> Types | None:
        """Refuse types that differ in case alone: replies are read without it."""
        names = [one.name.lower() for one in types or ()]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"expected distinct types (case aside), twice there: {twice}")
        return types
