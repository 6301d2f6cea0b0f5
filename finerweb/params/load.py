"""Reading a section of params.yaml into its model."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

PARAMS = Path("params.yaml")
SECTIONS = (
    "compute llm documents passages raters rate backbones train_regressor select_regressor filter "
    "filter_ablation annotators annotate ground types merge translate variants judge judges "
    "train_binder confidence statistics release evaluate label_study report"
).split()


class Section(BaseModel):
    """A section of params.yaml: immutable, unknown keys are errors, nothing has a default."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


S = TypeVar("S", bound=Section)


def load(name: str, model: type[S], path: Path = PARAMS) -> S:
    """Return a section of params.yaml; ``name`` may go deeper, as in ``annotators.qwen``.

    Raises:
        FileNotFoundError: there is no params.yaml in the working directory.
        ValueError: the file is no YAML mapping, has an unknown section, lacks this one, or the
            section does not fit its model; the message names every offending key.
    """
    value: object = document(path)
    for depth, key in enumerate(name.split(".")):
        if not isinstance(value, dict) or key not in value:
            above = ".".join(name.split(".")[:depth]) or "the file"
            known = ", ".join(map(str, value)) if isinstance(value, dict) else "no keys"
            raise ValueError(f"{path}: no {name!r}; {above} has {known}")
        value = value[key]
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise ValueError(_explain(path, name, error, model)) from error


def document(path: Path = PARAMS) -> dict[str, object]:
    """Return params.yaml as it stands, its sections' names checked.

    Raises:
        FileNotFoundError, ValueError: as `load`.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"{path.absolute()}: no such file; run from the folder that has params.yaml"
        )
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: not YAML: {error}") from error
    if not isinstance(document, dict):
        raise ValueError(f"{path}: expected a mapping of sections")
    unknown = sorted(set(document) - set(SECTIONS))
    if unknown:
        raise ValueError(
            f"{path}: unknown section {', '.join(unknown)}; sections are {', '.join(SECTIONS)}"
        )
    return document


def _explain(path: Path, name: str, error: ValidationError, model: type[Section]) -> str:
    lines = [f"{path}: section {name} does not fit:"]
    for problem in error.errors():
        key = ".".join(map(str, (name, *problem["loc"])))
        if problem["type"] == "extra_forbidden":
            known = (
                f"; keys are {', '.join(model.model_fields)}" if len(problem["loc"]) == 1 else ""
            )
            lines.append(f"  {key}: unknown key{known}")
        else:
            lines.append(f"  {key}: {problem['msg']}, got {problem['input']!r}")
    return "\n".join(lines)
