"""Exports as the libraries they are for read them: spaCy, Label Studio's converter, GLiNER."""

import json
import subprocess
import sys
import warnings
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from exporting import LABELS, exported, labels_of, lost_of, row, rows
from hypothesis import given, settings
from hypothesis import strategies as st
from reach import ROOT
from texts import SENTENCES

from finerweb.exports.conll import Conll
from finerweb.exports.docbin import SpacyBin
from finerweb.exports.gliner import Gliner
from finerweb.exports.label_studio import LabelStudio
from finerweb.exports.loss import Ledger
from finerweb.exports.tokens import splitter
from finerweb.tables.io import Row

pytestmark = pytest.mark.slow  # The libraries take seconds to import.


def marked(name: str, text: str, *entities: tuple[str, ...]) -> Row:
    """Return a row whose entities are named by their surfaces."""
    places = [(text.index(one), text.index(one) + len(one), *labels) for one, *labels in entities]
    return row(text, *places, name=name)


MIXED = [
    marked("a", SENTENCES["Latn"], ("Anna Müller", "person"), ("3. Mai", "date")),
    marked("b", SENTENCES["Arab"], ("آنا", "person", "شخص"), ("القاهرة", "city")),
    marked("c", SENTENCES["Deva"], ("अन्ना", "person"), ("वाराणसी", "city")),
    marked("d", SENTENCES["Thai"], ("อันนา", "person"), ("เชียงใหม่", "city")),
    marked("e", SENTENCES["Hani"], ("安娜", "person"), ("安娜昨天", "x"), ("成都", "city")),
    marked("f", "👩‍🚀 Anna\n 👍🏽  flog  nach 🇩🇪 Köln. ", ("Anna", "person"), ("Köln", *LABELS)),
]


def read_docbin(data: bytes) -> dict[str, Any]:
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    documents = list(DocBin().from_bytes(data).get_docs(Vocab()))
    return {document.user_data["id"]: document for document in documents}


@settings(max_examples=30)
@given(rows(), st.sampled_from(["icu", "graphemes"]))
def test_spacy_round_trip(found: list[Row], words: str) -> None:
    made = exported(SpacyBin(words), found)
    documents = read_docbin(made.data)
    assert {name: one.text for name, one in documents.items()} == {
        one["id"]: one["text"] for one in found
    }
    spans = {
        (name, span.start_char, span.end_char, span.label_)
        for name, one in documents.items()
        for span in one.spans["entities"]
    }
    assert spans == labels_of(found) - lost_of(made)
    ents = {(n, e.start_char, e.end_char, e.label_) for n, d in documents.items() for e in d.ents}
    assert ents <= spans
    assert len(ents) + sum(made.report["notes"].values()) == len(spans)


def test_spacy_has_the_longest_in_ents() -> None:
    documents = read_docbin(exported(SpacyBin("icu"), MIXED).data)
    found = {name: [(e.text, e.label_) for e in one.ents] for name, one in documents.items()}
    assert found["e"] == [("安娜昨天", "x"), ("成都", "city")]
    assert found["f"] == [("Anna", "person"), ("Köln", LABELS[0])]
    assert found["c"] == [("अन्ना", "person"), ("वाराणसी", "city")]
    assert documents["f"].text == MIXED[5]["text"]


def test_spacy_learns_from_it(tmp_path: Path) -> None:
    import spacy
    from spacy.training import Corpus

    path = tmp_path / "train.spacy"
    SpacyBin("icu").write(MIXED[:2], path, Ledger(StringIO()))
    pipeline = spacy.blank("xx")
    pipeline.add_pipe("ner")
    examples = list(Corpus(path)(pipeline))
    pipeline.initialize(lambda: examples)
    assert pipeline.update(examples)["ner"] > 0
    assert set(pipeline.get_pipe("ner").labels) == {"person", "date", "city"}


def test_spacy_bytes_do_not_depend_on_the_process(tmp_path: Path) -> None:
    script = (
        "import sys; from test_export_readers import *; "
        'SpacyBin("icu").write(MIXED, Path(sys.argv[1]), Ledger(StringIO()))'
    )
    made = []
    for seed in ("0", "1", "2"):
        path = tmp_path / seed
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
        subprocess.run([sys.executable, "-c", script, str(path)], env=environment, check=True)
        made.append(path.read_bytes())
    exported(SpacyBin("icu"), MIXED[::-1])
    assert {*made, exported(SpacyBin("icu"), MIXED).data} == {made[0]}


