"""Choosing among the grid's regressors, and all of them beside the paper's."""

from typing import Any

import pytest

from finerweb.params.train_regressor import Instance
from finerweb.regressor.selection import (
    bars,
    calibrations,
    comparison,
    confusions,
    paper,
    select,
)


def scores(f1: float) -> dict[str, Any]:
    figures = {"precision": f1, "recall": f1, "f1": f1}
    return {
        "pooled": {"rated": figures, "classes": figures},
        "mean_over_languages": figures,
        "calibration": {"error": 0.1, "bins": [{"n": 2, "predicted": 0.3, "rated": 0.5}]},
        "confusion": {"0": {"0": 2, "1": 1}, "1": {"0": 0, "1": 1}},
    }


def grid(**by_name: float) -> dict[Instance, dict[str, Any]]:
    """Return regressors named `backbone_seed` with their F1."""
    found = {}
    for name, f1 in by_name.items():
        backbone, seed = name.split("_")
        found[Instance("r", "binary", backbone, int(seed))] = scores(f1)
    return found


def test_the_best_mean_over_seeds_wins_then_its_best_seed() -> None:
    chosen = select(grid(a_0=0.9, a_1=0.3, b_0=0.7, b_1=0.8), "rated")
    assert chosen["selected"] == "r-binary-b-1"
    assert chosen["f1"] == 0.8
    assert chosen["lead"] == pytest.approx(0.15)
    assert chosen["spread"] == pytest.approx(0.0707, abs=1e-4)


def test_ties_go_to_the_first_and_one_leads_nobody() -> None:
    chosen = select(grid(b_0=0.7, a_0=0.7, c_0=0.5), "rated")
    assert (chosen["selected"], chosen["lead"], chosen["spread"]) == ("r-binary-b-0", 0.0, None)
    assert select(grid(a_0=0.7), "rated")["lead"] is None


def test_selection_without_the_score_it_goes_by() -> None:
    with pytest.raises(ValueError, match="documents marked `useful`"):
        select(grid(a_0=0.5), "human")
    with pytest.raises(ValueError, match="no trained regressor"):
        select({}, "rated")


def test_table_has_means_and_spreads_beside_the_paper() -> None:
    trained = grid(a_0=0.5, a_1=0.7, b_0=0.6)
    trained[Instance("r", "binary", "b", 0)]["mean_over_languages"] = None
    table = comparison(trained)
    of_a, of_b = (table["ours"]["binary"]["r"][name] for name in "ab")
    assert of_a["languages"]["f1"] == pytest.approx({"mean": 0.6, "spread": 0.1414}, abs=1e-4)
    assert (of_b["languages"], of_b["human"], of_b["pooled"]["f1"]["spread"]) == (None, None, None)
    assert table["paper"]["binary"]["GPT-4o mini"]["XLM-R"]["f1"] == 0.841
    assert len(paper()) == 8


def test_points_of_the_plots() -> None:
    trained = grid(a_0=0.5, a_1=0.7)
    assert next(bars(trained)) == {"regressor": "binary: r, a", "f1": 0.6}
    assert len(list(bars(trained))) == 9
    one = next(iter(trained.values()))
    assert list(confusions(one)).count({"rated": "0", "predicted": "0"}) == 2
    assert len(list(confusions(one))) == 4
    assert list(calibrations(one)) == [{"n": 2, "predicted": 0.3, "rated": 0.5}]
