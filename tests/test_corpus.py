"""Sampling by hash, cleaning."""

from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from finerweb.corpus.sampling import sample
from finerweb.records import Document, Span


def document(name: str, part: str | None = None, text: str = "Ein kurzer Text.") -> Document:
    return Document(name, "deu_Latn", text, part)


@given(st.sets(st.text("abc0", min_size=1, max_size=4), max_size=12), st.randoms())
def test_sample_does_not_depend_on_order(names: set[str], random: Random) -> None:
    assume(len(names) > 3)
    documents = [document(name) for name in sorted(names)]
    shuffled = list(documents)
    random.shuffle(shuffled)
    kept, tally = sample(documents, 0, 3, 4)
    assert sample(shuffled, 0, 3, 4) == (kept, tally)
    assert [d.part for d in kept] == ["rating"] * min(3, len(names)) + ["corpus"] * max(
        0, min(4, len(names) - 3)
    )
    assert [d.rank for d in kept] == list(range(len(kept)))
    assert tally.seen == len(names) == tally.kept + sum(tally.dropped.values())


@given(st.sets(st.text("abc0", min_size=1, max_size=4), min_size=2, max_size=12))
def test_a_smaller_sample_is_part_of_a_larger_one(names: set[str]) -> None:
    documents = [document(name, "corpus") for name in names]
    few, _ = sample(documents, 0, 1, 2)
    many, _ = sample(documents, 0, 1, 5)
    assert {d.document_id for d in few} <= {d.document_id for d in many}


def test_another_seed_samples_others() -> None:
    documents = [document(str(i)) for i in range(50)]
    assert sample(documents, 0, 5, 5)[0] != sample(documents, 1, 5, 5)[0]


def test_gold_is_never_rated() -> None:
    gold = [Document(str(i), "deu_Latn", "Ana", gold=(Span(0, 3, "x"),)) for i in range(4)]
    kept, _ = sample(gold, 0, 2, 9)
    assert {d.part for d in kept} == {"corpus"}
