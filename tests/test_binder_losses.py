"""Binder: the losses by hand, the scores of spans, types that are alike."""

import math
from itertools import product
from typing import Any

import numpy as np
import pytest
from binders import params

from finerweb.binder.batches import Batch, Placed, collate
from finerweb.binder.likeness import Likeness, likeness_of
from finerweb.binder.losses import PARTS, Scores, losses, negatives, total
from finerweb.binder.model import Binder, new_heads
from finerweb.binder.windows import NOWHERE, Window

PLACES_OF: dict[str, Any] = {
    "start": lambda i, w: (i,),
    "end": lambda i, w: (i + w,),
    "span": lambda i, w: (i, w),
}


def by_hand(tensors: dict[str, Any], positives: Any, taken: Any) -> dict[str, float]:
    """Return the parts of the loss by plain loops over one window that is all text but [CLS]."""
    found: dict[str, list[float]] = {}
    types, tokens, widths = tensors["span"].shape[1:]
    pairs = [(i, w) for i in range(1, tokens) for w in range(widths) if i + w < tokens]
    for kind, part in product(range(types), PARTS):
        at = PLACES_OF[part]
        scores = tensors[part][0, kind].detach()
        out = {at(i, w) for _, k, i, w in taken if k == kind}
        threshold = float(scores.flatten()[0])
        rivals = [float(scores[place]) for place in {at(*pair) for pair in pairs} - out]
        below = math.log(sum(map(math.exp, [threshold, *rivals])))
        found.setdefault(f"threshold_{part}", []).append(below - threshold)
        for score in [float(scores[at(i, w)]) for _, k, i, w in positives if k == kind]:
            against = math.log(math.exp(below) + math.exp(score)) - score
            found.setdefault(f"contrast_{part}", []).append(against)
    return {name: sum(v) / len(v) for name, v in found.items()}


def case(positives: list[tuple[int, ...]], ignored: list[tuple[int, ...]]) -> Any:
    """Return random scores of one window of six tokens, with masks, for two types, three widths."""
    import torch

    torch.manual_seed(7)
    shapes = {"start": (1, 2, 6), "end": (1, 2, 6), "span": (1, 2, 6, 3)}
    tensors = {
        k: torch.randn(s, dtype=torch.float64, requires_grad=True) for k, s in shapes.items()
    }
    can = torch.tensor([[False] + [True] * 5])
    taken = torch.tensor(positives + ignored)
    negative = negatives(can, can, taken, 2, 3)
    return tensors, negative, torch.tensor(positives)


POSITIVES = [(0, 0, 1, 1), (0, 0, 4, 0), (0, 1, 2, 2)]


def test_losses_are_those_of_plain_loops() -> None:
    tensors, negative, positives = case(POSITIVES, [(0, 1, 1, 1)])
    found = losses(Scores(**tensors), negative, positives)
    expected = by_hand(tensors, POSITIVES, [*POSITIVES, (0, 1, 1, 1)])
    assert {k: float(v.detach()) for k, v in found.items()} == pytest.approx(expected, rel=1e-12)


def test_one_loss_with_pencil_and_paper() -> None:
    """One type, two tokens after [CLS], widths of one: e^0 threshold, e^1 entity, e^2 the other."""
    import torch

    row = torch.tensor([[[0.0, 1.0, 2.0]]])
    can = torch.tensor([[False, True, True]])
    positives = torch.tensor([[0, 0, 1, 0]])
    negative = negatives(can, can, positives, 1, 1)
    found = losses(Scores(row, row, row[..., None]), negative, positives)
    e = math.e
    threshold, contrast = math.log(1 + e**2), math.log(1 + e + e**2) - 1
    for part in PARTS:
        assert float(found[f"threshold_{part}"]) == pytest.approx(threshold)
        assert float(found[f"contrast_{part}"]) == pytest.approx(contrast)
    weights = params().weights
    assert (weights.start, weights.end, weights.span) == (0.2, 0.2, 0.6)
    assert float(total(found, weights)) == pytest.approx((threshold + contrast) / 2)


def test_gradients_are_those_of_finite_differences() -> None:
    import torch

    tensors, negative, positives = case(POSITIVES, [(0, 1, 1, 1)])
    weights = params().weights

    def loss(start: Any, end: Any, span: Any) -> Any:
        return total(losses(Scores(start, end, span), negative, positives), weights)

    assert torch.autograd.gradcheck(loss, tuple(tensors[part] for part in PARTS))


def test_gradients_through_the_projections() -> None:
    import torch

    torch.manual_seed(0)
    small = params({"projection": 3, "max_width": 2, "dropout": 0.0}).model
    binder = Binder(None, None, new_heads(4, 4, small).double(), small)
    shapes = ((1, 4, 4), (2, 4))
    inputs = [torch.randn(s, dtype=torch.float64, requires_grad=True) for s in shapes]
    assert torch.autograd.gradcheck(binder.span_scores, inputs)


def test_scores_of_spans_are_those_of_their_vectors() -> None:
    """As published: the projection of the three joined, normalised, times the type's."""
    import torch
    from torch.nn.functional import normalize

    torch.manual_seed(1)
    small = params({"projection": 5, "max_width": 3, "dropout": 0.0}).model
    heads = new_heads(4, 4, small).double()
    binder = Binder(None, None, heads, small)
    tokens = torch.randn(2, 6, 4, dtype=torch.float64)
    kinds = torch.randn(3, 4, dtype=torch.float64)
    found = binder.span_scores(tokens, kinds)
    matrix = torch.cat([heads["span_first"].weight, heads["span_last"].weight], 1)
    wanted = normalize(heads["type_span"](kinds), dim=-1)
    for i, width in ((i, w) for i in range(6) for w in range(3) if i + w < 6):
        joined = torch.cat([tokens[:, i], tokens[:, i + width]], 1)
        span = joined @ matrix.T + heads["span_first"].bias + heads["width"].weight[width]
        expected = normalize(span, dim=-1) @ wanted.T / 0.07
        torch.testing.assert_close(found[:, :, i, width], expected, rtol=1e-6, atol=1e-9)


