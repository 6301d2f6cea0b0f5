"""What is said of the files of human-labelled sets, in the sections `passages` and `evaluate`."""

from typing import Literal

GoldKind = Literal[
    "conll2003",
    "masakhaner",
    "thainer",
    "panx",
    "uner",
    "wikigold",
    "dynamicner",
    "columns",
    "tagged",
    "spans",
]
"""Formats of such sets, docs/gold.md has them."""
TextKind = Literal["plain", "jsonl"]
"""Formats without gold: a text a line; JSON lines with ``text``."""
