"""What evaluation sets hold is found in passages, whatever their format: as it is scored."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import SENTENCES

from finerweb.checks.gold import gold_sets
from finerweb.corpus.contamination import EvaluationTexts
from finerweb.corpus.segmentation import words
from finerweb.gold.contamination import refuse_shared
from finerweb.gold.joining import joined
from finerweb.gold.sets import GoldSet, read_set
from finerweb.params.evaluate import GoldSetParams
from finerweb.params.passages import EvaluationSet

TOKENS = {
    "Latn": "Anna lives in the old town of Bern ( BE ) .".split(),
    "Arab": "تعيش آنا في المدينة القديمة قرب نهر النيل .".split(),
    "Deva": "अन्ना वाराणसी के पुराने शहर में नदी के पास रहती है ।".split(),
    "Thai": "แม่น้ำ ภูเขา กระดาษ เย็น สถานี สวน หน้าต่าง ฤดูหนาว จดหมาย".split(),
    "Hani": "安娜 住在 成都 的 老城 , 离 河流 很近 , 信件 很多 。".split(),
    "mixed": "ทีม Manchester United ชนะ Real Madrid ใน นัดชิง ที่ London เมื่อวาน ด้วย 2 ต่อ 1".split(),
}


def columns(tokens: list[str], start: str = "", end: str = " O") -> str:
    return "".join(f"{start}{token}{end}\n" for token in tokens)


def parquet(tokens: list[str]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"words": [tokens], "ner": [["O"] * len(tokens)]}), sink)
    return sink.getvalue().to_pybytes()


FORMATS = {
    "conll2003": lambda tokens: "-DOCSTART- -X- -X- O\n\n" + columns(tokens, end=" NN I-NP O"),
    "masakhaner": columns,
    "wikigold": columns,
    "columns": lambda tokens: columns(tokens, end="\tB-PER"),
    "panx": lambda tokens: columns(tokens, "en:", "\tO"),
    "uner": lambda tokens: f"# text = {joined(tokens)[0]}\n" + columns(tokens, "1\t", "\tO\t-\t-"),
    "thainer": lambda tokens: (
        f"[PERSON]{tokens[0]}[/PERSON]{joined(tokens)[0][len(tokens[0]) :]}\n"
    ),
    "dynamicner": lambda tokens: json.dumps(
        [{"sentence": joined(tokens)[0], "entity": [], "category": []}]
    ),
    "tagged": lambda tokens: json.dumps([{"tokens": tokens, "ner_tags": ["O"] * len(tokens)}]),
    "spans": lambda tokens: json.dumps({"text": joined(tokens)[0], "spans": []}),
    "plain": lambda tokens: f"\ufeff{joined(tokens)[0]}\n",
    "jsonl": lambda tokens: json.dumps({"text": joined(tokens)[0], "id": 1}) + "\n",
}


def told(path: Path, kind: str, split: str | None = None) -> EvaluationSet:
    return EvaluationSet.model_validate({"kind": kind, "path": path, "split": split})


def scored(path: Path, kind: str) -> GoldSet:
    given = {"name": "a", "kind": kind, "path": path, "language": "tha_Thai", "split": None}
    return read_set(GoldSetParams.model_validate(given | {"types": None, "labels": {}}), "all")


def test_every_kind_is_here() -> None:
    kinds = EvaluationSet.model_fields["kind"].annotation
    assert set(FORMATS) == {
        one for some in kinds.__args__ for one in getattr(some, "__args__", [some])
    }


@pytest.mark.parametrize("script", TOKENS)
@pytest.mark.parametrize("kind", [*FORMATS, "parquet"])
def test_a_sentence_is_found_again(kind: str, script: str, tmp_path: Path) -> None:
    tokens = TOKENS[script]
    path = tmp_path / f"test.{kind}"
    content = parquet(tokens) if kind == "parquet" else FORMATS[kind](tokens).encode()
    path.write_bytes(content)
    found = EvaluationTexts([told(path, "panx" if kind == "parquet" else kind)], 8)
    text = joined(tokens)[0]
    assert found.share_a_run(words(f"{SENTENCES['Latn']} {text} 2024").hashes)
    assert not found.share_a_run(words(joined(tokens[::-1])[0]).hashes)


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("ทีม Manchester United ชนะ Real Madrid ในนัดชิงที่ London เมื่อวาน", 8),
        ("ทีมManchester Unitedชนะ Real Madridในนัดชิงที่Londonเมื่อวาน", 4),
    ],
    ids=["blanks", "none"],
)
def test_blanks_that_a_set_does_not_tell(text: str, n: int, tmp_path: Path) -> None:
    """Thai is written with blanks around words of other scripts, or without them."""
    path = tmp_path / "test.txt"
    path.write_text(FORMATS["panx"](TOKENS["mixed"]), "utf-8")
    assert EvaluationTexts([told(path, "panx")], n).share_a_run(words(text).hashes)
    with pytest.raises(ValueError, match=rf"1 texts share {n} words in a row"):
        refuse_shared([scored(path, "panx")], [text], n)


POOL = st.sampled_from([token for tokens in TOKENS.values() for token in tokens])


@given(
    st.lists(st.tuples(POOL, st.sampled_from(["", " ", ", "])), min_size=4, max_size=14),
    st.sampled_from(["masakhaner", "tagged", "panx"]),
)
@settings(max_examples=40)
def test_what_would_be_refused_is_dropped(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]], kind: str
) -> None:
    """A training text with the tokens of a set, of any scripts, with or without blanks."""
    path = tmp_path_factory.mktemp("gold") / "test"
    path.write_text(FORMATS[kind]([token for token, _ in pairs] + ["Ulm"] * 4), "utf-8")
    passage = "".join(token + between for token, between in pairs)
    is_dropped = EvaluationTexts([told(path, kind)], 4).share_a_run(words(passage).hashes)
    try:
        refuse_shared([scored(path, kind)], [passage], 4)
    except ValueError:
        assert is_dropped
    else:
        assert not is_dropped


def test_a_folder_and_a_split(tmp_path: Path) -> None:
    for script, name in zip(("Latn", "Arab"), ("eng.testb", "eng.train"), strict=True):
        (tmp_path / name).write_text(FORMATS["conll2003"](TOKENS[script]), "utf-8")
    found = EvaluationTexts([told(tmp_path, "conll2003", "testb")], 8)
    assert found.share_a_run(words(joined(TOKENS["Latn"])[0]).hashes)
    assert not found.share_a_run(words(joined(TOKENS["Arab"])[0]).hashes)


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("plain", None, r"e.x: no such file or folder; passages.evaluation_texts in params.yaml"),
        ("plain", b"Short.\n", r"e.x: expected sentences of 8 words .* none in 1 texts; .* plain"),
        ("masakhaner", parquet(["a"]), r"e.x: expected UTF-8, got byte"),
        ("jsonl", b'{"text": "a"}\n{"text": null}', r"e.x, line 2: expected an object with `text`"),
        ("jsonl", b"[" * 99_999, r"e.x, line 1: expected an object with `text`"),
        ("panx", b"en:a\n", r"e.x, line 1: expected at least 2 columns"),
    ],
)
def test_faults(kind: str, content: bytes | None, message: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "e.x").write_bytes(content)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        EvaluationTexts([told(tmp_path / "e.x", kind)], 8)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("gold/test.txt", "expected kind, path and split, as in .kind: plain, path: gold/test.txt"),
        ({"kind": "sample", "path": "a", "split": None}, "Input should be 'conll2003'"),
        ({"kind": "plain", "path": "a"}, "split"),
    ],
)
def test_params(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EvaluationSet.model_validate(value)


def test_doctor_says_which_sets_are_missing_or_may_be_learnt_from(tmp_path: Path) -> None:
    (tmp_path / "eng.testb").touch()
    here = {"kind": "conll2003", "path": str(tmp_path), "split": "testb"}
    none = {"kind": "masakhaner", "path": str(tmp_path / "swa"), "split": "test"}
    other = {"kind": "thainer", "path": str(tmp_path), "split": "test"}

    def states(looked_for: list[Any], scored: list[Any]) -> list[tuple[str, str]]:
        sets = [{"kind": "sample", "path": None, "split": None}, *scored]
        params = {"passages": {"evaluation_texts": looked_for}, "evaluate": {"sets": sets}}
        return [(check.state, check.said) for check in gold_sets(params)]

    assert states([], []) == []
    assert states([here], [here]) == states([here], []) == [("ok", "1 file")]
    ((state, said),) = states([], [here])
    assert state == "note" and said.startswith("not in passages.evaluation_texts: predict refuses")
    ((state, said),) = states([none], [none])
    assert state == "wrong" and "swa: no such file or folder; evaluate.sets" in said
    ((state, said),) = states([other], [])
    assert state == "wrong" and "got a folder with eng.testb; passages.evaluation_texts" in said
