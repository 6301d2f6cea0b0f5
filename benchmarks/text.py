"""Throughput of what happens to every passage: cutting, checking, grounding, merging.

    python benchmarks/text.py

Input: the sample's texts and gold, repeated; one core. Medians of several runs.
"""

from pathlib import Path

import click
from timing import seconds

from finerweb.corpus.jsonl import read_jsonl
from finerweb.corpus.passages import cut
from finerweb.corpus.scripts import share_in_script
from finerweb.grounding import ground
from finerweb.languages import language
from finerweb.merging import merge
from finerweb.params.ground import GroundParams
from finerweb.params.merge import MergeParams
from finerweb.records import Document, Entity, Mention, Span, single

PARAMS = MergeParams(
    policy="released",
    overlap=0.5,
    overlap_of="longer",
    one_to_many="best",
    boundaries="longer",
    order="annotators",
    similarity=0.75,
    below="longer",
)
CURSOR = GroundParams(rule="cursor", words="anywhere", second_look=[])


def main() -> None:
    """Measure and print."""
    documents = [
        document
        for path in sorted(Path("sample/documents").glob("*.jsonl"))
        for document in read_jsonl(path, path.stem)
    ]
    annotated = [document for document in documents if document.gold]
    characters = sum(len(document.text) for document in documents)
    took = seconds(lambda: [list(cut(document, 256)) for document in documents])
    click.echo(f"cut into passages   {characters / took / 1e6:8.2f} M characters/s")
    pieces = [(p.text, language(p.language).script) for d in documents for p, _ in cut(d, 256)]
    took = seconds(lambda: [share_in_script(text, script) for text, script in pieces])
    click.echo(f"share in script     {len(pieces) / took:8,.0f} passages/s")
    took = seconds(lambda: [ground(d.text, mentions(d), CURSOR) for d in annotated])
    click.echo(f"ground              {len(annotated) / took:8,.0f} passages/s")
    took = seconds(lambda: [merge(two(d), PARAMS, lambda a, b: 0.5) for d in annotated])
    click.echo(f"merge               {len(annotated) / took:8,.0f} passages/s")


def mentions(document: Document) -> list[Mention]:
    """Return the gold as an annotator's mentions."""
    return [Mention(document.text[s.start : s.end], s.type) for s in document.gold or ()]


def two(document: Document) -> list[list[Entity]]:
    """Return the gold, and a second annotator's: every other span one code point longer."""
    gold = list(document.gold or ())
    longer = [Span(s.start, s.end + i % 2, f"other {s.type}") for i, s in enumerate(gold)]
    return [single("a", gold), single("b", longer)]


if __name__ == "__main__":
    main()
