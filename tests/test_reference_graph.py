"""The graph of the site: its edges are DVC's, and its picture shows each stage once."""

import re

import pytest
from reach import ROOT

from docs.reference.graph import StageEntry, edges, read_graph, reduced
from docs.reference.picture import svg


@pytest.fixture(scope="module")
def stages() -> list[StageEntry]:
    return read_graph(ROOT / "dvc.yaml")


@pytest.fixture(scope="module")
def picture(stages: list[StageEntry]) -> str:
    return svg([one.name for one in stages], reduced(edges(stages)), "what is < what")


def entry(name: str, reads: tuple[str, ...], writes: tuple[str, ...]) -> StageEntry:
    return StageEntry(name, "", (), {}, reads, writes, (f"metrics/{name}/${{item.x}}.json",), ())


def test_edges_go_from_what_writes_to_what_reads() -> None:
    stages = [
        entry("cut", ("sample/${a.b}",), ("data/cut",)),
        entry("ask", ("data/cut",), ("data/asked/${item.x}",)),
        entry("join", ("data/asked", "data/cutlery"), ("data/joined",)),
        entry("tell", ("metrics/ask/qwen.json", "data/joined/thai"), ()),
    ]
    assert edges(stages) == [("ask", "join"), ("ask", "tell"), ("cut", "ask"), ("join", "tell")]
    assert reduced(edges(stages)) == [("ask", "join"), ("cut", "ask"), ("join", "tell")]


@pytest.mark.slow
def test_the_edges_are_those_that_dvc_sees(stages: list[StageEntry]) -> None:
    from dvc.repo import Repo

    with Repo(ROOT) as repo:
        seen = {
            (before.addressing.split("@")[0], after.addressing.split("@")[0])
            for after, before in repo.index.graph.edges
        }
    assert set(edges(stages)) == seen


def test_the_graph_is_read_with_its_instances(stages: list[StageEntry]) -> None:
    (rate,) = [one for one in stages if one.name == "rate"]
    assert rate.factors == ("rater",) and rate.sections == ("rate", "raters")
    assert rate.options["--out"] == "data/ratings/${item.rater}" == rate.writes[0]


def test_the_picture_shows_every_stage_as_a_link(stages: list[StageEntry], picture: str) -> None:
    assert picture.count("<rect") == len(stages)
    assert all(f'<a href="stages/{one.name}.html"' in picture for one in stages)
    assert picture.count("marker-end") == len(reduced(edges(stages)))
    assert 'aria-label="what is &lt; what"' in picture


def test_no_two_stages_lie_on_each_other(stages: list[StageEntry], picture: str) -> None:
    boxes = [
        tuple(map(float, found))
        for found in re.findall(r'<rect x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)"', picture)
    ]
    assert len(boxes) == len(stages)
    for n, (x, y, width, height) in enumerate(boxes):
        for u, v, other, _ in boxes[n + 1 :]:
            apart = x + width < u or u + other < x or y + height <= v or v + height <= y
            assert apart, (x, y, u, v)
