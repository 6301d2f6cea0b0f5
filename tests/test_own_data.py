"""docs/own_data.md for real: one's own corpus in Thai and Arabic, models and types, no gold.

The corpus lies outside the project; a scripted server stands for the models, and now and then gives
a type that it was not told of.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from conftest import commit, run
from reach import ROOT
from scripted_server import Server, entities, passage_of, reply, scripted_server

from finerweb.annotation import KNOWN

pytestmark = [pytest.mark.slow, pytest.mark.long]
KEY = {"OPENAI_API_KEY": "test"}
TYPES: list[Any] = ["person", {"place": "towns, rivers and regions"}, "องค์กร"]
NAMES = ["person", "place", "องค์กร"]
TOLD = "- person\n- place: towns, rivers and regions\n- องค์กร\n"
LANGUAGES = ("arb_Arab", "tha_Thai")
TEXTS = 12


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return what the scripted server replies, with types of those that the prompt lists."""
    body = reply(request)
    prompt = request["messages"][-1]["content"]
    if prompt.startswith("List all named entities") and "\n- " in prompt:
        told = prompt.partition("Text in ")[0]
        listed = re.findall(r"^- ([^:\n]+)", told, re.MULTILINE)
        found = entities(passage_of(prompt), request["model"])
        pairs = [[word, listed[i % len(listed)]] for i, (word, _) in enumerate(found)]
        content = json.dumps([["Nowhere", "city"], *pairs], ensure_ascii=False)
        body["choices"][0]["message"]["content"] = content
    return body


def texts(code: str) -> list[dict[str, str]]:
    """Return documents as a user has them: ids and texts, nothing else."""
    lines = (ROOT / "sample" / "documents" / f"{code}.jsonl").read_text("utf-8").splitlines()
    return [
        {"id": f"{code[:3]}-{n}", "text": json.loads(line)["text"]}
        for n, line in enumerate(lines[:TEXTS])
    ]


def jsonl(folder: Path) -> dict[str, Any]:
    """Write the corpus as JSON lines; return what params.yaml says of it."""
    for code in LANGUAGES:
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in texts(code)]
        (folder / f"{code}.jsonl").write_text("".join(lines), "utf-8")
    return {"path": str(folder)}


def parquet(folder: Path) -> dict[str, Any]:
    """Write the corpus as parquet with columns of other names."""
    for code in LANGUAGES:
        rows = [{"key": row["id"], "body": row["text"]} for row in texts(code)]
        (folder / code).mkdir()
        pq.write_table(pa.Table.from_pylist(rows), folder / code / "part.parquet")
    columns = {"id": "key", "text": "body", "url": None, "dump": None, "date": None}
    source = {"kind": "parquet", "root": str(folder), "revision": "1"}
    source |= {"files": "{language}/*.parquet", "oversample": 1, "max_files": None}
    return {"source": source | {"columns": columns | {"language_score": None}}}


def change(project: Path, **sections: dict[str, Any]) -> None:
    params = yaml.safe_load((project / "params.yaml").read_text("utf-8"))
    for name, changes in sections.items():
        params[name] |= changes
    text = yaml.safe_dump(params, sort_keys=False, allow_unicode=True)
    (project / "params.yaml").write_text(text, "utf-8")


def configure(project: Path, base_url: str, documents: dict[str, Any]) -> None:
    """Say in params.yaml what the guide says, and make the training short."""
    params = yaml.safe_load((project / "params.yaml").read_text("utf-8"))
    mine = {"engine": "openai", "chat": True}
    change(
        project,
        llm={"openai": params["llm"]["openai"] | {"base_url": base_url}},
        documents=documents
        | {"languages": list(LANGUAGES), "rating_documents": 6, "corpus_documents": 6},
        raters={"qwen": params["raters"]["qwen"] | mine | {"model": "served:mine"}},
        judges={"qwen": params["judges"]["qwen"] | mine | {"model": "served:mine"}},
        annotate={"annotators": ["first", "second"], "types": TYPES},
        annotators={
            name: params["annotators"]["qwen"] | mine | {"model": f"served:mine/{name}"}
            for name in ("first", "second")
        },
        filter={"threshold": -100.0},
        filter_ablation={"annotator": "first"},
        train_regressor={"epochs": 1, "max_length": 32, "tasks": ["binary"]},
        train_binder={"max_steps": 1},
        release={"licences": {"first": "mine", "second": "mine"}},
    )


