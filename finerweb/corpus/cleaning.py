"""Which passages of a corpus stay: long enough, in the language, not seen before."""

import hashlib
from collections.abc import Iterable

from finerweb.corpus.identification import Identifier, accept
from finerweb.corpus.passages import cut
from finerweb.params.passages import PassagesParams
from finerweb.records import Document, Passage
from finerweb.tally import Tally


def clean(
    documents: Iterable[Document], params: PassagesParams, identify: Identifier
) -> tuple[list[Passage], Tally]:
    """Return the passages that stay, in the order of the documents, and the counts by reason.

    A passage is dropped if it has fewer words than ``min_words``, fails the language check, or is
    an earlier one word for word (white space and case apart). A document without words counts as
    one dropped passage.

    Raises:
        ValueError: no passage of the corpus part stays.
    """
    passages: list[Passage] = []
    tally = Tally()
    seen: set[bytes] = set()
    code = "a language"
    for document in documents:
        code = document.language
        pieces = list(cut(document, params.words))
        tally.drop("no words", int(not pieces))
        for passage in pieces:
            digest = hashlib.sha256(" ".join(passage.text.lower().split()).encode()).digest()
            if passage.n_words < params.min_words:
                tally.drop("too short")
            elif not accept(passage.text, passage.language, params.language_check, identify):
                tally.drop("language")
            elif digest in seen:
                tally.drop("duplicate")
            else:
                tally.keep()
                seen.add(digest)
                passages.append(passage)
    if not any(passage.part == "corpus" for passage in passages):
        raise ValueError(
            f"{code}: no passage of the corpus stays: {tally.seen} seen, dropped "
            f"{dict(tally.dropped)}; "
            "look at passages.min_words and passages.language_check in params.yaml"
        )
    return passages, tally