def test_label_studio_takes_the_tasks(tmp_path: Path) -> None:
    """Its own interface validates every prediction against text and labels."""
    from label_studio_sdk.label_interface import LabelInterface

    made = exported(LabelStudio("merged-multi"), MIXED)
    interface = LabelInterface(made.beside["label_config.xml"])
    interface.validate()
    assert set(interface.get_control("label").labels) == {
        label for _, _, _, label in labels_of(MIXED)
    }
    tasks = json.loads(made.data)
    for task in tasks:
        assert interface.validate_task({"data": task["data"]})
        assert interface.validate_prediction(task["predictions"][0], return_errors=True) == []
        # That this says anything: a label which the interface has not is an error.
        task["predictions"][0]["result"][0]["value"]["labels"] = ["none of them"]
        assert interface.validate_prediction(task["predictions"][0], return_errors=True)


def test_label_studio_converts_the_tasks(tmp_path: Path) -> None:
    """Its converter makes IOB of the tasks once their predictions are annotations."""
    from label_studio_sdk.converter import Converter

    made = exported(LabelStudio("merged-multi"), MIXED)
    tasks = json.loads(made.data)
    for number, task in enumerate(tasks, 1):
        (prediction,) = task.pop("predictions")
        task |= {"id": number, "annotations": [{"id": number, "result": prediction["result"]}]}
    (tmp_path / "tasks.json").write_text(json.dumps(tasks), encoding="utf-8")
    config = tmp_path / "config.xml"
    config.write_text(made.beside["label_config.xml"], encoding="utf-8")
    converter = Converter(str(config), str(tmp_path))
    items = list(converter.iter_from_json_file(str(tmp_path / "tasks.json")))
    converted = {
        (item["input"]["passage_id"], value["start"], value["end"], label)
        for item in items
        for value in item["output"]["label"]
        for label in value["labels"]
    }
    assert converted == labels_of(MIXED)
    converter.convert_to_conll2003(str(tmp_path / "tasks.json"), str(tmp_path), is_dir=False)
    lines = (tmp_path / "result.conll").read_text("utf-8").splitlines()
    assert "Müller -X- _ I-person" in lines and "Anna -X- _ B-person" in lines
    assert "Köln -X- _ B-person" in lines


def test_gliner_reads_it() -> None:
    """Its processor finds every entity among the spans it enumerates, and none is cut off."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own imports
        from gliner.config import GLiNERConfig
        from gliner.data_processing.processor import UniEncoderSpanProcessor
        from gliner.data_processing.tokenizer import WordsSplitter

    made = exported(Gliner("icu", 384, 12), MIXED)
    tokenizer: Any = type("Tokenizer", (), {"unk_token": "?", "pad_token": "_"})()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        processor = UniEncoderSpanProcessor(GLiNERConfig(), tokenizer, splitter)
        for one, source in zip(json.loads(made.data), MIXED, strict=True):
            names = {label: i for i, label in enumerate(sorted({n[2] for n in one["ner"]}), 1)}
            read = processor.preprocess_example(one["tokenized_text"], one["ner"], names)
            spans = zip(read["span_idx"].tolist(), read["span_label"].tolist(), strict=True)
            found = {(*place, label) for place, label in spans if label > 0}
            assert found == {(first, last, names[label]) for first, last, label in one["ner"]}
            words = [word for word, _, _ in processor.words_splitter(source["text"])]
            assert words == one["tokenized_text"]
    own = exported(Gliner("gliner", 384, 12), MIXED)
    split = WordsSplitter("whitespace")
    for one, source in zip(json.loads(own.data), MIXED, strict=True):
        assert one["tokenized_text"] == [word for word, _, _ in split(source["text"])]


def test_conll_is_what_converters_write() -> None:
    """`spacy convert` takes two columns, and gives the same entities."""
    from spacy.training.converters import conll_ner_to_docs

    found = [row("Anna Müller lebt in Köln", (0, 11, "person"), (20, 24, "city"))]
    made = exported(Conll("icu"), found)
    text = "\n".join(line for line in made.data.decode().split("\n") if line[:2] != "# ")
    (document,) = conll_ner_to_docs(text.replace("\t", " "), no_print=True)
    assert [(e.text, e.label_) for e in document.ents] == [
        ("Anna Müller", "person"),
        ("Köln", "city"),
    ]
