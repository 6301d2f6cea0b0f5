"""The generated pages: one a stage, one of all params that no stage depends on."""

import csv
import importlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docs.reference.graph import StageEntry, edges, folder, read_graph, reduced
from docs.reference.knobs import accepted, excerpts, models
from docs.reference.picture import svg
from docs.reference.tables import TABLES, columns
from finerweb.params.load import Section

OWNERS = {"raters": "rate", "annotators": "annotate", "judges": "judge"} | {
    "backbones": "train_regressor"
}
"""Sections of params.yaml that are told on the page of a stage of another name."""
SHOWN = 40
"""Figures of a metrics file that are shown."""
Reasons = Mapping[str, list[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Project:
    """What the pages are made of; ``reasons`` has (reason, meaning) by stage."""

    root: Path
    stages: list[StageEntry]
    sections: Mapping[str, str]
    models: Mapping[str, type[Section]]
    reasons: Reasons


def read_project(root: Path) -> Project:
    """Return what there is to tell of the project in a folder.

    Raises:
        FileNotFoundError: it is no folder of a finerweb project.
    """
    reasons: dict[str, list[tuple[str, str]]] = {}
    with (Path(__file__).parent / "reasons.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            reasons.setdefault(row["stage"], []).append((row["reason"], row["meaning"]))
    scripts = [*(root / "stages").glob("*.py"), *(root / "finerweb").rglob("*.py")]
    return Project(
        root,
        read_graph(root / "dvc.yaml"),
        excerpts((root / "params.yaml").read_text("utf-8")),
        models(sorted(scripts)),
        reasons,
    )


def write_pages(root: Path, out: Path) -> None:
    """Write the pages of the project in ``root`` into the folder ``out``, and the graph's picture.

    A page that is there with the same content is left alone: what builds the site goes by times.
    """
    project = read_project(root)
    links = edges(project.stages)
    names = [one.name for one in project.stages]
    pages = {f"{one.name}.md": stage_page(one, project) for one in project.stages}
    pages["index.md"] = index_page(project.stages)
    pages["settings.md"] = settings_page(project)
    pages["graph.svg"] = svg(names, reduced(links), "The stages and which reads what of which")
    out.mkdir(parents=True, exist_ok=True)
    for old in set(out.iterdir()) - {out / name for name in pages}:
        old.unlink()
    for name, text in pages.items():
        path = out / name
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def owner(section: str, stages: Iterable[StageEntry]) -> str:
    """Return the page on which a section of params.yaml is told."""
    names = [one.name for one in stages]
    page = OWNERS.get(section, section)
    return page if page in names else "settings"


def index_page(stages: Iterable[StageEntry]) -> str:
    """Return the page that lists the stages."""
    stages = list(stages)
    rows = [(f"[{one.name}]({one.name}.md)", one.description) for one in stages]
    inside = "\n".join(one.name for one in stages)
    return _joined(
        "# Stages",
        "In the order data flows. Each page is made, when the site is built, from `dvc.yaml`, "
        "`params.yaml`, the stage's own options and the schemas.",
        _table(("stage", "what it does"), rows),
        f"```{{toctree}}\n:hidden:\n\n{inside}\nsettings\n```",
    )


def settings_page(project: Project) -> str:
    """Return the page of the sections that belong to no stage."""
    told = [name for name in project.sections if owner(name, project.stages) == "settings"]
    return _joined(
        "# Settings that no stage depends on",
        "They say what work is spread over and how models are served. Changing one makes nothing "
        "run again.",
        "## Params",
        *(_section(name, project) for name in told),
    )


def stage_page(stage: StageEntry, project: Project) -> str:
    """Return the page of a stage."""
    return _joined(
        f"# {stage.name}",
        stage.description,
        *_instances(stage),
        "## In and out",
        _table(("option", "path", "what it is"), _options(stage)),
        *_neighbours(stage, project.stages),
        *_params(stage, project),
        *_columns(stage),
        *_reasons(stage, project.reasons),
        *_metrics(stage, project.root),
    )


def _instances(stage: StageEntry) -> Iterator[str]:
    if stage.factors:
        factors = ", ".join(f"`{name}`" for name in stage.factors)
        yield f"One instance for each {factors}. Run it alone with `dvc repro {stage.name}`."
    else:
        yield f"Run it, and what it needs, with `dvc repro {stage.name}`."


def _options(stage: StageEntry) -> list[tuple[str, str, str]]:
    """Return option, its value in dvc.yaml and what the script says of it."""
    command = importlib.import_module(f"stages.{stage.name}").main
    told = {option.opts[0]: option.help or "" for option in command.params}
    return [(f"`{name}`", f"`{value}`", told[name]) for name, value in stage.options.items()]


def _neighbours(stage: StageEntry, stages: list[StageEntry]) -> Iterator[str]:
    pairs = edges(stages)
    before = [f"[{a}]({a}.md)" for a, b in pairs if b == stage.name]
    after = [f"[{b}]({b}.md)" for a, b in pairs if a == stage.name]
    yield f"Reads what these write: {', '.join(before) or 'none'}."
    yield f"Read by: {', '.join(after) or 'none'}."


def _params(stage: StageEntry, project: Project) -> Iterator[str]:
    owned = [s for s in project.sections if owner(s, project.stages) == stage.name]
    others = [s for s in stage.sections if s not in owned]
    yield "## Params"
    if others:
        links = [f"[{s}]({owner(s, project.stages)}.md#section-{s})" for s in others]
        yield f"It also depends on {', '.join(links)}."
    yield from (_section(name, project) for name in owned)


def _section(name: str, project: Project) -> str:
    rows = []
    if name in project.models:
        rows = [(f"`{key}`", told) for key, told in accepted(project.models[name])]
    return _joined(
        f"(section-{name})=\n### `{name}`",
        f"```yaml\n{project.sections[name]}\n```",
        *([_table(("key", "takes"), rows)] if rows else []),
    )


def _columns(stage: StageEntry) -> Iterator[str]:
    paths = [one for one in stage.writes if folder(one) in TABLES]
    if paths:
        yield "## Columns"
    for path in paths:
        for table in TABLES[folder(path)]:
            key = ", ".join(f"`{one}`" for one in table.key)
            yield f"### `{folder(path)}`: {table.name}"
            yield f"Sorted by {key}."
            rows = [(f"`{name}`", f"`{kind}`", told) for name, kind, told in columns(table)]
            yield _table(("column", "type", "meaning"), rows)


def _reasons(stage: StageEntry, reasons: Reasons) -> Iterator[str]:
    if stage.name in reasons:
        yield "## What is dropped, and why"
        yield "Counted in the metrics, by language: `seen` is `kept` plus the sum of `dropped`."
        rows = [(f"`{reason}`", meaning) for reason, meaning in reasons[stage.name]]
        yield _table(("reason", "meaning"), rows)


def _metrics(stage: StageEntry, root: Path) -> Iterator[str]:
    if not stage.metrics:
        return
    yield "## Metrics"
    for path in stage.metrics:
        there = sorted(root.glob(folder(path) + ("/*.json" if "${" in path else "")))
        if not there:
            yield f"`{path}`: not in the committed run."
            continue
        name = there[0].relative_to(root).as_posix()
        found = list(figures(json.loads(there[0].read_text("utf-8"))))
        more = f", the first {SHOWN} of {len(found)}" if len(found) > SHOWN else ""
        yield f"`{path}`. Of the committed run, those over all languages in `{name}`{more}:"
        rows = [(f"`{key}`", f"`{value}`") for key, value in found[:SHOWN]]
        yield _table(("figure", "value"), rows)


def figures(node: Any, above: str = "") -> Iterator[tuple[str, str]]:
    """Yield (key, value) of all single values of a metrics file, by language left out."""
    for key, value in node.items():
        name = f"{above}{key}"
        if isinstance(value, dict) and key != "languages":
            yield from figures(value, f"{name}.")
        elif not isinstance(value, dict | list):
            yield name, json.dumps(value, ensure_ascii=False)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(map(_escaped, row))} |" for row in lines)


def _escaped(cell: str) -> str:
    """Return a cell in which nothing ends it, and nothing outside of code is a tag."""
    parts = cell.replace("|", "\\|").split("`")
    return "`".join(p if n % 2 else p.replace("<", "&lt;") for n, p in enumerate(parts))


def _joined(*parts: str) -> str:
    return "\n\n".join(parts) + "\n"
