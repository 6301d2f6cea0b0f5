"""Readers of human-labelled sets: formats, tag schemes, joined tokens, faults."""

import json
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import SENTENCES, slices, texts

from finerweb.gold.contamination import refuse_shared
from finerweb.gold.labels import tables
from finerweb.gold.records import GoldText
from finerweb.gold.sets import UNTABLED, GoldSet, flat, of_passages, read_set
from finerweb.params.evaluate import GoldSetParams
from finerweb.records import Passage, Span


def params(path: Path | None, kind: str, /, **changes: Any) -> GoldSetParams:
    given = {"name": kind, "kind": kind, "path": path, "language": "swh_Latn", "split": None}
    return GoldSetParams.model_validate(given | {"types": None, "labels": None} | changes)


def read(tmp_path: Path, text: str | bytes, kind: str, **changes: Any) -> GoldSet:
    path = tmp_path / "test.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    overlaps = changes.pop("overlaps", "longest")
    return read_set(params(path, kind, **changes), overlaps)


def found(gold: GoldSet) -> list[list[tuple[str, str]]]:
    return [[(one.text[s.start : s.end], s.type) for s in one.spans] for one in gold.texts]


@pytest.mark.parametrize(
    ("kind", "text", "told", "spans"),
    [
        (
            "conll2003",
            "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n"
            "German JJ B-NP B-MISC\n\nPeter NNP B-NP B-PER\nBlackburn NNP I-NP I-PER\n",
            ["EU rejects German", "Peter Blackburn"],
            [
                [("EU", "organization"), ("German", "miscellaneous")],
                [("Peter Blackburn", "person")],
            ],
        ),
        (
            "masakhaner",
            "Mwai B-PER\nKibaki I-PER\n# O\n2013 B-DATE\n\n\n\nNairobi B-LOC\n",
            ["Mwai Kibaki # 2013", "Nairobi"],
            [[("Mwai Kibaki", "person"), ("2013", "date")], [("Nairobi", "location")]],
        ),
        (
            "panx",
            "hi:अन्ना\tB-PER\nhi:वाराणसी\tB-LOC\nhi::\tO\n",
            ["अन्ना वाराणसी :"],
            [[("अन्ना", "person"), ("वाराणसी", "location")]],
        ),
        (
            "uner",
            "# sent_id = a-1\n# text = Ana,  rođena u Puli.\n1\tAna\tB-PER\t-\t-\n2\t,\tO\t-\t-\n"
            "3\trođena\tO\t-\t-\n4\tu\tO\t-\t-\n5\tPuli\tB-LOC\tB-OTH\t-\n6\t.\tB-OTH\t-\t-\n",
            ["Ana,  rođena u Puli."],
            [[("Ana", "person"), ("Puli", "location")]],
        ),
        (
            "wikigold",
            "The O\nBeatles I-ORG\nof O\nJohn I-PER\nLennon I-PER\n",
            ["The Beatles of John Lennon"],
            [[("Beatles", "organization"), ("John Lennon", "person")]],
        ),
        (
            "thainer",
            "\ufeff[PERSON]อันนา[/PERSON]เดินทางถึง[LOCATION] เชียงใหม่ [/LOCATION]ใน[T]9 องศา[/T]\n\n",
            ["อันนาเดินทางถึง เชียงใหม่ ใน9 องศา"],
            [[("อันนา", "person"), ("เชียงใหม่", "location"), ("9 องศา", "temperature")]],
        ),
        (
            "tagged",
            json.dumps(
                [
                    {
                        "id": 4,
                        "tokens": ["(", "وصلت", "القاهرة", ")"],
                        "ner_tags": ["O", "O", "B-GPE", "O"],
                        "space_after": [False, True, False, False],
                    }
                ]
            ),
            ["(وصلت القاهرة)"],
            [[("القاهرة", "geopolitical entity")]],
        ),
        (
            "spans",
            json.dumps({"text": SENTENCES["Hani"], "entities": [[0, 2, "person"]], "id": 7})
            + "\n"
            + json.dumps({"text": "👍🏽 Köln", "spans": [{"start": 3, "end": 7, "label": "x"}]}),
            [SENTENCES["Hani"], "👍🏽 Köln"],
            [[("安娜", "person")], [("Köln", "x")]],
        ),
        (
            "dynamicner",
            json.dumps(
                {
                    "sentence1": {
                        "sentence": "Bonn und Bonn und Ulm",
                        "entity": ["Bonn", "Bonn", "Kiel", "Ulm"],
                        "category": ["city", "capital", "city", "city"],
                    }
                }
            ),
            ["Bonn und Bonn und Ulm"],
            [[("Bonn", "city"), ("Bonn", "capital"), ("Ulm", "city")]],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isalnum() else "",
)
def test_formats(
    tmp_path: Path, kind: str, text: str, told: list[str], spans: list[list[tuple[str, str]]]
) -> None:
    labels = tables()["ronec"] if kind == "tagged" else None
    gold = read(tmp_path, text, kind, labels=labels)
    assert [one.text for one in gold.texts] == told
    assert found(gold) == spans
    assert gold.types == tuple(sorted({label for some in spans for _, label in some}))
    report = gold.report
    assert report.texts.kept == len(told)
    assert report.spans.kept == sum(map(len, spans))
    assert report.spans.dropped == {
        "uner": {"not evaluated": 1},
        "dynamicner": {"not found in the text": 1},
    }.get(kind, {})


def test_blanks_among_tokens_are_no_tokens(tmp_path: Path) -> None:
    """ThaiNER 2.2 has them inside entities too."""
    rows = [("นาย", "B-PERSON"), (" ", "I-PERSON"), ("จตุพร", "I-PERSON"), (" ", "I-PERSON")]
    text = "".join(f"{token}\t{tag}\n" for token, tag in [*rows, ("พูด", "O")])
    gold = read(tmp_path, text, "columns", name="thainer")
    (one,) = gold.texts
    assert one.text == "นาย จตุพร พูด"
    assert found(gold) == [[("นาย จตุพร", "person")]]
    assert [one.text[a:b] for a, b in one.tokens or ()] == ["นาย", "จตุพร", "พูด"]


@pytest.mark.parametrize("blank", ["\u00a0", "\u3000", "\u0085", "\u2028"])
def test_other_white_space_is_part_of_a_token(tmp_path: Path, blank: str) -> None:
    gold = read(tmp_path, f"10{blank}000 B-DATE\nwatu O\n", "masakhaner")
    assert found(gold) == [[(f"10{blank}000", "date")]]


OVERLAPPING = {"text": "University of Bonn", "spans": [[0, 18, "a"], [14, 18, "b"], [0, 18, "c"]]}


@pytest.mark.parametrize(
    ("overlaps", "kept"),
    [("longest", [(0, 18, "a")]), ("all", [(0, 18, "a"), (0, 18, "c"), (14, 18, "b")])],
)
def test_overlapping_gold(tmp_path: Path, overlaps: str, kept: list[Any]) -> None:
    gold = read(tmp_path, json.dumps(OVERLAPPING), "spans", overlaps=overlaps)
    assert gold.texts[0].spans == tuple(Span(*one) for one in kept)
    dropped = {"overlaps another": 2} if overlaps == "longest" else {}
    assert gold.report.spans.dropped == dropped
    assert gold.report.spans.seen == 3


def test_nested_marks(tmp_path: Path) -> None:
    text = "[ORGANIZATION]มหาวิทยาลัย[LOCATION]ขอนแก่น[/LOCATION][/ORGANIZATION]"
    assert found(read(tmp_path, text, "thainer")) == [[("มหาวิทยาลัยขอนแก่น", "organization")]]
    nested = found(read(tmp_path, text, "thainer", overlaps="all"))
    assert nested[0][1] == ("ขอนแก่น", "location")


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), max_size=12))
@settings(max_examples=30)
def test_flat_keeps_what_does_not_overlap(places: list[tuple[int, int]]) -> None:
    spans = [Span(start, start + n, "a") for start, n in places]
    kept = flat(spans)
    assert all(one.end <= other.start for one, other in pairwise(kept))
    for span in spans:
        longer = [o for o in kept if o.start < span.end and span.start < o.end]
        assert max(o.end - o.start for o in longer) >= span.end - span.start


