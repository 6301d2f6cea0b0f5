"""Train a spaCy pipeline on an export of the release.

    python examples/train_spacy.py --release data/release --out spacy-mine

Annotators gave hundreds of types, most of them once; it learns the coarse ones they fall under.

A pipeline of its own words and no vectors, in the languages that part words by blanks: spaCy's
multi-language tokenizer, `xx`, cuts no others. For Thai, Chinese or Japanese take that language's
own pipeline, and export that language alone. Needs the extra `spacy`.
"""

import tempfile
from pathlib import Path
from random import Random

import click
import spacy
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example

from finerweb.corpus.sampling import sample_hash
from finerweb.evaluation.types import coarse, coarse_types
from finerweb.exports.docbin import SpacyBin
from finerweb.exports.folder import export
from finerweb.records import SEPARATOR

LANGUAGES = ("deu_Latn", "eng_Latn", "swh_Latn", "vie_Latn", "rus_Cyrl", "ell_Grek", "arb_Arab")


def documents(release: Path, variant: str, languages: tuple[str, ...]) -> list[Doc]:
    """Return the passages as spaCy's documents, their entities in `doc.ents`, coarse."""
    vocab = spacy.blank("xx").vocab
    with tempfile.TemporaryDirectory() as folder:
        export(release, variant, SpacyBin("icu"), Path(folder), languages)
        files = sorted(Path(folder).glob("*/train.spacy"))
        found = [doc for path in files for doc in DocBin().from_disk(path).get_docs(vocab)]
    known = coarse_types()
    for doc in found:
        kinds = [(one, coarse(one.label_.partition(SEPARATOR)[0])) for one in doc.ents]
        doc.ents = [Span(doc, one.start, one.end, kind) for one, kind in kinds if kind in known]
    return found


def is_test(doc: Doc) -> bool:
    """Return whether a document, one in five by its hash, is kept from learning."""
    return int(sample_hash(0, doc.user_data["id"].partition("#")[0]), 16) % 5 == 0


@click.command(help=__doc__)
@click.option("--release", type=click.Path(exists=True, path_type=Path), default="data/release")
@click.option("--variant", default="merged-single", show_default=True)
@click.option("--language", "languages", multiple=True, default=LANGUAGES, show_default=True)
@click.option("--epochs", default=10, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder of the model.")
def main(release: Path, variant: str, languages: tuple[str, ...], epochs: int, out: Path) -> None:
    """Train, and say after each epoch what it brought."""
    spacy.util.fix_random_seed(0)
    nlp = spacy.blank("xx")
    nlp.add_pipe("ner")
    every = documents(release, variant, languages)
    # spaCy makes its own words of each text, and aligns ours with them.
    learnt = [Example(nlp.make_doc(doc.text), doc) for doc in every if not is_test(doc)]
    test = [Example(nlp.make_doc(doc.text), doc) for doc in every if is_test(doc)]
    nlp.initialize(lambda: learnt)
    click.echo(f"{len(learnt)} passages learnt; tested on {len(test)} of other documents")
    for epoch in range(1, epochs + 1):
        Random(epoch).shuffle(learnt)
        losses: dict[str, float] = {}
        for some in spacy.util.minibatch(learnt, 4):
            nlp.update(some, drop=0.2, losses=losses)
        scores = nlp.evaluate(test)
        click.echo(
            f"epoch {epoch:2}: loss {losses['ner']:8.1f}, F1 against the annotators, not the "
            f"truth, {scores['ents_f'] or 0:.3f}"
        )
    nlp.to_disk(out)


if __name__ == "__main__":
    main()
