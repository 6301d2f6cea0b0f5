"""From params to a sample: which row groups are read, and the stage on FineWeb's layouts."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import run
from reach import ROOT
from texts import SENTENCES
from web import FINEWEB, web_rows, write_files
from web_sources import configure, fineweb, params, sampled, stage_command

from finerweb.params.documents import DocumentsParams
from finerweb.params.load import load
from finerweb.records import Provenance
from finerweb.tables.documents import DOCUMENTS
from finerweb.tables.io import read
from finerweb.tables.rows import document

PASSAGES = Path(os.environ.get("FINERWEB_TEST_DATA", ROOT / "../shared/data")) / "passages"


def test_only_as_many_row_groups_are_read_as_it_takes(tmp_path: Path) -> None:
    texts = [f"Ein kurzer Text, Nummer {i}." for i in range(600)]
    write_files(web_rows(texts, "deu_Latn"), tmp_path, 3, 20)
    few = {"files": "*.parquet", "corpus_documents": 9, "rating_documents": 3, "oversample": 4}
    documents, tally = sampled(tmp_path, **few)
    assert len(documents) == 12
    assert tally.metrics() == {"seen": 60, "kept": 12, "dropped": {"over quota": 48}}
    others, _ = sampled(tmp_path, revision="another", **few)
    assert {d.document_id for d in others} != {d.document_id for d in documents}
    whole, tally = sampled(tmp_path, **few | {"oversample": 1000})
    assert tally.seen == 600
    assert {d.document_id for d in whole} != {d.document_id for d in documents}


def test_some_of_the_files(tmp_path: Path) -> None:
    texts = [f"Ein kurzer Text, Nummer {i}." for i in range(90)]
    write_files(web_rows(texts, "deu_Latn"), tmp_path, 9, 5)
    numbers = {}
    for seed in (0, 1):
        documents, tally = sampled(
            tmp_path, files="*.parquet", max_files=2, corpus_documents=99, seed=seed
        )
        assert tally.seen == 20
        numbers[seed] = {int(d.document_id[-6:-1]) % 9 for d in documents}
        assert len(numbers[seed]) == 2
    assert numbers[0] != numbers[1]


def news(code: str) -> list[str]:
    """Return the paragraphs of real news in a language, each a text."""
    if not PASSAGES.is_dir():
        pytest.skip(f"no texts in {PASSAGES} (FINERWEB_TEST_DATA names their folder's parent)")
    lines = (PASSAGES / f"{code}.jsonl").read_text("utf-8").splitlines()
    return [part for line in lines for part in json.loads(line)["text"].split("\n") if part.strip()]


ENGLISH = ("sample/10BT/*.parquet", "data/CC-MAIN-2024-10/*.parquet")


@pytest.mark.parametrize("english", ENGLISH)
def test_the_stage_on_fineweb(project: Path, english: str) -> None:
    codes = ["arb_Arab", "hin_Deva", "tha_Thai", "eng_Latn"]
    texts = {code: news(code) for code in codes}
    web = project / "web"
    for code in codes[:3]:
        write_files(web_rows(texts[code], code), web / f"data/{code}/train", 3, 10)
    write_files(web_rows(texts["eng_Latn"], "eng_Latn", FINEWEB), (web / english).parent, 2, 10)
    configure(project, codes, fineweb(str(web), english))
    run(*stage_command("out"), cwd=project)
    counts = json.loads((project / "out.json").read_text())["languages"]
    for code in codes:
        documents = [document(row) for row in read(project / "out" / f"{code}.parquet", DOCUMENTS)]
        assert [d.part for d in documents] == ["rating"] * 4 + ["corpus"] * 6
        assert len({d.document_id for d in documents}) == 10
        for each in documents:
            number = int(each.document_id[-6:-1])
            assert each.document_id == f"<urn:uuid:{code}-{number:05}>"
            assert each.text == texts[code][number]
            assert each.provenance == Provenance(
                f"https://example.org/{code}/{number}",
                f"CC-MAIN-2024-{number % 9 + 10}",
                f"2024-02-{number % 28 + 1:02}T01:02:03Z",
                1 - number / 1000,
            )
        assert 20 <= counts[code]["seen"] < 40 and counts[code]["kept"] == 10


MACHINES = {
    "as it is": {},
    "another hash seed": {"PYTHONHASHSEED": "7"},
    "another locale": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    "ASCII": {"LC_ALL": "C", "PYTHONUTF8": "0"},
    "another time zone": {"TZ": "Asia/Kathmandu"},
}


@pytest.mark.slow
def test_same_bytes_on_any_machine(project: Path) -> None:
    """However the files are listed, wherever they are, whatever the machine's settings."""
    codes = ["ell_Grek", "cmn_Hani"]
    texts = [f"{text} {i}" for i in range(6) for text in SENTENCES.values()]
    found = set()
    for number, (name, settings) in enumerate(MACHINES.items()):
        web = project / f"web{number}"
        for code in codes:
            folder = web / f"data/{code}/train"
            paths = write_files(web_rows(texts, code), folder, 4, 5)
            for path in paths[number:] + paths[:number]:
                content = path.read_bytes()
                path.unlink()
                path.write_bytes(content)
        configure(project, codes, fineweb(str(web)))
        run(*stage_command(f"out{number}"), cwd=project, env=settings)
        files = [project / f"out{number}" / f"{code}.parquet" for code in codes]
        files.append(project / f"out{number}.json")
        found.add((*(path.read_bytes() for path in files),))
        assert len(found) == 1, name


BAD_SOURCES = {
    "hub without a commit": (
        fineweb("hf://datasets/HuggingFaceFW/fineweb-2"),
        "revision '1f2e3d' of hf://datasets/HuggingFaceFW/fineweb-2: expected the 40 hex digits",
    ),
    "revision in the root": (
        fineweb(f"hf://datasets/a/b@{'0' * 40}"),
        "expected hf://datasets/ORGANISATION/NAME, the revision beside it",
    ),
    "no English": (fineweb("web"), "eng_Latn is not in FineWeb-2: name a FineWeb under source."),
    "unknown kind": ({"kind": "csv"}, "does not match any of the expected tags"),
    "a further knob": ({"kind": "jsonl", "oversample": 2}, "oversample: unknown key"),
    "none read": (fineweb("web", "*.parquet") | {"oversample": 0}, "greater than or equal to 1"),
}


@pytest.mark.parametrize(("source", "message"), BAD_SOURCES.values(), ids=BAD_SOURCES)
def test_bad_source(tmp_path: Path, source: dict[str, Any], message: str) -> None:
    whole = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    whole["documents"]["source"] = source
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(whole), "utf-8")
    with pytest.raises(ValueError) as caught:
        load("documents", DocumentsParams, tmp_path / "params.yaml")
    assert message in str(caught.value)


def test_the_sources_shown_in_params_yaml_are_right() -> None:
    """Each is a comment beside the one in use: it has to fit when it is taken in."""
    text = (ROOT / "params.yaml").read_text("utf-8")
    shown = re.findall(r"^  # (source:\n(?:  #   .*\n)+)", text, re.MULTILINE)
    sources = [yaml.safe_load(block.replace("\n  # ", "\n"))["source"] for block in shown]
    assert [params(source).source.kind for source in sources] == ["fineweb", "parquet"]
