"""What stays of a corpus: reasons, copies within and across languages, evaluation texts, masks."""

import hashlib
import json
import os
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import SENTENCES, texts

from finerweb.compute.batches import read as read_batch
from finerweb.corpus.cleaning import Cleaning, clean, document_batches
from finerweb.corpus.duplicates import Repeats, Signatures
from finerweb.corpus.ngrams import ngrams
from finerweb.corpus.personal import mask, personal
from finerweb.corpus.segmentation import words
from finerweb.params.passages import PassagesParams
from finerweb.records import Document
from finerweb.tables.documents import DOCUMENTS
from finerweb.tables.io import read, write
from finerweb.tables.passages import PASSAGES
from finerweb.tables.rows import document_row

PARAMS: dict[str, Any] = {
    "words": 256,
    "min_words": 3,
    "language_check": "none",
    "identifier": "none",
    "min_script_share": 0.5,
    "near_duplicates": {"bands": 14, "rows": 8, "words": 3},
    "evaluation_texts": [],
    "evaluation_words": 8,
    "personal_data": "keep",
    "gold": "gold",
}
TEXTS = Path(os.environ.get("FINERWEB_TEST_DATA", "../shared/data")) / "passages"
VOCABULARY = {
    "eng_Latn": "river mountain paper evening station garden window winter letter morning".split(),
    "arb_Arab": "نهر جبل ورق مساء محطة حديقة نافذة شتاء رسالة صباح".split(),
    "hin_Deva": "नदी पहाड़ कागज़ शाम स्टेशन बगीचा खिड़की सर्दी चिट्ठी सुबह".split(),
    "tha_Thai": "แม่น้ำ ภูเขา กระดาษ เย็น สถานี สวน หน้าต่าง ฤดูหนาว จดหมาย เช้า".split(),
    "cmn_Hani": "河流 山脉 纸张 傍晚 车站 花园 窗户 冬天 信件 早晨".split(),
}


def sentence(code: str, seed: int, n: int = 60) -> str:
    """Return n words of a language, others for each seed."""
    chosen = Random(seed).choices(VOCABULARY[code], k=n)
    return ("" if code in ("tha_Thai", "cmn_Hani") else " ").join(chosen)


def run(
    folder: Path, corpus: dict[str, list[str]], **changed: Any
) -> tuple[dict[str, list[str]], dict[str, dict[str, int]]]:
    """Clean texts, by language; return the texts that stay, and the counts by reason."""
    folder.mkdir(exist_ok=True)
    for code, some in corpus.items():
        documents = [
            Document(f"{code}{i}", code, text, "corpus", rank=i) for i, text in enumerate(some)
        ]
        write(folder / "documents" / f"{code}.parquet", map(document_row, documents), DOCUMENTS)
    for name in ("out", "scratch"):
        (folder / name).mkdir()
    identifier = folder / "none"
    identifier.touch()
    work = Cleaning(PassagesParams.model_validate(PARAMS | changed), identifier)
    candidates = map(work.load(), map(read_batch, document_batches(folder / "documents")))
    tallies = clean(candidates, folder / "out", folder / "scratch")
    kept = {
        code: [row["text"] for row in read(folder / "out" / f"{code}.parquet", PASSAGES)]
        for code in corpus
    }
    for tally in tallies.values():
        assert tally.seen == tally.kept + sum(tally.dropped.values())
    return kept, {code: dict(tally.dropped) for code, tally in tallies.items()}


def test_every_drop_has_a_reason(tmp_path: Path) -> None:
    good = "Ein kurzer Text aus Köln."
    kept, dropped = run(
        tmp_path, {"deu_Latn": [good, "EIN  kurzer text aus KÖLN.", "Kurz.", "...", "Это не то."]}
    )
    assert kept == {"deu_Latn": [good]}
    assert dropped == {"deu_Latn": {"duplicate": 1, "no words": 1, "script": 1, "too short": 1}}


def test_a_language_of_which_nothing_stays_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"deu_Latn: no passage of the corpus stays: 2 seen, "):
        run(tmp_path, {"deu_Latn": ["Kurz.", "..."], "eng_Latn": ["This one is long enough."]})


@pytest.mark.parametrize("code", VOCABULARY)
def test_near_duplicates_in_every_script(code: str, tmp_path: Path) -> None:
    """A copy with a word changed goes, the first one stays; other texts of the same words stay."""
    first, other = sentence(code, 1), sentence(code, 2)
    near = first.replace(VOCABULARY[code][0], VOCABULARY[code][1], 1)
    kept, dropped = run(tmp_path, {code: [first, other, near, other]})
    assert kept == {code: [first, other]}
    assert dropped == {code: {"near duplicate": 1, "duplicate": 1}}
    kept, dropped = run(
        tmp_path / "off",
        {code: [first, other, near, other]},
        near_duplicates={"bands": 0, "rows": 1, "words": 1},
    )
    assert kept == {code: [first, other, near]}


