"""Readers of human-labelled sets: formats, tag schemes, joined tokens, faults."""

import json
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from gold_sets import NAMES, found, hub_file, params, read
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import SENTENCES, slices, texts

from finerweb.gold.contamination import refuse_shared
from finerweb.gold.labels import tables
from finerweb.gold.records import GoldText
from finerweb.gold.sets import UNTABLED, GoldSet, longest, of_passages, read_set
from finerweb.params.evaluate import GoldSetParams
from finerweb.records import Passage, Span


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
    kept = longest(spans)
    assert all(one.end <= other.start for one, other in pairwise(kept))
    for span in spans:
        longer = [o for o in kept if o.start < span.end and span.start < o.end]
        assert max(o.end - o.start for o in longer) >= span.end - span.start


def test_only_the_types_that_are_asked_for(tmp_path: Path) -> None:
    gold = read(tmp_path, "Mwai B-PER\nleo B-DATE\n", "masakhaner", types=["person", "location"])
    assert gold.types == ("person", "location")
    assert found(gold) == [[("Mwai", "person")]]
    assert gold.report.spans.dropped == {"not evaluated": 1}


SPANS_LINE = json.dumps({"id": "a", "text": "Anna", "spans": [[0, 4, "x"]]})


def test_a_text_that_is_there_twice_or_is_empty(tmp_path: Path) -> None:
    empty = json.dumps({"text": " \n", "spans": []})
    gold = read(tmp_path, f"{SPANS_LINE}\n{empty}\n\n{SPANS_LINE}\n", "spans")
    assert gold.report.texts.dropped == {"empty": 1, "repeated": 1}
    assert gold.report.texts.seen == 3
    assert [one.gold_id for one in gold.texts] == ["a"]


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


@pytest.mark.parametrize("kind", ["Sequence", "List"])
def test_parquet_of_the_hub(tmp_path: Path, kind: str) -> None:
    told = {"ner": {"feature": {"names": NAMES, "_type": "ClassLabel"}, "_type": kind}}
    path = hub_file(tmp_path / "test-00000-of-00001.parquet", [[1, 2, 2, 0, 3], [0]], told)
    gold = read_set(params(path, "thainer", language="tha_Thai"), "longest")
    assert found(gold) == [[("อันนา ศรี", "person"), ("เชียงใหม่", "location")], []]
    as_names = [[NAMES[i] for i in row] for row in ([1, 2, 2, 0, 3], [0])]
    path = hub_file(tmp_path / "test.parquet", as_names, {})
    assert read_set(params(path, "thainer", language="tha_Thai"), "longest").texts == gold.texts


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
