"""Binder: losses by hand, masks, windows in all scripts, decoding, trainings of tiny encoders."""

import math
from itertools import pairwise, product
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import yaml
from encoders import make_encoder
from hypothesis import given
from hypothesis import strategies as st
from reach import ROOT
from texts import SENTENCES, slices, texts

from finerweb.binder.batches import Batch, Placed, collate, orders
from finerweb.binder.decoding import Found, entities, flat, margins
from finerweb.binder.examples import Example
from finerweb.binder.folder import Origin, folder_for, load, manifest, save
from finerweb.binder.likeness import Likeness, likeness_of
from finerweb.binder.losses import PARTS, Scores, losses, negatives, total
from finerweb.binder.model import Binder, load_encoder, new_heads
from finerweb.binder.placing import prepare
from finerweb.binder.training import Run, Trained, pace, train
from finerweb.binder.windows import NOWHERE, Window, windows
from finerweb.params.train_binder import TrainBinderParams
from finerweb.records import Span

SECTION = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))["train_binder"]
SMALL = {"max_length": 48, "stride": 8, "projection": 16, "max_width": 12, "dropout": 0.1}


def params(model: dict[str, Any] | None = None, **changes: Any) -> TrainBinderParams:
    """Return the section as params.yaml has it, made small."""
    small = {"tokens": 256, "epochs": 2, "precision": "float32", "freeze_embeddings": False}
    whole = SECTION | small | changes
    return TrainBinderParams.model_validate(
        whole | {"model": SECTION["model"] | SMALL | (model or {})}
    )


NOTHING = Likeness({}, {})


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a two-layer encoder."""
    return make_encoder(tmp_path_factory.mktemp("binder") / "encoder")


@pytest.fixture(scope="session")
def tokenizer(encoder: Path) -> Any:
    """Return its tokenizer, one token a character."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(encoder)


# ---- losses


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
    binder = Binder(None, None, new_heads(4, 4, small).double(), small)  # type: ignore[arg-type]
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
    binder = Binder(None, None, heads, small)  # type: ignore[arg-type]
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
    ids = tuple(range(8))
    ends = (NOWHERE, *range(1, 8))
    window = Window(0, ids, (NOWHERE, *range(7)), ends)
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


# ---- windows


@pytest.mark.parametrize("script", SENTENCES)
def test_offsets_there_and_back(tokenizer: Any, script: str) -> None:
    """Every span between characters comes back as it was: the tokenizer has one token for each."""
    text = SENTENCES[script]
    (window,) = windows(tokenizer, [text], 60, 0)
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            if text[start].isspace() or text[end - 1].isspace():
                continue
            place = window.place(Span(start, end, "x"))
            assert place is not None
            assert (window.starts[place[0]], window.ends[place[1]]) == (start, end)


