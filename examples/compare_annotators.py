"""Compare two annotators: where they agree, where not, and on which types they part.

    python examples/compare_annotators.py qwen gemma --release data/release

Agreement is no quality: two may share a mistake. What each is worth against people's annotations is
in metrics/ground/<annotator>.json, where the corpus has some.
"""

from collections import Counter, defaultdict
from pathlib import Path

import click

from finerweb.exports.source import parts

Spans = dict[tuple[str, int, int], str]
"""Passage, start, end: the type."""


def spans_by_language(release: Path, annotator: str) -> dict[str, Spans]:
    """Return an annotator's entities: a single-label variant has one type a span."""
    found: dict[str, Spans] = defaultdict(dict)
    for part in parts(release, f"{annotator}-single"):
        for row in part.rows():
            for span in row["char_spans"]:
                found[part.language][row["id"], span["start"], span["end"]] = span["label"]
    return found


def touching(one: Spans, other: Spans) -> int:
    """Return how many spans of the one overlap some span of the other."""
    by_passage: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for passage, start, end in other:
        by_passage[passage].append((start, end))
    return sum(
        any(start < until and begin < end for begin, until in by_passage[passage])
        for passage, start, end in one
    )


@click.command(help=__doc__)
@click.argument("first")
@click.argument("second")
@click.option("--release", type=click.Path(exists=True, path_type=Path), default="data/release")
def main(first: str, second: str, release: Path) -> None:
    """Print a row a language, then the commonest pairs of types for one span."""
    one, other = (spans_by_language(release, name) for name in (first, second))
    head = ("language", first, second, "overlap", "same span", "and type")
    click.echo(("{:12}" + "{:>12}" * 5).format(*(name[:11] for name in head)))
    parting: Counter[tuple[str, str]] = Counter()
    for code in sorted({*one, *other}):
        a, b = one.get(code, {}), other.get(code, {})
        same = a.keys() & b.keys()
        parting.update((a[span], b[span]) for span in same if a[span] != b[span])
        numbers = (len(a), len(b), touching(a, b), len(same), sum(a[s] == b[s] for s in same))
        click.echo(("{:12}" + "{:>12,}" * 5).format(code, *numbers))
    for (a_type, b_type), n in parting.most_common(5):
        click.echo(f"{n} times {first} says {a_type!r} where {second} says {b_type!r}")


if __name__ == "__main__":
    main()
