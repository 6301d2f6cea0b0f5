"""What Binder learns from, the set-ups, and the stage."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
import yaml
from encoders import make_encoder
from pydantic import ValidationError
from reach import ROOT
from releases import CODES, CONCEPTS, TEXT, make_variants, passages

from finerweb.binder.examples import documents_with_gold, read_corpus
from finerweb.binder.folder import load
from finerweb.binder.manifest import manifest
from finerweb.binder.setups import trainings
from finerweb.params.train_binder import Instance, TrainBinderParams
from finerweb.records import Passage, Span
from finerweb.tables.io import write
from finerweb.tables.passages import PASSAGES
from finerweb.tables.rows import passage_row
from finerweb.tables.types import TYPES, VECTORS, vector_table

SECTION = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))["train_binder"]


def make_inputs(folder: Path) -> None:
    """Write variants, types, and passages, of which some have gold.

    In English the first document has some; in Thai the second, on a passage that is in no variant
    and has none itself; in Hindi all have.
    """
    make_variants(folder / "variants")
    for code in CODES:
        found = passages(code)
        gold = {"eng_Latn": found[:1], "tha_Thai": [], "hin_Deva": found}[code]
        rows = [replace(p, gold=(Span(0, 3, "person"),)) if p in gold else p for p in found]
        if code == "tha_Thai":
            other = Passage(f"{code}1#1", f"{code}1", code, TEXT, 99, 9, "corpus", gold=())
            rows.append(other)
        write(folder / "passages" / f"{code}.parquet", map(passage_row, rows), PASSAGES)
    rows_of_types = [
        {"type": kind, "count": 1, "concepts": list(named), "steps": [], "is_latin": True}
        for kind, named in CONCEPTS.items()
    ]
    write(folder / "types" / "types.parquet", rows_of_types, TYPES)
    vectors = np.eye(3, dtype=np.float32)
    write(folder / "types" / "vectors.parquet", vector_table(sorted(CONCEPTS), vectors), VECTORS)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    make_inputs(folder)
    return folder


def read(folder: Path, variant: str, languages: list[str] | None = None) -> object:
    there = folder / "variants" / variant, folder / "passages", folder / "types"
    return read_corpus(*there, languages)


@pytest.mark.parametrize("variant", ["merged-multi", "qwen-single", "gemma-multi-translated"])
def test_documents_with_gold_are_left_out(inputs: Path, variant: str) -> None:
    corpus = read_corpus(inputs / "variants" / variant, inputs / "passages", inputs / "types", None)
    assert [(one.language, one.text) for one in corpus.examples] == [
        ("eng_Latn", TEXT),
        ("tha_Thai", passages("tha_Thai")[0].text),
    ]
    counts = {code: tally.metrics() for code, tally in corpus.passages.items()}
    assert counts == {
        "eng_Latn": {"seen": 2, "kept": 1, "dropped": {"gold": 1}},
        "hin_Deva": {"seen": 2, "kept": 0, "dropped": {"gold": 2}},
        "tha_Thai": {"seen": 2, "kept": 1, "dropped": {"gold": 1}},
    }
    assert corpus.languages == ("eng_Latn", "tha_Thai"), "nothing of Hindi is learnt"
    assert documents_with_gold(inputs / "passages" / "tha_Thai.parquet") == {"tha_Thai1"}


def test_what_is_learnt_of_each_kind(inputs: Path) -> None:
    found = {
        variant: read_corpus(
            inputs / "variants" / variant, inputs / "passages", inputs / "types", ["eng_Latn"]
        )
        for variant in ("qwen-multi", "qwen-single", "qwen-multi-translated")
    }
    end = Span(len(TEXT) - 3, len(TEXT), "time")
    assert found["qwen-multi"].examples[0].spans == (
        Span(0, 3, "human"),
        Span(0, 3, "person"),
        end,
    )
    assert found["qwen-single"].examples[0].spans == (Span(0, 3, "human / person"), end)
    assert {s.type for s in found["qwen-multi-translated"].examples[0].spans} == {"人", "時"}
    meant = found["qwen-multi-translated"].likeness
    assert meant.concepts == {"人": ("human", "person"), "時": ("time",)}
    assert meant.alike(["人", "時"], 0.9).tolist() == [[True, False], [False, True]]


def test_sentences_are_learnt_from_too(inputs: Path) -> None:
    corpus = read_corpus(
        inputs / "variants" / "qwen-multi-sentences",
        inputs / "passages",
        inputs / "types",
        ["eng_Latn"],
    )
    assert corpus.examples[0].text == "Ana saw Rome."


@pytest.mark.parametrize(
    ("variant", "languages", "message"),
    [
        ("merged-multi", ["deu_Latn"], "has no deu_Latn .*only eng_Latn, hin_Deva, tha_Thai"),
        ("merged", None, "expected one with `single` or `multi`"),
    ],
)
def test_a_variant_that_is_not_there(
    inputs: Path, variant: str, languages: list[str] | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        read(inputs, variant, languages)


def test_set_ups(inputs: Path) -> None:
    corpus = read_corpus(
        inputs / "variants" / "merged-multi", inputs / "passages", inputs / "types", None
    )
    assert [(n, len(some)) for n, some in trainings(corpus, "joint")] == [("joint", 2)]
    assert [(n, len(some)) for n, some in trainings(corpus, "per_language")] == [
        ("eng_Latn", 1),
        ("tha_Thai", 1),
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": SECTION["model"] | {"stride": 200}}, "stride must be at most half"),
        ({"model": SECTION["model"] | {"verbalisation": "x"}}, "where the type goes"),
        ({"setups": ["both"]}, "setups"),
        ({"batch": 3}, "batch"),
    ],
)
def test_params_that_do_not_fit(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TrainBinderParams.model_validate(SECTION | changes)


def test_the_grid() -> None:
    params = SECTION | {"setups": ["joint", "per_language"], "seeds": [0, 1]}
    grid = TrainBinderParams.model_validate(params).grid()
    assert [one.name for one in grid] == ["joint-0", "joint-1", "per_language-0", "per_language-1"]
    assert grid[0] == Instance("joint", 0)


@pytest.mark.slow
@pytest.mark.parametrize("setup", ["joint", "per_language"])
def test_the_stage(
    project: Path,
    stage: Callable[..., CompletedProcess[str]],
    setup: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from finerweb.models import add

    monkeypatch.setenv("FINERWEB_MODELS", str(project / "cache"))
    add("tiny", make_encoder(project / "tiny"))
    params = yaml.safe_load((project / "params.yaml").read_text("utf-8"))
    params["backbones"]["tiny"] = "local:tiny"
    model = params["train_binder"]["model"] | {"max_length": 48}
    params["train_binder"] |= {"encoder": "tiny", "model": model, "epochs": 1}
    (project / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
    make_inputs(project / "data")
    options = {
        "setup": setup,
        "seed": "3",
        "variant": "data/variants/merged-multi",
        "passages": "data/passages",
        "types": "data/types",
        "out": f"models/binder/{setup}-3",
        "metrics": "metrics/train_binder.json",
    }
    stage("train_binder", *[part for k, v in options.items() for part in (f"--{k}", v)])
    figures = json.loads((project / "metrics" / "train_binder.json").read_text("utf-8"))
    names = {"joint": ["joint"], "per_language": ["eng_Latn", "tha_Thai"]}[setup]
    assert sorted(figures["trainings"]) == names
    assert figures["without_passages"] == ["hin_Deva"]
    for name in names:
        told = figures["trainings"][name]
        counts = told["entities"]
        assert counts["seen"] == counts["kept"] + sum(counts["dropped"].values()) > 0
        assert told["steps"] >= 1 and told["epochs"][0]["loss"] > 0
        out = project / "models" / "binder" / f"{setup}-3" / name
        assert load(out).params.max_length == 48
        assert manifest(out)["origin"]["seed"] == 3
        learnt = ["eng_Latn", "tha_Thai"] if name == "joint" else [name]
        assert manifest(out)["origin"]["languages"] == learnt
    assert not list((project / ".finerweb" / "batches" / "train_binder").iterdir())