@given(st.data())
def test_spans_in_windows(tokenizer: Any, data: st.DataObject) -> None:
    text = data.draw(texts(min_size=1, max_size=80).filter(str.strip))
    start, end = data.draw(slices(text).filter(lambda s: text[s[0] : s[1]].strip()))
    size = data.draw(st.integers(6, 20))
    cut = windows(tokenizer, [text], size, data.draw(st.integers(0, size // 3)))
    stripped = text[start:end].strip()
    start += text[start:end].index(stripped)
    span = Span(start, start + len(stripped), "x")
    for window in cut:
        assert len(window.ids) == len(window.starts) == len(window.ends) <= size
        place = window.place(span)
        if place:
            found = window.starts[place[0]], window.ends[place[1]]
            assert found[0] <= span.start and span.end <= found[1]
            assert text[slice(*found)].strip() == text[slice(*found)]
            assert window.place(Span(*found, "x")) == place
    covered = {i for w in cut for i in w.starts if i != NOWHERE}
    assert covered == {i for i, c in enumerate(text) if not c.isspace()}


class Fixed:
    """A tokenizer that gives what it was told, between two special tokens."""

    def __init__(self, *offsets: tuple[int, int]) -> None:
        self.offsets = offsets

    def __call__(self, texts: list[str], **_: Any) -> dict[str, Any]:
        n = len(self.offsets)
        return {
            "input_ids": [[1, *range(10, 10 + n), 2]],
            "offset_mapping": [[(0, 0), *self.offsets, (0, 0)]],
            "special_tokens_mask": [[1, *[0] * n, 1]],
        }


@pytest.mark.parametrize(
    ("text", "offsets", "starts", "ends"),
    [
        ("安娜", [(0, 1), (0, 1), (1, 2)], [0, -1, 1], [-1, 1, 2]),  # a lone word mark
        ("安娜", [(0, 1), (0, 2)], [0, -1], [-1, 2]),
        ("👍", [(0, 1)] * 4, [0, -1, -1, -1], [-1, -1, -1, 1]),  # bytes
        ("a b", [(0, 1), (1, 3)], [0, 2], [1, 3]),  # a blank counted to its word
        ("a  b", [(0, 1), (1, 2), (2, 4)], [0, -1, 3], [1, -1, 4]),  # a token of blanks
        ("Ame\u0301lie", [(0, 1), (1, 3), (4, 7)], [0, 1, 4], [1, 4, 7]),  # a mark taken in
        ("वा\u0930", [(0, 1), (2, 3)], [0, 2], [2, 3]),
    ],
)
def test_borders_of_tokens(text: str, offsets: Any, starts: Any, ends: Any) -> None:
    (window,) = windows(Fixed(*offsets), [text], 16, 0)
    assert list(window.starts[1:-1]) == starts
    assert list(window.ends[1:-1]) == ends


def test_a_tokenizer_without_a_first_token_is_refused() -> None:
    def bare(texts: list[str], **_: Any) -> dict[str, Any]:
        return {"input_ids": [[5]], "offset_mapping": [[(0, 1)]], "special_tokens_mask": [[0]]}

    with pytest.raises(ValueError, match="no special token before"):
        windows(bare, ["a"], 8, 0)


def test_what_is_dropped_is_counted(tokenizer: Any) -> None:
    text = "anna went to oslo and then to a city with a very long name"
    spans = (Span(0, 4, "person"), Span(30, 58, "city"), Span(13, 17, "city"), Span(8, 40, "city"))
    small = params({"max_length": 26, "stride": 4, "max_width": 20}).model
    found = prepare(tokenizer, [Example(text, "eng_Latn", spans)], small)
    assert found.entities.metrics() == {
        "seen": 4,
        "kept": 2,
        "dropped": {"in no window": 2},
    }
    assert (found.cut, found.moved, len(found.placed)) == (1, 0, 3)
    wide = prepare(tokenizer, [Example(text, "eng_Latn", spans)], params({"max_length": 64}).model)
    assert wide.entities.dropped == {"wider than max_width": 2}


def test_batches_keep_to_the_budget_and_hold_every_window(tokenizer: Any) -> None:
    cut = windows(tokenizer, ["a" * n for n in range(1, 40)], 48, 0)
    for epoch in (0, 1):
        found = orders(cut, 100, 3, epoch)
        assert sorted(i for batch in found for i in batch) == list(range(39))
        assert all(len(b) * max(len(cut[i].ids) for i in b) <= 100 for b in found)
        assert found == orders(cut, 100, 3, epoch)
    assert orders(cut, 100, 3, 0) != orders(cut, 100, 3, 1)


# ---- decoding

FOUND = st.lists(
    st.builds(
        lambda start, width, kind, margin: Found(Span(start, start + width, kind), margin),
        st.integers(0, 20),
        st.integers(1, 9),
        st.sampled_from(["a", "b"]),
        st.floats(0.1, 9),
    ),
    max_size=12,
)


@given(FOUND)
def test_flat_entities(found: list[Found]) -> None:
    kept = flat(found)
    assert all(a.span.end <= b.span.start for a, b in pairwise(kept))
    assert kept == flat(reversed(found))
    for one in found:
        overlapping = [
            k for k in kept if k.span.start < one.span.end and one.span.start < k.span.end
        ]
        assert overlapping and max(k.margin for k in overlapping) >= one.margin


def test_probabilities() -> None:
    assert Found(Span(0, 1, "x"), 0.0).probability == 0.5
    assert Found(Span(0, 1, "x"), -9999.0).probability < 1e-300
    assert Found(Span(0, 1, "x"), 2.0).probability == pytest.approx(1 / (1 + math.exp(-2)))


# ---- trainings of a tiny encoder

NAMES = ("anna", "berta", "آنا", "अन्ना", "安娜")
PLACES = ("oslo", "القاهرة", "वाराणसी", "เชียงใหม่", "成都")


def sentences(n: int) -> list[Example]:
    random = Random(0)
    found = []
    for _ in range(n):
        name, place = random.choice(NAMES), random.choice(PLACES)
        text = f"{name} {random.choice(('sees', 'left', 'likes'))} {place}"
        where = len(text) - len(place)
        spans = (Span(0, len(name), "person"), Span(where, len(text), "city"))
        found.append(Example(text, "eng_Latn", spans))
    return found


def trained(encoder: Path, folder: Path, examples: int = 6, **changes: Any) -> Trained:
    run = Run(encoder, None, 0, params(**changes))
    return train(sentences(examples), NOTHING, run, folder)


def weights(binder: Any) -> dict[str, Any]:
    return {name: tensor.tolist() for name, tensor in binder.modules.state_dict().items()}


def test_a_killed_training_goes_on_to_the_same_weights(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import finerweb.binder.training as training

    whole = trained(encoder, tmp_path / "whole", tokens=96)
    steps = whole.progress.step
    step = training._step

    def killed(*inputs: Any) -> Any:
        if inputs[-1] == steps // 2 + 1:
            raise KeyboardInterrupt
        return step(*inputs)

    monkeypatch.setattr(training, "_step", killed)
    run = Run(encoder, None, 0, params(tokens=96))
    with pytest.raises(KeyboardInterrupt):
        train(sentences(6), NOTHING, run, tmp_path / "killed", 0.0)
    newest = max((tmp_path / "killed").iterdir())
    newest.write_bytes(newest.read_bytes()[:-9])
    monkeypatch.undo()
    again = trained(encoder, tmp_path / "killed", tokens=96)
    assert again.progress == whole.progress
    assert weights(again.binder) == weights(whole.binder)
    assert len(list((tmp_path / "killed").iterdir())) == 2


def test_seeds_and_steps(encoder: Path, tmp_path: Path) -> None:
    one = trained(encoder, tmp_path / "1", max_steps=1)
    assert one.progress.step == 1
    other = train(sentences(6), NOTHING, Run(encoder, None, 1, params(max_steps=1)), tmp_path / "2")
    assert weights(one.binder) != weights(other.binder)


def test_word_embeddings_stay_where_they_are_frozen(encoder: Path, tmp_path: Path) -> None:
    before = load_encoder(encoder).model.get_input_embeddings().weight
    for frozen in (True, False):
        found = trained(encoder, tmp_path / str(frozen), freeze_embeddings=frozen, max_steps=2)
        after = found.binder.text.model.get_input_embeddings().weight
        assert bool((before == after).all()) is frozen


@pytest.mark.parametrize("two", [False, True])
def test_a_folder_finds_the_same_again(encoder: Path, tmp_path: Path, two: bool) -> None:
    run = Run(encoder, encoder if two else None, 0, params(max_steps=3))
    found = train(sentences(6), NOTHING, run, tmp_path / "checkpoints").binder
    origin = Origin("merged-multi", ("eng_Latn",), "joint", 0, "mirror:x", None)
    out = tmp_path / "binder" / "joint"
    out.mkdir(parents=True)
    save(found, origin, out)
    again = load(folder_for(tmp_path / "binder", "tha_Thai"))
    asked = [list(one.spans) for one in sentences(4)]
    inputs = [one.text for one in sentences(4)]
    assert margins(again, inputs, asked, 256) == margins(found, inputs, asked, 256)
    assert manifest(out)["origin"]["variant"] == "merged-multi"
    assert not [p for p in out.rglob("*") if p.suffix in (".bin", ".pt", ".pkl")]
    assert (out / "type").is_dir() is two
    said = (out / "binder.json").read_text("utf-8")
    (out / "binder.json").write_text(said.replace('"projection": 16', '"projection": 8'), "utf-8")
    with pytest.raises(ValueError, match=r"heads\.safetensors: does not fit binder\.json"):
        load(out)
    (out / "heads.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"no heads\.safetensors"):
        load(out)
    with pytest.raises(FileNotFoundError, match="expected a Binder in tha_Thai/ or joint/"):
        folder_for(tmp_path, "tha_Thai")


def test_a_loss_that_is_no_number_names_its_step(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import finerweb.binder.training as training

    monkeypatch.setattr(training, "total", lambda parts, weights: sum(parts.values()) * math.nan)
    with pytest.raises(ValueError, match=r"step 1: the training loss is nan; lower train_binder\."):
        trained(encoder, tmp_path)


def test_nothing_to_learn(encoder: Path, tmp_path: Path) -> None:
    run = Run(encoder, None, 0, params())
    with pytest.raises(ValueError, match="none of 1 passages has an entity to learn"):
        train([Example("anna", "eng_Latn", ())], NOTHING, run, tmp_path)
    with pytest.raises(ValueError, match=r"max_length is 512, but .* reads at most 64 tokens"):
        train(sentences(1), NOTHING, Run(encoder, None, 0, params({"max_length": 512})), tmp_path)


def test_no_type_to_look_for(encoder: Path, tmp_path: Path) -> None:
    found = trained(encoder, tmp_path, max_steps=1).binder
    with pytest.raises(ValueError, match="no type to look for"):
        entities(found, ["anna"], [], 64)
    assert entities(found, [], ["city"], 64) == []
    assert margins(found, ["anna"], [[]], 64) == [[]]
    assert entities(found, ["", "   "], ["city"], 64) == [[], []]


@pytest.mark.parametrize(("step", "expected"), [(0, 0.5), (1, 1.0), (5, 0.625), (9, 0.125)])
def test_the_learning_rate_rises_and_falls(step: int, expected: float) -> None:
    assert pace(step, 10, 0.0) == (10 - step) / 10
    assert pace(step, 10, 0.15) > 0 and pace(step, 10, 0.2) == pytest.approx(
        {0: 1 / 3, 1: 2 / 3, 5: 0.625, 9: 0.125}[step]
    )


@pytest.mark.slow
def test_fifty_sentences_are_learnt_by_heart(encoder: Path, tmp_path: Path) -> None:
    learnt = sentences(50)
    changes: dict[str, Any] = {"epochs": 60, "tokens": 512, "learning_rate": 0.003}
    run = Run(encoder, None, 0, params({"dropout": 0.0}, **changes))
    found = train(learnt, NOTHING, run, tmp_path).binder
    spans = entities(found, [one.text for one in learnt], ["city", "person"], 512)
    gold = {(i, s) for i, one in enumerate(learnt) for s in one.spans}
    predicted = {(i, f.span) for i, some in enumerate(spans) for f in some}
    assert 2 * len(gold & predicted) / (len(gold) + len(predicted)) > 0.95
