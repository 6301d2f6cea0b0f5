"""`finerweb review`: what people corrected, as gold."""

import json
from pathlib import Path

import click

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW = click.Path(file_okay=False, path_type=Path)


@click.group()
def review() -> None:
    """Corrections that people made in Label Studio."""


@review.command("import")
@click.argument("tasks", type=EXISTING)
@click.option("--out", type=NEW, default="gold", show_default=True, help="Folder of the gold.")
def import_tasks(tasks: Path, out: Path) -> None:
    """Take corrected tasks of Label Studio (its JSON export) as the gold of their passages.

    Passages reviewed before are replaced, others stay. `dvc repro` then scores against them
    (`passages.gold` in params.yaml names the folder).

    \b
    Example:
        finerweb review import project-1.json && dvc repro
    """
    from finerweb.review import review as review_of
    from finerweb.review import save

    try:
        found = json.loads(tasks.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{tasks}: not a JSON file: {error}") from error
    if not isinstance(found, list) or not all(isinstance(task, dict) for task in found):
        raise ValueError(f"{tasks}: expected a list of tasks, Label Studio's export as JSON")
    taken = review_of(found)
    save(taken, out)
    for name, tally in (("tasks", taken.tasks), ("regions", taken.regions)):
        dropped = "".join(f", {n:,} {why}" for why, n in sorted(tally.dropped.items()))
        click.echo(f"{name}: {tally.seen:,} seen, {tally.kept:,} taken{dropped}")
    for what, n in (+taken.notes).items():
        click.echo(f"{n:,} tasks with {what}")
    for code, passages in sorted(taken.passages.items()):
        click.echo(f"{out / f'{code}.jsonl'}: {len(passages):,} passages")