def test_without_an_entity_only_thresholds_are_learnt() -> None:
    import torch

    tensors, _, _ = case(POSITIVES, [])
    none = torch.zeros((0, 4), dtype=torch.long)
    can = torch.tensor([[False] + [True] * 5])
    found = losses(Scores(**tensors), negatives(can, can, none, 2, 3), none)
    assert all(float(found[f"contrast_{part}"].detach()) == 0 for part in PARTS)
    assert all(float(found[f"threshold_{part}"].detach()) > 0 for part in PARTS)


# ---- types that are alike


def likeness() -> Likeness:
    vectors = {"city": [1.0, 0.0], "town": [0.96, 0.28], "person": [0.0, 1.0]}
    concepts = {"city": ("city",), "town": ("town",), "person": ("person",), "人": ("person",)}
    return Likeness(concepts, {k: np.array(v, np.float32) for k, v in vectors.items()})


def one_batch(**changes: Any) -> Batch:
    """Return a batch of two windows: a city and a person in one; a town and a 人 in the other."""
    starts, ends = (np.array([NOWHERE, *range(n, n + 7)], np.int32) for n in (0, 1))
    window = Window(0, np.arange(8, dtype=np.int32), starts, ends)
    placed = [
        Placed(window, ((1, 2, "city"), (4, 1, "person"))),
        Placed(window, ((2, 3, "town"), (6, 1, "人"))),
    ]
    return collate(placed, likeness(), params(**changes))


def of(batch: Batch, rows: Any) -> set[tuple[int, str, int, int]]:
    return {(w, batch.types[t], i, width) for w, t, i, width in rows.tolist()}


UNMASKED = {"mask_likeness": None, "mask_concepts": False}
TRUE = {(0, "city", 1, 1), (0, "person", 4, 0), (1, "town", 2, 2), (1, "人", 6, 0)}
NEAR = {(0, "town", 1, 1), (1, "city", 2, 2)}
SAME = {(0, "人", 4, 0), (1, "person", 6, 0)}


@pytest.mark.parametrize(
    ("changes", "positives", "ignored"),
    [
        (UNMASKED, TRUE, set()),
        (UNMASKED | {"mask_likeness": 0.9}, TRUE, NEAR),
        (UNMASKED | {"mask_likeness": 0.97}, TRUE, set()),
        (UNMASKED | {"mask_concepts": True}, TRUE, SAME),
        ({"mask_likeness": 0.9, "mask_concepts": True}, TRUE, NEAR | SAME),
        (UNMASKED | {"positives": "concept"}, TRUE | SAME, set()),
        ({"positives": "concept", "mask_likeness": 0.9, "mask_concepts": True}, TRUE | SAME, NEAR),
    ],
)
def test_which_terms_are_masked(changes: Any, positives: Any, ignored: Any) -> None:
    batch = one_batch(**changes)
    assert batch.types == ("city", "person", "town", "人")
    assert of(batch, batch.positives) == positives
    assert of(batch, batch.ignored) == ignored


def test_masking_changes_exactly_the_masked_terms() -> None:
    import torch

    found = []
    for changes in (UNMASKED, {"mask_likeness": 0.9, "mask_concepts": True}):
        batch = one_batch(**changes)
        taken = torch.from_numpy(np.concatenate([batch.positives, batch.ignored]))
        starts, ends = torch.from_numpy(batch.starts), torch.from_numpy(batch.ends)
        found.append(negatives(starts, ends, taken, len(batch.types), 4))
    changed = {
        part: {tuple(place) for place in (found[0][part] != found[1][part]).nonzero().tolist()}
        for part in PARTS
    }
    masked = [(w, batch.types.index(t), i, width) for w, t, i, width in NEAR | SAME]
    assert changed["span"] == set(masked)
    assert changed["start"] == {(w, t, i) for w, t, i, _ in masked}
    assert changed["end"] == {(w, t, i + width) for w, t, i, width in masked}
    assert all(not bool((found[1][part] & ~found[0][part]).any()) for part in PARTS)


def test_what_translated_types_mean() -> None:
    seen = {
        "city": [frozenset({"city"})],
        "Ort": [frozenset({"city", "person"}), frozenset({"city"})],
        "city / person": [frozenset({"city", "person"})],
        "ไม่รู้": [frozenset[str]()],
    }
    vectors = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    found = likeness_of(seen, {"city": ("city",)}, ["city", "person"], vectors)
    assert found.concepts["Ort"] == ("city",) and found.concepts["ไม่รู้"] == ()
    assert found.concepts["city / person"] == ("city", "person")
    assert found.vectors["Ort"].tolist() == [1.0, 0.0]
    assert found.vectors["city / person"] == pytest.approx([0.5**0.5] * 2)
    assert "ไม่รู้" not in found.vectors
    assert found.alike(["Ort", "city", "ไม่รู้"], 1.0).tolist() == [
        [True, True, False],
        [True, True, False],
        [False, False, True],
    ]