def test_copies_across_languages_stay_in_the_first(tmp_path: Path) -> None:
    advert = sentence("eng_Latn", 3)
    corpus = {"swh_Latn": [advert + " na", sentence("eng_Latn", 4)], "eng_Latn": [advert]}
    kept, dropped = run(tmp_path, corpus)
    assert kept["eng_Latn"] == [advert] and len(kept["swh_Latn"]) == 1
    assert dropped == {"eng_Latn": {}, "swh_Latn": {"near duplicate": 1}}


@pytest.mark.slow
@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(0, 40), max_size=4), max_size=60))
def test_repeats_are_those_with_a_key_of_an_earlier_one(things: list[list[int]]) -> None:
    from tempfile import TemporaryDirectory

    spread = 0x9E3779B97F4A7C15
    seen: set[int] = set()
    expected = []
    for keys in things:
        expected.append(bool(seen & set(keys)))
        seen |= set(keys)
    with TemporaryDirectory() as folder, closing(Repeats(Path(folder) / "r")) as repeats:
        for number, keys in enumerate(things):
            spreaded = [key * spread % 2**64 for key in keys]
            repeats.add(np.array(spreaded, np.uint64), np.full(len(keys), number))
        assert repeats.found(len(things)).tolist() == expected


def test_banding_finds_as_many_as_its_formula_says() -> None:
    """The share of pairs found, against 1 - (1 - s^rows)^bands, for several similarities."""
    signatures = Signatures(14, 8, 1)
    rng = np.random.default_rng(0)
    for shared in (150, 180, 195):
        found, n = 0, 200
        for _ in range(n):
            both = rng.integers(1, 2**63, 200 + 200 - shared, dtype=np.uint64)
            one, two = both[:200], both[-200:]
            found += bool(set(signatures.keys(one)) & set(signatures.keys(two)))
        s = shared / (400 - shared)
        assert abs(found / n - (1 - (1 - s**8) ** 14)) < 0.12


@given(st.lists(st.integers(0, 2**64 - 1), max_size=30), st.integers(1, 6))
def test_ngrams_tell_runs_apart_and_only_them(hashes: list[int], n: int) -> None:
    array = np.array(hashes, np.uint64)
    found = ngrams(array, n).tolist()
    runs = [tuple(hashes[i : i + n]) for i in range(len(hashes) - n + 1)]
    assert len(found) == len(runs)
    assert len(set(zip(found, runs, strict=True))) == len(set(found)) == len(set(runs))


def test_32_a_planted_evaluation_sentence_is_removed(tmp_path: Path) -> None:
    """In each of the formats: tests/test_contamination.py."""
    path = tmp_path / "plain.txt"
    path.write_text("\ufeffAnna lives in the old town of Bern\n", encoding="utf-8")
    planted = "He says that ANNA lives in the old town  of Bern, near the river Aare."
    clean_ = "Anna lives in a new town, and in the old town of Thun lives nobody at all."
    told = {"kind": "plain", "path": path, "split": None}
    kept, dropped = run(tmp_path, {"eng_Latn": [planted, clean_]}, evaluation_texts=[told])
    assert kept == {"eng_Latn": [clean_]}
    assert dropped == {"eng_Latn": {"evaluation text": 1}}


def test_evaluation_sets_that_are_not_there_stop_it_at_once(tmp_path: Path) -> None:
    told = {"kind": "plain", "path": tmp_path / "none", "split": None}
    params = PassagesParams.model_validate(PARAMS | {"evaluation_texts": [told]})
    with pytest.raises(FileNotFoundError, match=r"none: no such file or folder; passages.eval"):
        Cleaning(params, tmp_path)


