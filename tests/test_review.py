"""Corrected tasks become gold, and the passages get it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from exporting import exported, rows
from hypothesis import given, settings

from finerweb.cli.main import main
from finerweb.corpus.reviewed import (
    Reviewed,
    read_reviewed,
    reviewed_languages,
    take_reviewed,
    write_reviewed,
)
from finerweb.exports.label_studio import LabelStudio
from finerweb.records import Passage, Span
from finerweb.review import review, save
from finerweb.tables.io import Row, read, write
from finerweb.tables.passages import PASSAGES
from finerweb.tables.rows import passage, passage_row
from finerweb.tally import Tally

Task = dict[str, Any]


def task(text: str, *regions: Any, name: str = "d#0", code: str = "eng_Latn", **more: Any) -> Task:
    """Return a task as Label Studio exports it once somebody annotated it."""
    data = {"text": text, "passage_id": name, "language": code}
    predictions = [{"result": [region(text, 0, 1, "predicted")]}]
    annotation = {"id": 1, "was_cancelled": False, "result": list(regions)}
    return {
        "id": 7,
        "data": data,
        "annotations": [annotation],
        "predictions": predictions,
    } | more


def region(whole: str, start: int, end: int, *labels: str, **value: Any) -> Task:
    return {
        "type": "labels",
        "from_name": "label",
        "to_name": "text",
        "value": {"start": start, "end": end, "text": whole[start:end], "labels": list(labels)}
        | value,
    }


@settings(max_examples=30)
@given(rows())
def test_what_is_exported_comes_back(found: list[Row]) -> None:
    """Predictions that are accepted as they are become the gold, in every script."""
    tasks = json.loads(exported(LabelStudio("merged-multi"), found).data)
    for one in tasks:
        one["annotations"] = one.pop("predictions")
    (passages,) = review(tasks).passages.values()
    assert {name: one.text for name, one in passages.items()} == {
        one["id"]: one["text"] for one in found
    }
    for one in found:
        expected = [
            Span(span["start"], span["end"], " / ".join(sorted(span["labels"])))
            for span in one["char_spans"]
        ]
        assert list(passages[one["id"]].entities) == sorted(expected)


def test_annotations_win_over_predictions() -> None:
    text = "👍🏽 Ana ran."
    none = task(text, name="c", annotations=[])
    skipped = task(text, name="s", annotations=[{"was_cancelled": True, "result": []}])
    empty = task(text, name="e")
    found = review([task(text, region(text, 3, 6, "person")), none, skipped, empty])
    assert {name: one.entities for name, one in found.passages["eng_Latn"].items()} == {
        "d#0": (Span(3, 6, "person"),),
        "e": (),
    }
    assert found.tasks == Tally(4, 2, {"no annotation": 1, "skipped": 1})


@pytest.mark.parametrize("truth", [True, False])
def test_of_several_annotations_one_counts(truth: bool) -> None:
    text = "Ana ran."
    made = [
        {"id": 1, "ground_truth": truth, "updated_at": "2026-01-01T00:00:00Z", "result": []},
        {"id": 2, "updated_at": "2026-01-03T00:00:00Z", "result": [region(text, 0, 3, "b")]},
        {"id": 3, "updated_at": "2026-01-02T00:00:00Z", "result": [region(text, 0, 3, "c")]},
    ]
    found = review([task(text, annotations=made)])
    expected = () if truth else (Span(0, 3, "b"),)
    assert found.passages["eng_Latn"]["d#0"].entities == expected
    assert found.notes == {"several annotations, one taken": 1}


def test_regions_that_are_none() -> None:
    text = "Ana\nran."
    relation = {"type": "relation", "from_id": "a", "to_id": "b"}
    line = region(text, 0, 5, "x", text="Ana\\nr")
    bare = region(text, 4, 7, "y")
    del bare["value"]["text"]
    found = review([task(text, line, bare, relation, region(text, 0, 3))])
    assert found.passages["eng_Latn"]["d#0"].entities == (Span(0, 5, "x"), Span(4, 7, "y"))
    assert found.regions.dropped == {"no label": 1, "not a span of text": 1}


TEXT = "👍🏽 安娜 ran."
BAD = [
    pytest.param({"id": 3, "text": "x"}, "task 3: expected `data` and `annotations`", id="minimal"),
    pytest.param(
        {"data": {"text": "x"}, "annotations": []},
        "task number 1: its data has no passage_id and no language",
        id="foreign",
    ),
    pytest.param(
        task("x") | {"data": {**task("x")["data"], "sentence_id": "d#0-s0"}},
        "is of a sentence, but gold is of whole passages",
        id="sentence",
    ),
    pytest.param(task("x", code="../x"), "unknown language '../x'", id="language"),
    pytest.param(
        task(TEXT, region(TEXT, 5, 7, "person", text="安娜")),
        r"the region \[5, 7\) is '安娜', but there stands ' r'; expected code points",
        id="UTF-16",
    ),
    pytest.param(task("Ana", region("Ana", 1, 9, "x")), r"\[1, 9\) is not in its text", id="past"),
    pytest.param(task("Ana", region("Ana", 2, 2, "x")), r"\[2, 2\) is not in its text", id="empty"),
    pytest.param(
        task("Ana", {"type": "labels", "value": {"labels": ["x"], "start": "/p[1]"}}),
        "is not in its text",
        id="hypertext",
    ),
]


@pytest.mark.parametrize(("bad", "message"), BAD)
def test_tasks_that_are_none(bad: Task, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        review([bad])


def test_a_passage_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="passage d#0 was annotated in a task before it too"):
        review([task("Ana"), task("Ana")])


def test_gold_is_sorted_replaced_and_kept(tmp_path: Path) -> None:
    save(review([task("Ana", name="b"), task("安娜", name="c", code="cmn_Hani")]), tmp_path)
    text = "Ana, Bo"
    again = task(text, region(text, 5, 7, "y"), region(text, 0, 3, "x"), name="b")
    save(review([again, task("Ana", name="a")]), tmp_path)
    assert (tmp_path / "eng_Latn.jsonl").read_text("utf-8") == (
        '{"passage_id": "a", "text": "Ana", "entities": []}\n'
        '{"passage_id": "b", "text": "Ana, Bo", "entities": [[0, 3, "x"], [5, 7, "y"]]}\n'
    )
    assert list(reviewed_languages(tmp_path)) == ["cmn_Hani", "eng_Latn"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[]", "line 2: expected an object with `passage_id`"),
        ('{"passage_id": "b", "text": "x", "entities": [[0, 2, "y"]]}', "ends past passage b"),
        ('{"passage_id": "b", "text": "x", "entities": [[1, 0, "y"]]}', "expected 0 <= start"),
        ('{"passage_id": "a", "text": "x", "entities": []}', "passage a stands there twice"),
        ("{", "line 2: Expecting"),
    ],
)
def test_a_bad_line_of_gold_is_named(line: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "eng_Latn.jsonl"
    write_reviewed(path, [Reviewed("a", "x", ())])
    path.write_text(path.read_text("utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_reviewed(path)


TEXTS = {
    "eng_Latn": "Ana came to Köln.",
    "arb_Arab": "وصلت آنا إلى القاهرة.",
    "hin_Deva": "अन्ना वाराणसी पहुँची।",
    "tha_Thai": "อันนาถึงเชียงใหม่",
    "cmn_Hani": "👍🏽安娜抵达了成都。",
}


@pytest.fixture
def passages(tmp_path: Path) -> Path:
    """Return a folder of two passages a language: the first has gold of its document."""
    for code, text in TEXTS.items():
        found = [
            Passage(f"{code}{n}#0", f"{code}{n}", code, text, 0, 5, "corpus", gold=gold, rank=n)
            for n, gold in enumerate([(Span(0, 1, "old"),), None])
        ]
        path = tmp_path / "passages" / f"{code}.parquet"
        write(path, [passage_row(one) for one in found], PASSAGES)
    return tmp_path / "passages"


def test_passages_get_reviewed_gold(passages: Path, tmp_path: Path) -> None:
    gold = tmp_path / "gold"
    before = {path.name: path.read_bytes() for path in passages.iterdir()}
    for code, text in list(TEXTS.items())[1:]:
        spans = (Span(2, 4, "person"), Span(len(text) - 2, len(text), "city"))
        reviewed = [Reviewed(f"{code}1#0", text, spans), Reviewed(f"{code}0#0", text, ())]
        write_reviewed(gold / f"{code}.jsonl", [*reviewed, Reviewed("gone#0", "x", ())])
    write_reviewed(gold / "deu_Latn.jsonl", [Reviewed("gone#0", "x", ())])
    tallies = take_reviewed(gold, passages)
    assert tallies.pop("deu_Latn") == Tally(1, 0, {"no such passage": 1})
    for code, tally in tallies.items():
        assert tally == Tally(3, 2, {"no such passage": 1})
        first, second = map(passage, read(passages / f"{code}.parquet", PASSAGES))
        assert (first.gold, second.gold) == ((), (Span(2, 4, "person"), second.gold[1]))
    assert (passages / "eng_Latn.parquet").read_bytes() == before["eng_Latn.parquet"]
    once = {path.name: path.read_bytes() for path in passages.iterdir()}
    take_reviewed(gold, passages)
    assert {path.name: path.read_bytes() for path in passages.iterdir()} == once


@pytest.mark.parametrize("code", TEXTS)
def test_another_text_is_an_error(code: str, passages: Path, tmp_path: Path) -> None:
    text = TEXTS[code]
    write_reviewed(tmp_path / f"gold/{code}.jsonl", [Reviewed(f"{code}0#0", text + "?", ())])
    before = (passages / f"{code}.parquet").read_bytes()
    message = f"passage {code}0#0 was reviewed as .* at code point {len(text)}, where .* has ''"
    with pytest.raises(ValueError, match=message):
        take_reviewed(tmp_path / "gold", passages)
    assert (passages / f"{code}.parquet").read_bytes() == before


def test_no_gold_changes_nothing(passages: Path, tmp_path: Path) -> None:
    (tmp_path / "gold").mkdir()
    (tmp_path / "gold/README.md").write_text("empty", encoding="utf-8")
    before = {path.name: path.read_bytes() for path in passages.iterdir()}
    assert take_reviewed(tmp_path / "gold", passages) == {}
    assert {path.name: path.read_bytes() for path in passages.iterdir()} == before


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tasks = Path("tasks.json")

    def imported() -> Result:
        return CliRunner().invoke(main, ["review", "import", str(tasks)])

    text = TEXTS["cmn_Hani"]
    done = task(text, region(text, 2, 4, "person"), code="cmn_Hani")
    tasks.write_text(json.dumps([done, task(text, name="d#1", annotations=[])]), encoding="utf-8")
    assert imported().output.splitlines() == [
        "tasks: 2 seen, 1 taken, 1 no annotation",
        "regions: 1 seen, 1 taken",
        "gold/cmn_Hani.jsonl: 1 passages",
    ]
    found = read_reviewed(Path("gold/cmn_Hani.jsonl"))
    assert found["d#0"].entities == (Span(2, 4, "person"),)
    for bad, message in (("{", "not a JSON file"), ("{}", "expected a list of tasks")):
        tasks.write_text(bad, encoding="utf-8")
        failed = imported()
        assert failed.exit_code == 1 and message in failed.output
