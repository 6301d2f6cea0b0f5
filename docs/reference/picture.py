"""The graph as a picture: an SVG that needs no script and follows the reader's colours."""

from collections.abc import Iterable
from html import escape
from itertools import pairwise

from grandalf.graphs import Edge, Graph, Vertex
from grandalf.layouts import SugiyamaLayout

HEIGHT, LETTER, PADDING = 30, 7.6, 24


Point = tuple[float, float]


class _Path:
    """Where an edge runs; the layout writes the points here, those between boxes too."""

    def __init__(self) -> None:
        self.points: list[Point] = []

    def setpath(self, points: list[Point]) -> None:
        """Take the points that the layout has found."""
        self.points = points


class _Box:
    """How large a stage is drawn; the layout writes its place (``xy``, of the middle) here."""

    def __init__(self, name: str) -> None:
        self.w, self.h = len(name) * LETTER + PADDING, HEIGHT
        self.xy = (0.0, 0.0)


def svg(names: Iterable[str], edges: Iterable[tuple[str, str]], title: str) -> str:
    """Return the picture of a graph, each name in it a link to the page `stages/<name>.html`.

    Every name must be connected to every other by some path.
    """
    nodes = {name: Vertex(name) for name in names}
    for name, node in nodes.items():
        node.view = _Box(name)
    links = [Edge(nodes[a], nodes[b]) for a, b in edges]
    for link in links:
        link.view = _Path()
    (component,) = Graph(list(nodes.values()), links).C
    layout = SugiyamaLayout(component)
    layout.xspace, layout.yspace = 18, 34
    layout.init_all()
    layout.draw(5)
    boxes = {name: node.view for name, node in nodes.items()}
    lines = [_line(link.view.points) for link in links]
    parts = [*lines, *(_node(name, box) for name, box in boxes.items())]
    return "\n".join([*_head(boxes.values(), title), *parts, "</svg>", ""])


def _head(boxes: Iterable[_Box], title: str) -> list[str]:
    left = min(box.xy[0] - box.w / 2 for box in boxes) - 10
    right = max(box.xy[0] + box.w / 2 for box in boxes) + 10
    top = min(box.xy[1] for box in boxes) - HEIGHT
    bottom = max(box.xy[1] for box in boxes) + HEIGHT
    view = f"{left:.0f} {top:.0f} {right - left:.0f} {bottom - top:.0f}"
    return [
        f'<svg class="graph" role="img" aria-label="{escape(title)}" viewBox="{view}" '
        'xmlns="http://www.w3.org/2000/svg" font-family="monospace" font-size="12.5">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="currentColor"/></marker>'
        "</defs>",
    ]


def _line(points: list[Point]) -> str:
    """Return a curve from under the first point, through those between, to above the last."""
    (x, y), *between, (u, v) = points
    stops = [(x, y + HEIGHT / 2), *between, (u, v - HEIGHT / 2)]
    bends = []
    for (a, b), (c, d) in pairwise(stops):
        middle = (b + d) / 2
        bends.append(f"C{a:.0f} {middle:.0f} {c:.0f} {middle:.0f} {c:.0f} {d:.0f}")
    return (
        f'<path d="M{stops[0][0]:.0f} {stops[0][1]:.0f}{"".join(bends)}" fill="none" '
        'stroke="currentColor" stroke-opacity=".45" marker-end="url(#tip)"/>'
    )


def _node(name: str, box: _Box) -> str:
    x, y = box.xy
    return (
        f'<a href="stages/{name}.html" style="text-decoration:none">'
        f'<rect x="{x - box.w / 2:.0f}" y="{y - HEIGHT / 2:.0f}" '
        f'width="{box.w:.0f}" height="{HEIGHT}" rx="6" '
        'fill="var(--color-background-primary, white)" stroke="currentColor"/>'
        f'<text x="{x:.0f}" y="{y + 4:.0f}" text-anchor="middle" fill="currentColor">{name}</text>'
        "</a>"
    )