def test_only_the_types_that_are_asked_for(tmp_path: Path) -> None:
    gold = read(tmp_path, "Mwai B-PER\nleo B-DATE\n", "masakhaner", types=["person", "location"])
    assert gold.types == ("person", "location")
    assert found(gold) == [[("Mwai", "person")]]
    assert gold.report.spans.dropped == {"not evaluated": 1}


OTHER_LINE = json.dumps({"id": "a", "text": "Otto", "spans": [[0, 4, "x"]]})
SPANS_LINE = json.dumps({"id": "a", "text": "Anna", "spans": [[0, 4, "x"]]})


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
    ],
)  # fmt: skip
def test_faults(tmp_path: Path, kind: str, text: str | bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(tmp_path, text, kind, name="ronec" if kind == "tagged" else kind)


def test_a_text_that_is_there_twice_or_is_empty(tmp_path: Path) -> None:
    empty = json.dumps({"text": " \n", "spans": []})
    gold = read(tmp_path, f"{SPANS_LINE}\n{empty}\n\n{SPANS_LINE}\n", "spans")
    assert gold.report.texts.dropped == {"empty": 1, "repeated": 1}
    assert gold.report.texts.seen == 3
    assert [one.gold_id for one in gold.texts] == ["a"]


def test_files_of_a_split(tmp_path: Path) -> None:
    for name in ("train.txt", "test.txt", "latest.txt"):
        (tmp_path / name).write_text(f"{name} B-PER\n", "utf-8")
    gold = read_set(params(tmp_path, "masakhaner", split="test"), "longest")
    assert [one.text for one in gold.texts] == ["test.txt"]
    for split in ("dev", None):
        with pytest.raises(FileNotFoundError, match="expected a file, or a folder with files of"):
            read_set(params(tmp_path, "masakhaner", split=split), "longest")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"path": None}, "expected the path"),
        ({"language": None}, "expected its language"),
        ({"language": "swa"}, "unknown language 'swa'"),
        ({"kind": "sheet"}, "Input should be"),
    ],
)
def test_params(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        params(Path("a"), "masakhaner", **changes)


NAMES = ["O", "B-PERSON", "I-PERSON", "B-LOCATION"]


def hub_file(path: Path, tags: list[list[Any]], told: dict[str, Any]) -> Path:
    words = [["อันนา", " ", "ศรี", "ถึง", "เชียงใหม่"][: len(row)] for row in tags]
    table = pa.table({"words": words, "ner": tags})
    metadata = {"huggingface": json.dumps({"info": {"features": told}})}
    pq.write_table(table.replace_schema_metadata(metadata), path)
    return path


@pytest.mark.parametrize("kind", ["Sequence", "List"])
def test_parquet_of_the_hub(tmp_path: Path, kind: str) -> None:
    told = {"ner": {"feature": {"names": NAMES, "_type": "ClassLabel"}, "_type": kind}}
    path = hub_file(tmp_path / "test-00000-of-00001.parquet", [[1, 2, 2, 0, 3], [0]], told)
    gold = read_set(params(path, "thainer", language="tha_Thai"), "longest")
    assert found(gold) == [[("อันนา ศรี", "person"), ("เชียงใหม่", "location")], []]
    as_names = [[NAMES[i] for i in row] for row in ([1, 2, 2, 0, 3], [0])]
    path = hub_file(tmp_path / "test.parquet", as_names, {})
    assert read_set(params(path, "thainer", language="tha_Thai"), "longest").texts == gold.texts


@pytest.mark.parametrize(
    ("tags", "told", "message"),
    [
        ([[0]], {}, "the tags of column ner are numbers, and the file does not say"),
        ([[9]], {"ner": {"feature": {"names": NAMES}}}, "tag number 9, expected 0 to 3"),
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
    path.write_bytes(b"PAR1")
    with pytest.raises(ValueError, match="not a readable parquet file"):
        read_set(params(path, "thainer"), "longest")


@pytest.mark.slow  # imports datasets
def test_parquet_as_datasets_writes_it(tmp_path: Path) -> None:
    from datasets import ClassLabel, Dataset, Features, Sequence, Value

    features = Features(
        {"tokens": Sequence(Value("string")), "ner_tags": Sequence(ClassLabel(names=NAMES))}
    )
    rows = {"tokens": [["Anna", "Ulm"]], "ner_tags": [[1, 3]]}
    path = tmp_path / "test.parquet"
    Dataset.from_dict(rows, features=features).to_parquet(path)
    gold = read_set(params(path, "thainer"), "longest")
    assert found(gold) == [[("Anna", "person"), ("Ulm", "location")]]


def passage(name: str, text: str, *gold: Span, part: str = "corpus") -> Passage:
    return Passage(name, name, "deu_Latn", text, 0, 9, part, gold=gold or None)


def test_the_samples_own_gold() -> None:
    passages = [passage("a", "Anna", Span(0, 4, "person")), passage("b", "Otto")]
    own = params(None, "sample", language=None)
    gold = of_passages(own, passages, "longest")
    assert gold.texts == (GoldText("a", "sample", "deu_Latn", "Anna", (Span(0, 4, "person"),)),)
    with pytest.raises(ValueError, match="set sample: expected texts with gold, found none"):
        of_passages(own, passages[1:], "longest")


def test_every_kind_has_labels_or_needs_none() -> None:
    of_kinds = set(GoldSetParams.model_fields["kind"].annotation.__args__)
    assert of_kinds - {"sample", "columns", "tagged", *UNTABLED} <= set(tables())
    assert tables()["uner"]["OTH"] == ""


TEXT = "Die Stadt Ulm liegt an der Donau und hat seit langem das höchste Münster"


def gold_set(*told: str) -> GoldSet:
    own = params(None, "sample", language=None)
    passages = [passage(f"g{i}", text, Span(0, 1, "x")) for i, text in enumerate(told)]
    return of_passages(own, passages, "longest")


def test_gold_in_the_training_data_is_refused() -> None:
    gold = gold_set("Etwas ganz anderes steht hier, was niemand sonst je schrieb", TEXT, "Ulm")
    training = ["Kurz.", f"Vorher. {TEXT.upper()}, so heißt es."]
    with pytest.raises(ValueError, match=r"set sample: 1 texts share 8 words .* as g1 does"):
        refuse_shared([gold], training, 8)
    assert refuse_shared([gold], ["Die Stadt Ulm liegt an der Lahn"], 8) == {"sample": 1}
    assert refuse_shared([gold_set("Ulm")], training, 8) == {"sample": 1}
    assert refuse_shared([gold], [], 8) == {"sample": 1}


@pytest.mark.parametrize("script", ["Latn", "Arab", "Deva", "Thai", "Hani"])
def test_refused_in_every_script(script: str) -> None:
    text = SENTENCES[script] * 2
    with pytest.raises(ValueError, match="1 texts share 4 words"):
        refuse_shared([gold_set(text)], [f"x {text} y"], 4)


@given(st.data(), texts(min_size=1, max_size=30).filter(str.strip))
@settings(max_examples=30)
def test_spans_come_back_as_they_were_written(data: st.DataObject, text: str) -> None:
    start, end = data.draw(slices(text))
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.write(json.dumps({"text": text, "spans": [[start, end, "x"]]}))
        file.flush()
        gold = read_set(params(Path(file.name), "spans"), "longest")
    assert gold.texts[0].text == text
    assert gold.texts[0].spans == (Span(start, end, "x"),)
