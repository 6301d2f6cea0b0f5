"""What the site says besides the passages: figures of the run, of each language, of each LLM."""

import json
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from finerweb.languages import language
from finerweb.report.figures import HEADLINES, figure

Metrics = Mapping[str, dict[str, Any]]
"""A file's name in the folder of metrics, ``ground/qwen.json``, -> what it holds."""

# A name without .json is a folder with a file an instance of the stage.
FILES = (
    "documents.json",
    "passages.json",
    "rate",
    "regressor.json",
    "select_regressor.json",
    "filter.json",
    "filter_ablation.json",
    "annotate",
    "ground",
    "types.json",
    "merge.json",
    "labels.json",
    "translate.json",
    "variants.json",
    "statistics.json",
    "subsets.json",
    "release.json",
    "judge",
    "verdicts.json",
    "paper.json",
    "evaluate.json",
)
"""The metrics that the report shows, and depends on."""

# (what it is called, the files, the keys below the language's code, the keys above it)
COLUMNS: tuple[tuple[str, str, str, str], ...] = (
    ("passages", "filter.json", "languages", "kept"),
    ("entities a passage", "statistics.json", "ours.merged.languages", "entities_per_passage"),
    ("types a passage", "statistics.json", "ours.merged.languages", "types_per_passage"),
    ("grounded, {}", "ground/*.json", "languages", "survival_rate"),
    ("agree exactly", "merge.json", "languages", "agreement.exact"),
    ("mention F1", "merge.json", "languages", "gold.mention.f1"),
    ("typed F1", "merge.json", "languages", "gold.typed.f1"),
    ("faithfulness, {}", "judge/*.json", "languages", "faithfulness.mean"),
    ("completeness, {}", "judge/*.json", "languages", "completeness.mean"),
)
PLACE, COARSE = "place", "place and coarse type"
"""What gold may have of an entity, as metrics/subsets.json calls it."""
ASKING = ("rate", "annotate", "judge", "translate")
"""Stages that ask LLMs: their metrics have the tokens of the replies."""
TOKENS = ("prompt_tokens", "output_tokens")


def read_figures(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the metrics of a folder that the report shows, by file; those of `FILES` alone."""
    paths: list[Path] = []
    for name in FILES:
        paths += [folder / name] if name.endswith(".json") else sorted((folder / name).glob("*"))
    return {
        path.relative_to(folder).as_posix(): json.loads(path.read_text(encoding="utf-8"))
        for path in paths
        if path.is_file()
    }


def site(metrics: Metrics) -> dict[str, Any]:
    """Return what the pages of the whole run show."""
    paper = metrics.get("paper.json", {})
    statistics = metrics.get("statistics.json", {})
    tops = statistics.get("ours", {}).get("merged", {}).get("top_types", {})
    return {
        "headlines": headlines(metrics),
        "paper": paper.get("numbers", {}),
        "not_computed": paper.get("not_computed", []),
        "columns": [name for name, _, _ in columns(metrics)],
        "top_types": sorted(tops, key=lambda name: (-tops[name], name)),
        "costs": costs(metrics),
        "subsets": subsets(metrics),
    }


def edges(metrics: Metrics) -> list[float]:
    """Return the confidences that part the subsets; none where the run has no subsets."""
    found: list[float] = metrics.get("subsets.json", {}).get("edges", [])
    return found


def subsets(metrics: Metrics) -> dict[str, Any] | None:
    """Return the subsets by confidence and what gold says of them; None where there are none.

    A row is ``[least confidence, entities, share whose place gold has, share whose coarse type it
    has too]``, from the least sure; the shares are of entities that gold can tell of, null of none.
    """
    content = metrics.get("subsets.json")
    if content is None:
        return None
    gold = content["gold"] or {}
    shares = [gold.get(name, {}).get("subsets", {}) for name in (PLACE, COARSE)]
    counts = content["overall"]["subsets"]
    return {
        "rows": [
            [least, counts[str(number)], *(share.get(str(number)) for share in shares)]
            for number, least in enumerate([0, *edges(metrics)], 1)
        ],
        "gold": content["gold"],
        "paper": content["paper"],
        **{name: content["overall"][name] for name in ("entities", "found")},
    }


def headlines(metrics: Metrics) -> list[dict[str, Any]]:
    """Return the headline figures that the run has, each instance of a stage by its name."""
    found = []
    for name, pattern, keys in HEADLINES:
        for file in _files(pattern.removeprefix("metrics/"), metrics):
            value = figure(metrics[file], keys)
            told = f"{_who(file, metrics)}: {name}" if "*" in pattern else name.strip()
            if value is not None:
                found.append({"name": told, "file": file, "keys": keys, "value": value})
    return found


def columns(metrics: Metrics) -> list[tuple[str, str, str]]:
    """Return the columns of the table of languages: name, file, keys with ``{}`` for the code."""
    return [
        (name.format(_who(file, metrics)), file, f"{above}.{{}}.{below}")
        for name, pattern, above, below in COLUMNS
        for file in _files(pattern, metrics)
    ]


def about_language(code: str, metrics: Metrics) -> dict[str, Any]:
    """Return who a language is, and its figures in the table of languages, null where none."""
    one = language(code)
    return {
        "code": code,
        "name": one.name,
        "autonym": one.autonym,
        "script": one.script,
        "direction": one.direction,
        "tag": one.bcp47,
        "figures": [figure(metrics[file], keys.format(code)) for _, file, keys in columns(metrics)],
    }


def figures_of(code: str, metrics: Metrics) -> dict[str, list[list[Any]]]:
    """Return every number that the metrics have of a language: file -> ``[keys, value]``."""
    found = {file: list(_of(code, content)) for file, content in sorted(metrics.items())}
    return {file: rows for file, rows in found.items() if rows}


def costs(metrics: Metrics) -> list[dict[str, Any]]:
    """Return what the replies of each LLM came to, in tokens; asked anew or kept, all the same."""
    found = []
    for file, content in metrics.items():
        stage, _, instance = file.removesuffix(".json").partition("/")
        overall = content.get("overall", {})
        if stage in ASKING and all(name in overall for name in TOKENS):
            tokens = {name: overall[name] for name in TOKENS}
            found.append({"stage": stage, "instance": instance, **tokens})
    return found


def _files(pattern: str, metrics: Metrics) -> list[str]:
    return [file for file in sorted(metrics) if fnmatchcase(file, pattern)]


def _who(file: str, metrics: Metrics) -> str:
    """Return the instance that a file is of; with it, whether a judge marks its own work."""
    name = file.rpartition("/")[2].removesuffix(".json")
    is_own = metrics[file].get("overall", {}).get("judge_is_annotator")
    return f"{name} (an annotator too)" if is_own else name


def _of(code: str, content: Mapping[str, Any], above: str = "") -> Iterator[list[Any]]:
    for key, value in content.items():
        if not isinstance(value, Mapping):
            continue
        if key == code:
            yield from ([f"{above}{keys}", number] for keys, number in _numbers(value))
        else:
            yield from _of(code, value, above if key == "languages" else f"{above}{key}.")


def _numbers(content: Mapping[str, Any], above: Sequence[str] = ()) -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, (*above, key))
        elif isinstance(value, int | float | str) and not isinstance(value, bool):
            yield ".".join((*above, key)), value
