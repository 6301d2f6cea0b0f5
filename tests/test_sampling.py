"""Sampling by hash: independent of order, bounded by the quota, parts disjoint."""

import gc
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from texts import SENTENCES

from finerweb.corpus.sampling import group_hash, note_ids, sample, sample_hash
from finerweb.records import Document, Span

IDS = st.sets(st.text("abc0东ก", min_size=1, max_size=4), max_size=12)
GOLD = (Span(0, 3, "x"),)


def document(name: str, part: str | None = None) -> Document:
    return Document(name, "deu_Latn", "Ein kurzer Text.", part)


@st.composite
def corpora(draw: st.DrawFn) -> list[Document]:
    """Return documents of which some name their part, and some carry gold."""
    kinds = st.sampled_from([(None, None), (None, GOLD), ("rating", None), ("corpus", GOLD)])
    texts = st.sampled_from(sorted(SENTENCES.values()))
    return [
        Document(name, "deu_Latn", draw(texts), part, gold=gold)
        for name in sorted(draw(IDS))
        for part, gold in [draw(kinds)]
    ]


def sampled_naively(documents: list[Document], n_rating: int, n_corpus: int) -> list[Document]:
    """Deal all documents out in the order of their hashes, holding every one."""
    parts: dict[str, list[Document]] = {"rating": [], "corpus": []}
    for each in sorted(documents, key=lambda d: sample_hash(0, d.document_id)):
        rate = each.gold is None and len(parts["rating"]) < n_rating
        part = each.part or ("rating" if rate else "corpus")
        if len(parts[part]) < (n_rating if part == "rating" else n_corpus):
            parts[part].append(replace(each, part=part))
    kept = parts["rating"] + parts["corpus"]
    return [replace(each, rank=rank) for rank, each in enumerate(kept)]


@given(corpora(), st.integers(1, 4), st.integers(1, 4), st.randoms())
def test_holding_few_gives_what_holding_all_gives(
    documents: list[Document], n_rating: int, n_corpus: int, random: Random
) -> None:
    expected = sampled_naively(documents, n_rating, n_corpus)
    assume(any(d.part == "corpus" for d in expected))
    random.shuffle(documents)
    kept, tally = sample(documents, 0, n_rating, n_corpus)
    assert kept == expected
    assert tally.seen == len(documents) == tally.kept + sum(tally.dropped.values())
    assert tally.kept == len(kept)


@given(IDS, st.randoms())
def test_sample_does_not_depend_on_order(names: set[str], random: Random) -> None:
    assume(len(names) > 3)
    documents = [document(name) for name in sorted(names)]
    shuffled = list(documents)
    random.shuffle(shuffled)
    kept, tally = sample(documents, 0, 3, 4)
    assert sample(shuffled, 0, 3, 4) == (kept, tally)
    n_corpus = max(0, min(4, len(names) - 3))
    assert [d.part for d in kept] == ["rating"] * min(3, len(names)) + ["corpus"] * n_corpus
    assert [d.rank for d in kept] == list(range(len(kept)))
    assert len({d.document_id for d in kept}) == len(kept)


@given(IDS)
def test_a_smaller_sample_is_part_of_a_larger_one(names: set[str]) -> None:
    assume(names)
    documents = [document(name, "corpus") for name in names]
    few, _ = sample(documents, 0, 1, 2)
    many, _ = sample(documents, 0, 1, 5)
    assert {d.document_id for d in few} <= {d.document_id for d in many}


def test_another_seed_samples_others() -> None:
    documents = [document(str(i)) for i in range(50)]
    assert sample(documents, 0, 5, 5)[0] != sample(documents, 1, 5, 5)[0]


def test_the_hashes_are_what_they_were() -> None:
    """They decide what is in a sample: a change of theirs is a change of every data set."""
    assert sample_hash(0, "กรุงเทพ").startswith("166076b9")
    assert group_hash(0, "r", "data/tha_Thai/train/a.parquet", 7).startswith("947e0a40")
    names = [group_hash(*key) for key in [(0, "r", "a", 1), (1, "r", "a", 1), (0, "q", "a", 1)]]
    names += [group_hash(0, "r", "a", 11), group_hash(0, "r", "a1", 1)]
    assert len(set(names)) == 5


def test_gold_is_never_rated() -> None:
    gold = [Document(str(i), "deu_Latn", "Ana", gold=GOLD) for i in range(4)]
    kept, _ = sample(gold, 0, 2, 9)
    assert {d.part for d in kept} == {"corpus"}


@pytest.mark.parametrize("parts", [(None, None), ("rating", "corpus"), ("corpus", None)])
@pytest.mark.parametrize("n_others", [0, 40])
def test_an_id_that_comes_twice(parts: tuple[str | None, str | None], n_others: int) -> None:
    documents = [document(str(i), "corpus") for i in range(n_others)]
    documents += [document("a", part) for part in parts]
    with pytest.raises(ValueError, match="id 'a' comes twice"):
        sample(documents, 0, 40, 41)


@given(st.randoms())
def test_whether_an_id_comes_twice_does_not_depend_on_order(random: Random) -> None:
    """Of two that no sample could have taken, neither matters."""
    documents = [document(str(i)) for i in range(30)]
    last = max(documents, key=lambda d: sample_hash(0, d.document_id))
    documents.append(last)
    random.shuffle(documents)
    kept, tally = sample(documents, 0, 2, 3)
    assert last.document_id not in {d.document_id for d in kept}
    assert tally.seen == 31


def test_an_id_that_two_languages_have() -> None:
    """What comes later goes by ids alone: of two, one would be lost."""
    noted: dict[str, str] = {}
    note_ids([document("a"), document("b")], noted)
    note_ids([document("a")], noted)
    with pytest.raises(ValueError, match=r"'b' is in deu_Latn and in tha_Thai.*'tha_Thai-b'"):
        note_ids([replace(document("b"), language="tha_Thai")], noted)


@pytest.mark.slow
def test_no_more_is_held_than_the_quota_takes() -> None:
    most = 0
    others = sum(type(o) is Document for o in gc.get_objects())

    def documents() -> Iterator[Document]:
        nonlocal most
        for i in range(4000):
            yield document(f"d{i}")
            if i % 500 == 499:
                held = sum(type(o) is Document for o in gc.get_objects())
                most = max(most, held)

    kept, tally = sample(documents(), 0, 3, 7)
    assert (len(kept), tally.seen) == (10, 4000)
    assert most - others < 200
