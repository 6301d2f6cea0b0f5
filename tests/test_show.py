"""`finerweb show`: whose entities, where in the text, and nothing that steers a terminal."""

import json
import unicodedata
from pathlib import Path

import pytest
from annotated import NAMED, annotated, place, text_of
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import slices, texts

from finerweb.cli.main import main
from finerweb.cli.show import END, ISOLATE
from finerweb.records import Entity
from finerweb.viewing import harmless, pieces


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with annotated passages."""
    folder = tmp_path_factory.mktemp("shown")
    annotated(folder / "data")
    return folder


def show(folder: Path, *options: str, **env: str) -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return CliRunner().invoke(main, ["show", *options], env=env)


@pytest.mark.parametrize("code", NAMED)
def test_merged_in_brackets(data: Path, code: str) -> None:
    _, person, city = NAMED[code]
    lines = show(data, code).stdout.splitlines()
    expected = text_of(code)
    for surface, label in ((person, "person"), (city, "city")):
        expected = expected.replace(surface, f"[{surface} {ISOLATE}{label}{END}]")
    assert lines[0] == f"{code}-0#0  0.50  "
    assert lines[1] == expected
    assert lines[-1] == "passages: 2; entities: 4: person 2, city 2"


@pytest.mark.parametrize("code", NAMED)
@pytest.mark.parametrize(
    ("annotator", "labels"),
    [("qwen", ["person"]), ("gemma", ["person", "city"]), ("gold", ["human"])],
)
def test_json_is_of_one_annotator(data: Path, code: str, annotator: str, labels: list[str]) -> None:
    done = show(data, code, "--annotator", annotator, "--json")
    found = json.loads(done.stdout)
    assert len(found) == (1 if annotator == "gold" else 2), "gold stands in the first alone"
    for one in found:
        entities = sorted(one["entities"], key=lambda e: labels.index(e["labels"][0]))
        assert [e["labels"] for e in entities] == [[label] for label in labels]
        surfaces = NAMED[code][1:]
        for entity, surface in zip(entities, surfaces, strict=False):
            assert entity["surface"] == surface
            assert {key: entity[key] for key in ("start", "end")} == place(code, surface)


def test_one_passage_and_a_limit(data: Path) -> None:
    (one,) = json.loads(show(data, "tha_Thai", "--passage", "tha_Thai-1#0", "--json").stdout)
    assert (one["passage_id"], one["quality_score"]) == ("tha_Thai-1#0", 0.75)
    assert len(json.loads(show(data, "tha_Thai", "--limit", "1", "--json").stdout)) == 1


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["tha_Latn"], 1, "unknown language 'tha_Latn'"),
        (["kor_Hang"], 1, "no such file; run the stage that writes entities"),
        (["tha_Thai", "--annotator", "bob"], 1, "data/grounded has gemma, qwen"),
        (["tha_Thai", "--passage", "x"], 1, "no passage 'x' with entities of merged"),
        (["tha_Thai", "--limit", "0"], 2, "0 is not in the range"),
    ],
)
def test_errors(data: Path, options: list[str], code: int, said: str) -> None:
    done = show(data, *options)
    assert done.exit_code == code
    assert said in done.stderr


@pytest.mark.parametrize(
    ("env", "is_coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
    ids=["pipe", "forced", "NO_COLOR"],
)
def test_colours(data: Path, env: dict[str, str], is_coloured: bool) -> None:
    done = show(data, "deu_Latn", **{"TERM": "xterm-256color"} | env)
    # 36 is cyan: the colour of the commonest label.
    assert ("\x1b[1;36m" in done.output) == is_coloured


@settings(max_examples=50)
@given(st.data())
def test_pieces_make_up_the_text(data: st.DataObject) -> None:
    text = data.draw(texts(min_size=1))
    spans = data.draw(st.lists(slices(text), max_size=6, unique=True))
    entities = [Entity(start, end, ("x",)) for start, end in spans]
    cut, left = pieces(text, entities)
    assert "".join(piece.text for piece in cut) == text
    marked = [piece for piece in cut if piece.entity is not None]
    for piece in marked:
        assert piece.entity and text[piece.entity.start : piece.entity.end] == piece.text
    shown = [(e.start, e.end) for p in marked if (e := p.entity)] + [(e.start, e.end) for e in left]
    assert sorted(shown) == sorted(spans), "none is lost, none is there twice"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x1b[31mb", "a␛[31mb"),
        ("Straße\r\n", "Straße␍\n"),
        ("القاهرة\x9b5m", "القاهرة�5m"),
        ("เชียงใหม่\x08\t", "เชียงใหม่␈\t"),
        ("京都\u2028東京", "京都�東京"),
        ("वाराणसी\u200d", "वाराणसी\u200d"),
    ],
)
def test_control_characters_are_pictures(text: str, expected: str) -> None:
    assert harmless(text) == expected


@settings(max_examples=30)
@given(st.text())
def test_harmless_keeps_offsets(text: str) -> None:
    shown = harmless(text)
    assert len(shown) == len(text)
    assert {c for c in shown if unicodedata.category(c) == "Cc"} <= {"\n", "\t"}


def test_overlaps_are_named(data: Path, tmp_path: Path) -> None:
    cut, left = pieces("New York City", [Entity(0, 8, ("city",)), Entity(4, 13, ("town",))])
    assert [piece.text for piece in cut] == ["New York", " City"]
    assert [entity.labels for entity in left] == [("town",)]
