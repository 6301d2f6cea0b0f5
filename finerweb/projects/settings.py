"""What one says when a project begins, as a params.yaml: the sample's, with that changed."""

import re
from dataclasses import dataclass
from typing import Any

import yaml

from finerweb.annotation import examples
from finerweb.languages import language
from finerweb.models import identity
from finerweb.params.annotate import AnnotateParams
from finerweb.presets import override

CORPUS = "corpus"
OVERRIDES = "type_overrides.csv"
SERVED = "served:"
EDGES = [0.5, 0.9, 0.97]
"""Probabilities that part the subsets, where students have learnt something."""
UNKNOWN = "unknown"
"""What is said of the terms of texts, ..."""
UNSAID = "the terms of its model"
"""... and of what an annotator writes, until somebody does."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A project's corpus, languages, types and models.

    ``labels`` are names, or names with what they cover (``law: statutes and treaties``); none
    leaves the types open. ``models`` are references as in params.yaml, none the sample's; those
    that are served are behind ``server``.
    """

    name: str
    languages: tuple[str, ...]
    labels: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    server: str | None = None
    corpus: str = CORPUS


def params(base: str, settings: Settings) -> str:
    """Return the params.yaml of a project, from the sample's; comments stay.

    Raises:
        ValueError: a language or model is none, a served model has no server, or the base has no
            place for what is asked.
    """
    for code in settings.languages:
        language(code)
    changes: dict[str, Any] = {
        "documents": {"languages": list(settings.languages), "path": settings.corpus},
        "types": {"overrides": OVERRIDES},
        # What was fitted to the sample: its languages, and edges for students of few passages.
        "train_regressor": {"languages": None},
        "confidence": {"edges": EDGES},
        "release": {"name": settings.name, "text_licence": UNKNOWN},
    }
    if settings.labels:
        changes["annotate"] = _annotating(base, [_label(label) for label in settings.labels])
    text = _unfitted(override(base, _yaml(changes)))
    return _with_models(text, settings) if settings.models else text


def _unfitted(text: str) -> str:
    """Return params without the predictor that is read as the sample's gold would have it."""
    text, n = re.subn(r"(?m)(?:^    #.*\n)*^    binder-lenient:\n(?:^      .*\n)+", "", text)
    if not n:
        raise ValueError("expected binder-lenient under evaluate.predictors")
    return text


def _annotating(base: str, labels: list[str | dict[str, str]]) -> dict[str, Any]:
    """Return the types, and who is asked for them: no base model where there is no example."""
    asked = AnnotateParams.model_validate(yaml.safe_load(base)["annotate"] | {"types": labels})
    if asked.types is None or examples(asked.types):
        return {"types": labels}
    entries = yaml.safe_load(base)["annotators"]
    return {"annotators": [n for n in asked.annotators if entries[n]["chat"]], "types": labels}


def _label(label: str) -> str | dict[str, str]:
    """Return an entry of `annotate.types`: a name, or a name and what it covers."""
    name, colon, covers = (part.strip() for part in label.partition(":"))
    if not name or (colon and not covers):
        raise ValueError(f"label {label!r}: expected a name, or `name: what it covers`")
    return {name: covers} if colon else name


def _with_models(text: str, settings: Settings) -> str:
    """Return params with models in place of the sample's; the first also rates and judges."""
    if settings.server is None and any(name.startswith(SERVED) for name in settings.models):
        raise ValueError(f"{SERVED}NAME is behind a server: say which with --server URL")
    for reference in settings.models:
        identity(reference)
    names = {_name(reference): reference for reference in settings.models}
    if len(names) < len(settings.models):
        raise ValueError(f"expected models of distinct names, got {', '.join(settings.models)}")
    first = next(iter(names))
    uses = {
        "rate": {"raters": [first]},
        "train_regressor": {"raters": [first]},
        "filter_ablation": {"annotator": first},
        "annotate": {"annotators": list(names)},
        "judge": {"judges": [first]},
        "release": {"licences": dict.fromkeys(names, UNSAID)},
    }
    if settings.server:
        uses["llm"] = {"openai": {"base_url": settings.server}}
    made = [_yaml(uses)]
    for section, chosen in (("raters", [first]), ("annotators", list(names)), ("judges", [first])):
        entries = (_entry(text, section, name, names[name]) for name in chosen)
        made.append(f"{section}:\n{''.join(entries)}")
    return override(text, "".join(made))


def _name(reference: str) -> str:
    """Return a name for params: letters, digits and underscores of the model's own."""
    name = reference.partition(":")[2].partition("@")[0].rpartition("/")[2]
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower()


def _entry(text: str, section: str, name: str, reference: str) -> str:
    """Return the first entry of a section under another name, with its comments."""
    whole = re.search(rf"^{section}:\n((?:[ #].*\n)*)", text, re.MULTILINE)
    entry = re.search(r"(?m)^  \w+:\n((?:    .*\n)*)", whole[1] if whole else "")
    if entry is None:
        raise ValueError(f"expected entries under {section}")
    is_served = reference.startswith(SERVED)
    values = {
        "model": reference,
        "engine": "openai" if is_served else "vllm",
        "chat": "true",
        # What most servers can; object is OpenAI's strict mode.
        "structured": "object" if is_served else "list",
        # No model but the sample's was fitted to anything; servers need tell no probabilities.
        "yes_at": "[0.5, 0.5, 0.5]",
        "read_out": "digit" if is_served else "criteria",
        # The sample's are for a model of 1.5 billion parameters; these are the paper preset's.
        "max_model_len": "8192",
        "max_mentions": "200",
        "max_listed": "30",
        "max_tokens": "4000",
    }
    lines = entry[1]
    for key, value in values.items():
        lines = re.sub(rf"(?m)^(    {key}: )[^#\n]*?( *#.*)?$", rf"\g<1>{value}\g<2>", lines)
    return f"  {name}:\n{lines}"


class _Lines(yaml.SafeDumper):
    """Writes a list on one line, where it fits."""

    def represent_sequence(
        self, tag: str, sequence: Any, flow_style: bool | None = None
    ) -> yaml.SequenceNode:
        """Return a list between brackets."""
        return super().represent_sequence(tag, sequence, flow_style=True)


def _yaml(document: dict[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Lines, sort_keys=False, allow_unicode=True, width=96)
