"""spaCy's DocBin: documents as spaCy has them after annotation, ``doc.text`` the text exactly.

All entities, overlapping ones too, are in ``doc.spans["entities"]`` (for `spancat`), one span a
label; ``doc.ents`` (for `ner`) has the longest that do not overlap, with their first label.
``doc.user_data`` has the id. White space but single blanks is tokens of its own. Where spaCy
trains, it aligns them with its own tokens: `xx` cuts at blanks and punctuation, so for Thai,
Chinese or Japanese take the pipeline of that language.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from finerweb.exports.loss import Ledger
from finerweb.exports.source import entities
from finerweb.exports.tokens import SPLITTERS, Token, apart, placed
from finerweb.tables.io import Row

if TYPE_CHECKING:
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

KEY = "entities"
ATTRIBUTES = ("ENT_IOB", "ENT_TYPE")
"""Of tokens, beside their text and blanks; all others are empty."""


@dataclass(frozen=True, slots=True)
class SpacyBin:
    """One DocBin a language and split, which is in memory whole.

    ``words`` is one of `SPLITTERS`, icu or graphemes.
    """

    words: str
    suffix: ClassVar[str] = ".spacy"

    def write(self, rows: Iterable[Row], path: Path, ledger: Ledger) -> None:
        """Write the rows of a language and split.

        Raises:
            ValueError: spaCy is not installed.
        """
        try:
            from spacy.tokens import DocBin
            from spacy.vocab import Vocab
        except ImportError as error:
            raise ValueError(
                "the export to spaCy needs spaCy, which is not here: in a checkout of finerweb, "
                "pip install -e '.[spacy]'"
            ) from error
        # A vocabulary of its own, so that the bytes do not depend on what was exported before.
        vocab = Vocab()
        found = DocBin(attrs=ATTRIBUTES, store_user_data=True)
        for row in rows:
            tokens = SPLITTERS[self.words](row["text"])
            found.add(_document(row, tokens, vocab, ledger))
        path.write_bytes(found.to_bytes())

    def beside(self) -> dict[str, str]:
        """Return no further files."""
        return {}


def _document(row: Row, tokens: Sequence[Token], vocab: "Vocab", ledger: Ledger) -> "Doc":
    from spacy.tokens import Doc, Span

    words, blanks, place = _words(row["text"], tokens)
    document = Doc(vocab, words=words, spaces=blanks, user_data={"id": row["id"]})
    inside, outside = placed(entities(row), tokens)
    for entity in outside:
        ledger.lose(row, entity, entity.labels, "not on token borders")
    ledger.keep(row, sum(len(entity.labels) for _, _, entity in inside))
    document.spans[KEY] = [
        Span(document, place[first], place[after - 1] + 1, label=label)
        for first, after, entity in inside
        for label in entity.labels
    ]
    kept, others = apart(inside)
    document.ents = [
        Span(document, place[first], place[after - 1] + 1, label=entity.labels[0])
        for first, after, entity in kept
    ]
    ledger.note("not in doc.ents: overlaps another", sum(len(e.labels) for _, _, e in others))
    further = sum(len(entity.labels) - 1 for _, _, entity in kept)
    ledger.note("not in doc.ents: several labels to one span", further)
    return document


def _words(text: str, tokens: Sequence[Token]) -> tuple[list[str], list[bool], list[int]]:
    """Return the words of a text, whether a blank follows each, and which word each token is.

    White space is a word, but for the first blank after a token.
    """
    words: list[str] = []
    blanks: list[bool] = []
    place = []
    at = 0
    for start, end in [*tokens, (len(text), len(text))]:
        gap = text[at:start]
        if words and gap.startswith(" "):
            blanks[-1] = True
            gap = gap[1:]
        pieces = [piece for piece in (gap, text[start:end]) if piece]
        words += pieces
        blanks += [False] * len(pieces)
        place.append(len(words) - 1)
        at = end
    return words, blanks, place[:-1]
