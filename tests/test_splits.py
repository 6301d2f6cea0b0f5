"""Which split a document is in: by its id alone."""

import hashlib

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from releases import params

from finerweb.params.release import Shares
from finerweb.release.splits import SPLITS, TEST, TRAIN, VALIDATION, divided, split_of

IDS = st.text(st.characters(codec="utf-8"), max_size=20)
SHARES = st.tuples(st.floats(0, 0.49), st.floats(0, 0.49)).map(
    lambda pair: Shares(validation=pair[0], test=pair[1])
)


@settings(max_examples=30)
@given(st.sets(IDS, min_size=1, max_size=9), SHARES)
def test_the_split_of_a_document_does_not_depend_on_others(ids: set[str], shares: Shares) -> None:
    table = pa.table({"document_id": pa.array(sorted(ids), pa.string())})
    parts = divided(table, shares)
    assert all(len(part) for part in parts.values()) and set(parts) <= set(SPLITS)
    for split, part in parts.items():
        mine = part["document_id"].to_pylist()
        assert mine == sorted(mine)
        for document in mine:
            (alone,) = divided(pa.table({"document_id": pa.array([document])}), shares)
            assert alone == split == split_of(document, shares)
    assert sum(map(len, parts.values())) == len(ids)


@given(IDS, SHARES, SHARES)
def test_more_of_a_split_is_taken_from_train(document: str, one: Shares, other: Shares) -> None:
    more = Shares(validation=max(one.validation, other.validation), test=max(one.test, other.test))
    if split_of(document, one) != TRAIN:
        assert split_of(document, more) == split_of(document, one)


def test_shares_are_about_met_whatever_was_sampled() -> None:
    """Also by the smallest hashes of the sampling, which are not those of the splits."""
    shares = Shares(validation=0.1, test=0.2)
    ids = sorted(
        (f"<urn:uuid:{i}>" for i in range(20_000)),
        key=lambda i: hashlib.sha256(f"0\0{i}".encode()).digest(),
    )
    found = [split_of(document, shares) for document in ids[:2000]]
    assert 0.17 < found.count(TEST) / 2000 < 0.23
    assert 0.08 < found.count(VALIDATION) / 2000 < 0.12


@pytest.mark.parametrize("shares", [(0.5, 0.5), (1, 0), (-0.1, 0)])
def test_shares_that_leave_nothing(shares: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=r"below 1 together|less than 1|greater than or equal"):
        params(shares)
