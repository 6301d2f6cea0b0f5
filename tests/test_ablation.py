"""What the filter is worth: arms of equal size, and the student that learns each of them."""

import itertools
import math
from pathlib import Path

import pytest
from encoders import make_encoder
from hypothesis import given
from hypothesis import strategies as st
from texts import SENTENCES

from finerweb.ablation import CURVE, Arm, choose, curves, students, thresholds
from finerweb.evaluation.tagger import decode, encode, train
from finerweb.evaluation.types import coarse_types
from finerweb.params.filter import FilterParams
from finerweb.params.filter_ablation import StudentParams
from finerweb.params.ground import GroundParams
from finerweb.records import Passage, Span

CURSOR = GroundParams(rule="cursor", words="anywhere", second_look=[])
RULES = FilterParams(
    rule="first",
    threshold=0.5,
    quota=9,
    rows=4,
    tokens=64,
    precision="float32",
    identifier="x",
    reject_english=False,
)
STUDENT = StudentParams(
    backbone="tiny",
    seeds=[0],
    learning_rate=0.01,
    batch_size=8,
    epochs=30,
    max_length=64,
    freeze_embeddings=False,
)
TYPES = coarse_types()


def nobody(text: str) -> tuple[str | None, float]:
    return None, 0.0


def passage(name: str, useful: bool | None = None) -> Passage:
    return Passage(name, name.split("#")[0], "tha_Thai", name, 0, 5, "corpus", useful=useful)


SCORED = [
    (passage("a#0", False), 0.2),
    (passage("a#1", False), 0.9),
    (passage("b#0", True), 0.6),
    (passage("c#0", False), 0.1),
    (passage("d#0", True), 0.7),
]


def test_arms_differ_in_the_score_alone_and_are_equally_large() -> None:
    arms = choose(SCORED, RULES, 2, nobody)
    names = {arm: [one.passage_id for one in found] for arm, found in arms.items()}
    assert names == {
        "random": ["a#0", "b#0"],
        "filtered": ["a#1", "b#0"],
        "top_k": ["a#1", "d#0"],
    }
    assert {len(found) for found in choose(SCORED, RULES, 99, nobody).values()} == {3}


def test_thresholds_beside_as_large_a_top_k() -> None:
    figures = thresholds(lambda: [("tha_Thai", SCORED)], [0.65, -math.inf], RULES, nobody)
    assert figures is not None
    assert figures["0.65"]["threshold"] == figures["0.65"]["top_k"]
    assert figures["0.65"]["top_k"]["passages"] == 2
    assert figures["0.65"]["top_k"]["precision"] == 0.5
    assert figures["-inf"]["threshold"] == {
        "passages": 4,
        "precision": 0.5,
        "recall": 1.0,
        "f1": pytest.approx(2 / 3),
    }
    points = list(curves(figures))
    assert len(points) == 4
    assert set(points[0]) == set(CURVE)
    assert list(curves(None)) == []


def test_thresholds_where_nobody_said_what_is_useful() -> None:
    assert thresholds(lambda: [("tha_Thai", [(passage("a#0"), 0.9)])], [0.5], RULES, nobody) is None


def test_figures_of_an_arm() -> None:
    arm = Arm()
    rows = [
        {"passage_id": "a#0", "reply": '[["a","person"],["#","sign"],["z","x"]]'},
        {"passage_id": "b#0", "reply": "no list"},
    ]
    more = {"finish_reason": "stop", "n_output_tokens": 5}
    arm.add(
        [passage("a#0", True), passage("b#0", False)], [row | more for row in rows], CURSOR, None
    )
    figures = arm.metrics()
    assert figures["entities_per_passage"] == 1.0
    assert (figures["distinct_types"], figures["useful"], figures["parse_rate"]) == (2, 0.5, 0.5)
    assert figures["output_tokens_per_entity"] == 5.0
    assert Arm().metrics()["entities_per_passage"] is None


@st.composite
def tagged(draw: st.DrawFn) -> tuple[str, list[Span], list[tuple[int, int]]]:
    """Draw a text, spans that do not overlap, and tokens whose borders are theirs too."""
    text = draw(st.sampled_from(sorted(SENTENCES.values()))) + "🎈é"
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), min_size=2)))
    tokens = [(a, b) for a, b in itertools.pairwise(cuts) if not text[a].isspace()]
    spans = []
    for token in tokens:
        if draw(st.booleans()):
            spans.append(Span(*token, draw(st.sampled_from(TYPES))))
    return text, spans, tokens


@given(tagged())
def test_classes_of_tokens_give_the_spans_back(
    case: tuple[str, list[Span], list[tuple[int, int]]],
) -> None:
    text, spans, tokens = case
    assert decode(text, encode(text, spans, tokens, TYPES), tokens, TYPES) == spans


def test_of_spans_that_overlap_the_first_and_longest_is_learnt() -> None:
    spans = [Span(0, 3, "city"), Span(0, 6, "person"), Span(4, 9, "person"), Span(7, 9, "nonsense")]
    places = [(0, 3), (3, 6), (6, 9)]
    classes = encode("abc defgh", spans, places, TYPES)
    assert decode("abc defgh", classes, places, TYPES) == [Span(0, 6, "person")]


def test_blanks_that_a_tokenizer_counts_to_a_token_are_no_part_of_the_span() -> None:
    places = [(0, 3), (3, 7)]
    classes = encode("abc def", [Span(4, 7, "person")], places, TYPES)
    assert decode("abc def", classes, places, TYPES) == [Span(4, 7, "person")]


@pytest.mark.slow
def test_students_learn_what_their_arm_teaches(tmp_path: Path) -> None:
    """Digits are persons in one arm; in the other nothing is."""
    encoder = make_encoder(tmp_path)
    texts = [f"ab {i * 37 % 900 + 100} cd {'xyz'[i % 3]}" for i in range(24)]
    passages = [
        Passage(f"{i}#0", f"{i}", "deu_Latn", t, 0, 4, "corpus") for i, t in enumerate(texts)
    ]
    spans = {one.passage_id: [Span(3, 6, "writer")] for one in passages}
    wrong = {one.passage_id: [Span(7, 9, "city")] for one in passages}
    gold = [
        Passage("g#0", "g", "deu_Latn", "cd 777 ab z", 0, 4, "corpus", gold=(Span(3, 6, "person"),))
    ]
    arms = {
        "random": Arm([*passages, *gold], wrong | {"g#0": [Span(3, 6, "person")]}),
        "filtered": Arm(passages[:20], spans),
    }
    figures = students(arms, gold, encoder, STUDENT)
    assert figures is not None
    assert (figures["passages"], figures["gold_passages"]) == (20, 1)
    assert figures["filtered"] == {"mention_f1": 1.0, "coarse_f1": 1.0}
    assert figures["random"]["mention_f1"] == 0.0
    empty = Passage("g#1", "g", "deu_Latn", "xy 888 ab z", 9, 4, "corpus", gold=())
    sibling = Passage("g#2", "g", "deu_Latn", "ab 999 cd x", 19, 4, "corpus")
    arms["random"].passages.append(sibling)
    stricter = students(arms, [*gold, empty], encoder, STUDENT)
    assert stricter is not None and stricter["passages"] == 20, "of no document with gold"
    assert stricter["gold_passages"] == 2 and stricter["filtered"]["mention_f1"] < 1.0
    assert students(arms, [], encoder, STUDENT) is None
    with pytest.raises(ValueError, match="none of 20 passages has an entity of a known type"):
        train([(one.text, []) for one in passages[:20]], encoder, STUDENT, 0)