@pytest.fixture(scope="module")
def own(
    new_project: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Server]]:
    """Yield a user's project after `dvc repro`, and the server it asked."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "corpus").mkdir()
    project = new_project(folder / "project")
    with scripted_server(answer=answer) as server:
        configure(project, server.base_url, jsonl(folder / "corpus"))
        run("dvc", "repro", cwd=project, env=KEY)
        commit(project, "Run the graph on my corpus")
        yield project, server


def test_parquet_gives_the_same_documents(
    new_project: Callable[[Path], Path], tmp_path: Path
) -> None:
    found = []
    for form in (jsonl, parquet):
        corpus = tmp_path / form.__name__
        corpus.mkdir()
        project = new_project(tmp_path / f"project_{form.__name__}")
        configure(project, "http://localhost", form(corpus))
        run("dvc", "repro", "documents", cwd=project)
        tables = [pq.read_table(project / f"data/documents/{code}.parquet") for code in LANGUAGES]
        found.append([table.to_pylist() for table in tables])
    assert found[0] == found[1] and [len(rows) for rows in found[0]] == [TEXTS, TEXTS]


def metrics(project: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((project / "metrics" / f"{name}.json").read_text("utf-8"))
    return content


def test_annotators_are_told_the_types(own: tuple[Path, Server]) -> None:
    """About each text, attacks too; but in the questions that show whether the model is sound."""
    prompts = [asked["messages"][-1]["content"] for asked in own[1].requests]
    annotating = [prompt for prompt in prompts if prompt.startswith("List all named entities")]
    closed = [prompt for prompt in annotating if TOLD in prompt]
    assert len(closed) >= 2 * (12 + 12), "12 passages and 12 attacks, two annotators"
    others = {passage_of(prompt) for prompt in annotating if TOLD not in prompt}
    assert others == {text for _, text, _ in KNOWN}


def test_another_type_is_dropped_and_counted(own: tuple[Path, Server]) -> None:
    for name in ("first", "second"):
        told = metrics(own[0], f"ground/{name}")["overall"]
        assert told["mentions"]["dropped"]["type_not_listed"] == told["replies"]["seen"] == 12
        assert told["gold"] is None or told["gold"]["passages"] == 0


def test_all_that_is_released_has_a_listed_type(own: tuple[Path, Server]) -> None:
    from datasets import load_dataset

    folder = own[0] / "data" / "release"
    for variant in ("first-multi", "second-single", "merged-single", "merged-multi-sentences"):
        rows = load_dataset(str(folder), variant, split="train", cache_dir=own[0] / "hf")
        assert {row["language"] for row in rows} == set(LANGUAGES)
        spans = [span for row in rows for span in row["char_spans"]]
        labels = {
            kind for span in spans for kind in span.get("labels") or span["label"].split(" / ")
        }
        assert labels == set(NAMES)
        for row in rows:
            for span in row["char_spans"]:
                assert row["text"][span["start"] : span["end"]] == span["surface"]


def test_types_are_translated(own: tuple[Path, Server]) -> None:
    """What is not in Latin letters is no English, and stays."""
    rows = pq.read_table(own[0] / "data/label_translations/tha_Thai.parquet").to_pylist()
    assert [row["type"] for row in rows] == sorted(NAMES)
    by_type = {row["type"]: row for row in rows}
    assert (
        by_type["person"]["status"] == "lexicon" and not by_type["person"]["translation"].isascii()
    )
    assert by_type["องค์กร"] == by_type["องค์กร"] | {"translation": "องค์กร", "status": "kept"}


def test_the_release_is_sound_and_exports(own: tuple[Path, Server]) -> None:
    project, _ = own
    options = ("--documents", "data/documents", "--metrics", "metrics")
    run("finerweb", "verify", *options, cwd=project)
    export = ("export", "gliner", "--variant", "merged-single", "--out", "export/gliner")
    run("finerweb", *export, cwd=project)
    examples = json.loads((project / "export/gliner/tha_Thai/train.json").read_text("utf-8"))
    labels = {kind for one in examples for _, _, label in one["ner"] for kind in label.split(" / ")}
    assert labels == set(NAMES)


def test_nothing_is_asked_twice(own: tuple[Path, Server]) -> None:
    """A second run does nothing; another type asks again, by its plan; the old set asks nothing."""
    project, server = own
    assert "up to date" in run("dvc", "repro", cwd=project, env=KEY).stdout
    asked = len(server.requests)
    assert "to ask 0" in run("finerweb", "plan", "annotate@first", cwd=project).stdout
    change(project, annotate={"types": [*TYPES, "law"]})
    status = json.loads(run("dvc", "status", "--json", cwd=project).stdout)
    changed = {name.partition("@")[0] for name in status}
    assert {"annotate", "ground", "filter_ablation"} <= changed
    assert "passages" not in changed and "rate" not in changed
    plan = run("finerweb", "plan", "annotate@first", cwd=project).stdout
    assert "answered before 0, to ask 24" in plan, "12 passages, 12 attacks"
    change(project, annotate={"types": TYPES})
    run("dvc", "repro", cwd=project, env=KEY)
    assert len(server.requests) == asked
