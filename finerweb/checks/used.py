"""Which models the stages of a project ask and load, by its params."""

from collections.abc import Iterator, Mapping
from typing import Any

ASKING = (("raters", "rate"), ("annotators", "annotate"), ("judges", "judge"))
SERVED = "served:"


def asked(params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the entries of the language models that stages ask.

    Raises:
        ValueError: a stage names one that is not there.
    """
    found = [
        _entry(params, section, name, f"{stage}.{section}")
        for section, stage in ASKING
        for name in params[stage][section]
    ]
    annotator = params["filter_ablation"]["annotator"]
    found.append(_entry(params, "annotators", annotator, "filter_ablation.annotator"))
    if "llm" in params["translate"]["by"]:
        found.append(params["translate"]["llm"])
    return found


def served(params: Mapping[str, Any]) -> list[str]:
    """Return the models behind the server that stages ask, sorted.

    Raises:
        ValueError: as `asked`.
    """
    return sorted({one["model"] for one in asked(params) if one["model"].startswith(SERVED)})


def named_models(params: Mapping[str, Any]) -> list[str]:
    """Return every model that params.yaml names and its grid uses, but those behind servers.

    Raises:
        ValueError: as `asked`.
    """
    used = [one["model"] for one in asked(params)]
    used += _backbones(params)
    used += [params["passages"]["identifier"], params["filter"]["identifier"]]
    used += [params["types"]["encoder"], params["label_study"]["encoder"]]
    if params["variants"]["sentences"] == "sat":
        used += [params["variants"]["sat"][part] for part in ("model", "tokenizer")]
    predictors = params["evaluate"]["predictors"].values()
    used += [one["model"] for one in predictors if one["kind"] == "gliner"]
    begins = params["confidence"]["gliner"]["model"]
    used += [begins] if params["confidence"]["student"] == "gliner" and begins else []
    return list(dict.fromkeys(name for name in used if not name.startswith(SERVED)))


def _backbones(params: Mapping[str, Any]) -> Iterator[str]:
    for name in params["train_regressor"]["backbones"]:
        yield _entry(params, "backbones", name, "train_regressor.backbones")
    student = params["train_binder"]
    for part in ("encoder", "type_encoder"):
        if student[part]:
            yield _entry(params, "backbones", student[part], f"train_binder.{part}")
    begins = params["confidence"]["gliner"]
    if params["confidence"]["student"] == "gliner" and begins["encoder"]:
        yield _entry(params, "backbones", begins["encoder"], "confidence.gliner.encoder")
    classifier = params["filter_ablation"]["student"]
    if classifier:
        yield _entry(params, "backbones", classifier["backbone"], "filter_ablation.student")


def _entry(params: Mapping[str, Any], section: str, name: str, who: str) -> Any:
    if name not in params[section]:
        there = ", ".join(params[section])
        raise ValueError(f"{who}: expected some of {there} ({section}), got {name!r}")
    return params[section][name]