PERSONAL = [
    ("Mail anna.k+x@uni-köln.example.de or call +49 221 470-0123.", ["e-mail", "telephone"]),
    ("اتصل على ٠٠٢٠ ١٢ ٣٤٥٦ ٧٨٩٠ أو a@b.eg", ["telephone", "e-mail"]),
    ("फ़ोन: +91 98765 43210", ["telephone"]),
    ("โทร 02-123-4567 หรือ (02) 123 4567", ["telephone", "telephone"]),
    ("电话：010-8888 6666，邮箱：wang@例子.中国", ["telephone", "e-mail"]),
    ("Server 192.168.17.4, version 1.2.3, 999.1.1.1", ["IP"]),
    ("2001:0db8:85a3:0000:0000:8a2e:0370:7334 is up", ["IP"]),
    ("key sk-abcdefghijklmnopqrstuvwx and AKIAABCDEFGHIJKLMNOP", ["key", "key"]),
    ("From 1914-1918, on 2024-05-17, for 1,250,000 people; ISBN 978-3-16-148410-0; 12.05.1987", []),
    ("07-02-2024, 7/2/2024, ०७-०२-२०२४, visitor no. 00418273, 1024 x 768", []),
    ("Köln won 3:2; see pages 123-125, paragraph 1.2.3.4.5, row 0 5 10 15", []),
]


@pytest.mark.parametrize(("text", "kinds"), PERSONAL)
def test_26_personal_data_is_found(text: str, kinds: list[str]) -> None:
    assert [span.type for span in personal(text)] == kinds


@pytest.mark.parametrize(("text", "kinds"), PERSONAL)
def test_26_masking_leaves_nothing_to_find_out_and_everything_in_place(
    text: str, kinds: list[str]
) -> None:
    spans = personal(text)
    masked = mask(text, spans)
    assert len(masked) == len(text)
    for span in spans:
        assert set(masked[span.start : span.end]) <= set("x0@.+-_/:() ")
    assert mask(masked, spans) == masked


@given(texts(max_size=200))
def test_personal_spans_are_in_order_and_apart(text: str) -> None:
    spans = personal(text)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert all(0 <= span.start < span.end <= len(text) for span in spans)


@pytest.mark.parametrize("policy", ["keep", "mask", "drop"])
def test_26_policies(policy: str, tmp_path: Path) -> None:
    text = "Frau Kunz aus Bern ist unter anna@kunz.example zu erreichen."
    corpus = {"deu_Latn": [text, "Ein anderer Text ohne so etwas."]}
    kept, dropped = run(tmp_path, corpus, personal_data=policy)
    rows = read(tmp_path / "out" / "deu_Latn.parquet", PASSAGES)
    if policy == "drop":
        assert dropped == {"deu_Latn": {"personal data": 1}}
        return
    span = {"start": 29, "end": 46, "type": "e-mail"}
    assert rows[0]["personal"] == [span] and rows[1]["personal"] == []
    masked = "Frau Kunz aus Bern ist unter xxxx@xxxx.xxxxxxx zu erreichen."
    assert kept["deu_Latn"][0] == (text if policy == "keep" else masked)


@pytest.mark.slow
def test_31_the_same_bytes_whatever_the_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from finerweb.corpus import cleaning

    corpus = {code: [sentence(code, seed % 5) for seed in range(9)] for code in VOCABULARY}
    digests = set()
    for size in (1, 2, 1000):
        monkeypatch.setattr(cleaning, "AT_ONCE", size)
        kept, dropped = run(tmp_path / str(size), corpus)
        digests.add(hashlib.sha256(json.dumps([kept, dropped]).encode()).hexdigest())
    assert len(digests) == 1


@pytest.mark.skipif(not TEXTS.is_dir(), reason="needs the texts of FINERWEB_TEST_DATA")
@pytest.mark.slow
def test_passages_of_90_languages(tmp_path: Path) -> None:
    """All are slices of at most 256 words; nothing is lost but what is counted."""
    corpus = {
        path.stem: [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()[:5]]
        for path in sorted(TEXTS.glob("*.jsonl"))
    }
    assert len(corpus) == 90
    run(tmp_path, corpus, min_words=1)
    for code, whole in corpus.items():
        rows = read(tmp_path / "out" / f"{code}.parquet", PASSAGES)
        for row in rows:
            source = whole[row["rank"]]
            assert source[row["start"] : row["start"] + len(row["text"])] == row["text"]
            assert row["n_words"] == len(words(row["text"]).starts) <= 256
        n_words = sum(len(words(text).starts) for text in whole)
        assert sum(row["n_words"] for row in rows) >= 0.9 * n_words, code


def test_sentences_of_all_scripts_stay(tmp_path: Path) -> None:
    scripts = {"Latn": "deu_Latn", "Cyrl": "rus_Cyrl", "Arab": "arb_Arab", "Deva": "hin_Deva",
               "Thai": "tha_Thai", "Hani": "cmn_Hani", "Hang": "kor_Hang"}  # fmt: skip
    corpus = {code: [SENTENCES[script]] for script, code in scripts.items()}
    assert run(tmp_path, corpus)[0] == corpus
