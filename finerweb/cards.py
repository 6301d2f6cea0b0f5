"""Cards: the README.md of a dataset or a model, as the Hugging Face hub reads them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment


def render(template: Path, front_matter: Mapping[str, object], **values: Any) -> str:
    """Return the front matter as YAML, then the text of a jinja template."""
    environment = SandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True)
    source = template.read_text(encoding="utf-8")
    front = yaml.safe_dump(dict(front_matter), sort_keys=False, allow_unicode=True)
    return f"---\n{front}---\n\n{environment.from_string(source).render(**values)}\n"
