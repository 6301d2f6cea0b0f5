"""Human-labelled sets that are not as their formats are: refused, with file and line."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from gold_sets import NAMES, found, hub_file, params, read
from hypothesis import given, settings
from hypothesis import strategies as st

from finerweb.gold.labels import tables
from finerweb.gold.sets import read_set

OTHER_LINE = json.dumps({"id": "a", "text": "Otto", "spans": [[0, 4, "x"]]})
SPANS_LINE = json.dumps({"id": "a", "text": "Anna", "spans": [[0, 4, "x"]]})


def two(tokens: list[Any], tags: list[Any], /, **second: Any) -> str:
    """Return a file of a sentence, and of the same with changes."""
    row = {"tokens": tokens, "ner_tags": tags}
    return json.dumps([row, row | second], ensure_ascii=False)


def surfaces(**changes: Any) -> str:
    row = {"sentence": "Ulm", "entity": ["Ulm"], "category": ["city"]}
    return json.dumps({"s": row | changes})


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("masakhaner", "a O\nMwai B-PERS\n", r"test.txt, line 2: unknown tag 'PERS'; expected one"),
        ("masakhaner", "a O\n\nMwai\n", r"test.txt, line 3: expected at least 2 columns"),
        ("masakhaner", "Mwai\t\n", r"line 1: expected a tag"),
        ("masakhaner", "a B-PER\nb PER\n", r"'PER' \(.*line 2\) and 'B-PER' \(.*line 1\)"),
        ("masakhaner", "a S-PER\n\nb U-PER\n", r"BIOES and of BILOU: 'S-PER'"),
        ("masakhaner", b"a O\nM\xfcller B-PER\n", r"test.txt: expected UTF-8, got byte 0xFC at 5"),
        ("masakhaner", "\n\n", r"expected texts with gold, found none"),
        ("columns", "a B-PER\n", r"set columns: what its tags are called is not known"),
        ("uner", "1\tAna\n", r"expected at least 3 columns"),
        ("thainer", "[DATE]วันนี้[/TIME]", r"line 1: \[/TIME\] at character 12 closes nothing"),
        ("thainer", "ok\n[DATE]วันนี้", r"line 2: \[DATE\] is not closed"),
        ("thainer", "[DOG]วันนี้[/DOG]", r"unknown tag 'DOG'"),
        ("spans", '{"text": "a"}', r"line 1: expected an object with `text` and one of spans"),
        ("spans", '{"text": "a", "spans": [[0, 0, "x"]]}', r"expected 0 <= start < end"),
        ("spans", '{"text": "👍🏽", "spans": [[0, 4, "x"]]}', r"line 1: span \[0, 4\) ends past"),
        ("spans", "{", r"line 1: expected an object"),
        ("spans", f'{SPANS_LINE}\n{OTHER_LINE}', r"a second text with the id 'a'"),
        ("tagged", '[{"tokens": ["a"], "tags": []}]', r"object 0: expected a tag a token, got 0"),
        ("tagged", '{"tokens": 1', r"expected JSON"),
        ("dynamicner", '{"s": {"sentence": "a"}}', r"object s: expected `sentence`"),
        ("masakhaner", "a O\n# text = b\n", r"line 2: unknown tag 'b'"),
        ("spans", '{"text": null, "spans": []}', r"test.txt, line 1: .*text is null, expected a"),
        ("spans", f'{SPANS_LINE}\n["text", "spans"]', r"line 2: .*no such list"),
        ("spans", '{"text": "a", "spans": null}', r"line 1: .*no such list"),
        ("spans", '{"text": "अन्ना", "spans": [[0, 1.5, "x"]]}', r"span \[0, 1.5, .x.\], expected"),
        ("spans", '{"text": "أنا", "spans": [[0, 1, null]]}', r"span \[0, 1, null\], expected"),
        ("spans", '{"text": "a", "spans": [{"start": 0, "end": 1}]}', r"span \[0, 1, null\]"),
        ("spans", '{"text": "a", "spans": [], "language": 3}', r"line 1: .*language is 3"),
        ("spans", "[" * 100_000, r"test.txt, line 1: expected an object"),
        ("tagged", "[" * 100_000, r"test.txt: expected JSON"),
        ("tagged", "{}", r"test.txt: expected a list of objects, got {}"),
        ("tagged", '[{"tokens": ["a"]}]', r"object 0: expected an object with one of tokens"),
        ("tagged", two(["a"], ["O"], tokens="Köln"), r"object 1: expected a list of tokens, got"),
        ("tagged", two(["a"], ["O"], ner_tags=[3]), r"object 1: .*by name, as in B-PER, got 3"),
        ("tagged", two(["东", None], ["O", "O"]), r"object 0: .*got null among them, at 1"),
        ("tagged", two(["a"], ["O"], ner_tags=[""]), r"object 1: expected a tag .* got an empty"),
        ("tagged", two(["ก", "ข"], ["O", "O"], space_after=[True]), r"for 2 tokens, got 1"),
        ("tagged", two(["ก"], ["O"], space_after=[1]), r"object 1: .*\(space_after\), got 1"),
        ("dynamicner", "3", r"test.txt: expected an object of sentences, got 3"),
        ("dynamicner", surfaces(sentence=None), r"object s: expected `sentence`.*null"),
        ("dynamicner", surfaces(entity="Ulm"), r'object s: expected a list of surfaces, got "Ulm"'),
        ("dynamicner", surfaces(category=[1]), r"object s: .* categories, got 1 among them, at 0"),
    ],
)  # fmt: skip
def test_faults(tmp_path: Path, kind: str, text: str | bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(tmp_path, text, kind, name="ronec" if kind == "tagged" else kind)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 9) | st.floats() | st.sampled_from(["", "a", "क"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abक"), inner, max_size=2),
    max_leaves=4,
)
ROWS: dict[str, dict[str, Any]] = {
    "spans": {"text": "กข", "spans": [[0, 2, "x"]], "language": "tha_Thai", "id": "a"},
    "tagged": {"tokens": ["东"], "ner_tags": ["B-PERSON"], "space_after": [True]},
    "dynamicner": {"sentence": "अन्ना", "entity": ["अन्ना"], "category": ["x"]},
}


@given(st.sampled_from(sorted(ROWS)), st.data())
@settings(max_examples=150)
def test_any_value_is_read_or_refused_with_its_place(kind: str, data: st.DataObject) -> None:
    row = ROWS[kind] | {data.draw(st.sampled_from(sorted(ROWS[kind]))): data.draw(JSON)}
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        file.write(json.dumps(row if kind == "spans" else [row]))
        file.flush()
        try:
            gold = read_set(params(Path(file.name), kind, name="ronec"), "longest")
        except ValueError as error:
            assert file.name in str(error) or "expected texts with gold" in str(error)
        else:
            assert len(gold.texts) == 1


def test_a_set_of_no_language(tmp_path: Path) -> None:
    lines = f'{{"text": "x", "spans": [], "language": "deu_Latn"}}\n{SPANS_LINE}\n'
    with pytest.raises(ValueError, match=r"test.txt, line 2: expected a language, got none; say"):
        read(tmp_path, lines, "spans", language=None)
    with pytest.raises(ValueError, match=r"test.txt, line 1: unknown language 'deu'"):
        read(tmp_path, lines.replace("deu_Latn", "deu"), "spans", language=None)


@pytest.mark.parametrize("kind", ["masakhaner", "conll2003", "columns", "panx"])
def test_a_token_that_looks_like_a_comment_is_a_token(tmp_path: Path, kind: str) -> None:
    start = "sw:" if kind == "panx" else ""
    text = f"{start}#a=b O\n{start}Mwai B-PER\n{start}# O\n"
    gold = read(tmp_path, text, kind, labels=tables()["masakhaner"])
    assert [one.text for one in gold.texts] == ["#a=b Mwai #"]


def test_files_of_a_split(tmp_path: Path) -> None:
    for name in ("train.txt", "test.txt", "latest.txt"):
        (tmp_path / name).write_text(f"{name} B-PER\n", "utf-8")
    gold = read_set(params(tmp_path, "masakhaner", split="test"), "longest")
    assert [one.text for one in gold.texts] == ["test.txt"]
    for split, told in (("dev", "'dev'"), (None, "None")):
        with pytest.raises(FileNotFoundError, match=rf"files of the split {told}, got a folder"):
            read_set(params(tmp_path, "masakhaner", split=split), "longest")


def test_the_files_that_are_there_are_named(tmp_path: Path) -> None:
    """CoNLL-2003 as it is distributed: its test files are called testa and testb."""
    for name in ("train", "testa", "testb"):
        (tmp_path / f"eng.{name}").write_text(f"{name} NNP I-NP I-LOC\n", "utf-8")
    (tmp_path / "data").mkdir()
    with pytest.raises(
        FileNotFoundError,
        match=r"'test', got a folder with data/, eng.testa, eng.testb, eng.train; evaluate.sets",
    ):
        read_set(params(tmp_path, "conll2003", split="test"), "longest")
    gold = read_set(params(tmp_path, "conll2003", split="testb"), "longest")
    assert found(gold) == [[("testb", "location")]]
    for i in range(20):
        (tmp_path / f"{i}").touch()
    with pytest.raises(
        FileNotFoundError, match=r"with 0, 1, 10, .*, 18, 19 and 12 more; evaluate.sets"
    ):
        read_set(params(tmp_path, "conll2003", split="test"), "longest")
    with pytest.raises(FileNotFoundError, match=r"got a folder with nothing; evaluate.sets"):
        read_set(params(tmp_path / "data", "conll2003", split="test"), "longest")
    with pytest.raises(FileNotFoundError, match=r"none: no such file or folder; evaluate.sets"):
        read_set(params(tmp_path / "none", "conll2003", split="test"), "longest")


@pytest.mark.parametrize(
    ("tags", "told", "message"),
    [
        ([[0]], {}, "the tags of column ner are numbers, and the file does not say"),
        ([[9]], {"ner": {"feature": {"names": NAMES}}}, "row 0: tag number 9, expected 0 to 3"),
        ([[0, None]], {"ner": {"feature": {"names": NAMES}}}, "row 0: tag number null, expected 0"),
        ([[0]], {"ner": {"feature": {"names": [3]}}}, "names of the tags of column ner, got 3"),
        ([[0]], {"ner": ["feature"]}, "are numbers, and the file does not say"),
    ],
)
def test_parquet_faults(
    tmp_path: Path, tags: list[list[int]], told: dict[str, Any], message: str
) -> None:
    path = hub_file(tmp_path / "test.parquet", tags, told)
    with pytest.raises(ValueError, match=message):
        read_set(params(path, "thainer"), "longest")
    pq.write_table(pa.table({"text": ["a"]}), path)
    with pytest.raises(ValueError, match="expected a list in one of the columns tokens, words"):
        read_set(params(path, "thainer"), "longest")
    for row, fault in (
        ({"tokens": None, "tags": ["O"]}, "expected a list of tokens, got null"),
        ({"tokens": ["क"], "tags": None}, "expected a list of tags by name, as in B-PER, got null"),
        ({"tokens": ["क"], "tags": [None]}, ".*got null among them, at 0"),
        ({"tokens": ["क"], "tags": []}, "expected a tag a token, got 0 for 1"),
    ):
        pq.write_table(pa.Table.from_pylist([{"tokens": ["a"], "tags": ["O"]}, row]), path)
        with pytest.raises(ValueError, match=rf"test.parquet, row 1: {fault}"):
            read_set(params(path, "thainer"), "longest")
    path.write_bytes(b"PAR1")
    with pytest.raises(ValueError, match="not a readable parquet file"):
        read_set(params(path, "thainer"), "longest")
