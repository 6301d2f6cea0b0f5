"""The whole of params.yaml held against its models, before any stage reads its section."""

import importlib
from pathlib import Path

from finerweb.params.load import PARAMS, SECTIONS, Section, document, load

ENTRIES = {"raters": "RaterParams", "annotators": "AnnotatorParams", "judges": "JudgeModel"}
"""Sections whose keys are names, and the models of their entries."""


def check_params(path: Path = PARAMS) -> None:
    """Check every section of params.yaml.

    Raises:
        FileNotFoundError, ValueError: as `load`.
    """
    params = document(path)
    for section in SECTIONS:
        if section not in ENTRIES:
            load(section, model_of(section), path)
            continue
        entries = params.get(section)
        for name in entries if isinstance(entries, dict) else ():
            load(f"{section}.{name}", model_of(section), path)


def model_of(section: str) -> type[Section]:
    """Return the model of a section, or of a named entry of it, from the section's module."""
    module = importlib.import_module(f"finerweb.params.{section}")
    parts = section.title().replace("_", "")
    names = (ENTRIES.get(section), f"{parts}Params", parts)
    found: type[Section] = next(getattr(module, n) for n in names if n and hasattr(module, n))
    return found
