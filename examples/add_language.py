"""Add a language: what it takes, and what it asks, before anything is asked.

    python examples/add_language.py

In a copy of the project, French joins the sample's languages with a few documents of one's own.
What has to be done by hand is in `add`; the rest is `dvc repro`. The copy has the replies that were
kept here, so that the plan shows that only the new language costs something.
"""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import click
import pyarrow.parquet as pq

CODE = "fra_Latn"
COPIED = ("dvc.yaml", "params.yaml", "stages", "finerweb", "sample", "gold")
TEXTS = (
    "Le marché couvert de Saint-Aubin rouvre samedi après deux ans de travaux. La maire, Hélène "
    "Caradec, inaugurera la halle à dix heures avec les maraîchers de la vallée de la Vire.",
    "La bibliothèque municipale de Pontrieux prête désormais des semences. L'idée vient de Louis "
    "Gauthier, jardinier, qui a rapporté du Portugal une variété de haricots presque oubliée.",
    "Le club d'aviron de Mâcon a remporté dimanche la Coupe de la Saône, devant Lyon et Genève. "
    "Son entraîneuse, Inès Belkacem, rêve maintenant des championnats d'Europe de 2027.",
    "Une exposition au musée de Roubaix raconte l'histoire des filatures du Nord. On y voit un "
    "métier à tisser de 1884, prêté par la famille Vandamme, et des lettres d'ouvrières.",
)


def add(project: Path, code: str, texts: tuple[str, ...]) -> None:
    """Put a language's documents where `documents.path` says, and its code into the list.

    A `part` is not needed: without it a hash tells what is rated, and what is annotated.
    """
    parts = ["rating", *["corpus"] * (len(texts) - 1)]
    rows = [
        {"id": f"{code}-{n}", "text": text, "part": part}
        for n, (text, part) in enumerate(zip(texts, parts, strict=True))
    ]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (project / "sample/documents" / f"{code}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    params = project / "params.yaml"
    listed = params.read_text("utf-8").replace(
        "    - eng_Latn\n", f"    - eng_Latn\n    - {code}\n"
    )
    params.write_text(listed, "utf-8")


def run(project: Path, *command: str) -> str:
    """Return what a command says in the project."""
    return subprocess.run(command, cwd=project, check=True, capture_output=True, text=True).stdout


@click.command(help=__doc__)
@click.option("--project", type=click.Path(exists=True, path_type=Path), default=".")
def main(project: Path) -> None:
    """Add French to a copy, cut its documents into passages, and print the plan."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = project / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
        kept = project / ".finerweb" / "replies.sqlite"
        if kept.is_file():
            (copy / ".finerweb").mkdir()
            shutil.copy(kept, copy / ".finerweb")
        run(copy, "dvc", "init", "--no-scm", "--quiet")
        add(copy, CODE, TEXTS)
        run(copy, "dvc", "repro", "passages")
        for row in pq.read_table(copy / f"data/passages/{CODE}.parquet").to_pylist():
            click.echo(f"{row['passage_id']:12} {row['part']:7} {row['text'][:60]}...")
        click.echo(run(copy, "finerweb", "plan", "rate"))


if __name__ == "__main__":
    main()
