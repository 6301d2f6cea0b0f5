"""`finerweb replies`: the reply store, and what a team shares of it."""

import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from finerweb.cli.output import JSON, print_json

if TYPE_CHECKING:
    from finerweb.llm.store import ReplyStore
    from finerweb.params.llm import LlmParams


@click.group()
def replies() -> None:
    """Replies of language models: count, share, check, forget."""


@replies.command()
@JSON
def stat(as_json: bool) -> None:
    """Say what the store holds: replies by model, prompt version and sampling."""
    params, store = _open()
    with store:
        rows = store.stat()
        if as_json:
            kept = [{"replies": count, "settings": settings} for settings, count in rows]
            found = {"store": params.store, "replies": sum(count for _, count in rows)}
            print_json(found | {"quarantined": store.n_quarantined(), "by_settings": kept})
            return
        click.echo(f"{params.store}: {sum(count for _, count in rows):,} replies")
        for settings, count in rows:
            asked = f"max_tokens {settings['max_tokens']}, schema {settings['schema']}"
            click.echo(f"  {count:>9,}  {settings['weights'][:60]}")
            click.echo(f"             {settings['template']}, {settings['engine']}, {asked}")
        if store.n_quarantined():
            click.echo(f"  {store.n_quarantined():>9,}  damaged ones in quarantine")


@replies.command("export")
def export_replies() -> None:
    """Write the replies that no file of the shared folder has yet to a new one there.

    \b
    Example:
        finerweb replies export && dvc add replies && dvc push replies.dvc
    """
    from finerweb.llm import segments

    params, store = _open()
    with store:
        for path in segments.export(store, Path(params.shared)):
            click.echo(path)


@replies.command("import")
@click.argument("source", required=False, type=click.Path(exists=True, path_type=Path))
def import_replies(source: Path | None) -> None:
    """Read replies into the store: from the shared folder, another one, or another store.

    Stages read the shared folder by themselves.

    \b
    Example:
        finerweb replies import /backup/replies.sqlite
    """
    from finerweb.llm import segments
    from finerweb.llm.store import AT_ONCE, ReplyStore

    params, store = _open()
    with store:
        if source is not None and source.is_file():
            before = len(store)
            with ReplyStore(source) as other:
                rows = other.rows()
                while some := list(islice(rows, AT_ONCE)):
                    store.put(some)
            click.echo(f"{len(store) - before:,} new replies from {source}")
            return
        n, new = segments.bring(store, source or Path(params.shared))
        click.echo(f"{new:,} new replies from {n} segments")


@replies.command()
@JSON
def verify(as_json: bool) -> None:
    """Hold every reply, and every shared file, against its checksum.

    Damaged replies go to quarantine, where no stage sees them.
    """
    from finerweb.llm import segments

    params, store = _open()
    with store:
        damaged = store.verify()
        intact = len(store)
    shared = segments.segments(Path(params.shared))
    for path in shared:
        segments.check(path)
    if as_json:
        told = {"store": params.store, "intact": intact, "damaged": len(damaged)}
        print_json(told | {"shared": params.shared, "segments": len(shared)})
    else:
        click.echo(f"{params.store}: {intact:,} intact, {len(damaged)} damaged")
        click.echo(f"{params.shared}: {len(shared)} segments intact")
    if damaged:
        raise click.exceptions.Exit(1)


@replies.command()
def salvage() -> None:
    """Save what can be read of a store that is damaged as a file; the damaged file is kept."""
    from finerweb.llm.salvage import salvage as save
    from finerweb.params.llm import LlmParams
    from finerweb.params.load import load

    params = load("llm", LlmParams)
    n, aside = save(Path(params.store))
    click.echo(f"{n:,} replies saved in {params.store}; the damaged file is {aside}")


@replies.command()
@click.option("--failed", is_flag=True, help="Those that say why there is no reply.")
@click.option("--model", default="", help="Those of models whose weights have this in their name.")
@click.option("--template", default="", help="Those to prompts whose version begins so.")
@click.option("--yes", is_flag=True, help="Forget them; without it they are only counted.")
def prune(failed: bool, model: str, template: str, yes: bool) -> None:
    """Forget replies that all the options apply to; they would be asked for anew.

    \b
    Example:
        finerweb replies prune --template annotate_chat@0123456789ab --yes
    """
    if not (failed or model or template):
        raise ValueError("name what to forget: --failed, --model, --template, or several of them")
    _, store = _open()
    with store:
        keys = [
            kept.key
            for kept in store.rows()
            if not (failed and kept.reply.answered) and _about(kept.settings, model, template)
        ]
        if yes:
            store.delete(keys)
        click.echo(f"{len(keys):,} replies {'forgotten' if yes else 'would go; add --yes'}")


def _about(settings: str, model: str, template: str) -> bool:
    asked: dict[str, Any] = json.loads(settings)
    return model in asked["weights"] and asked["template"].startswith(template)


def _open() -> "tuple[LlmParams, ReplyStore]":
    from finerweb.llm.store import ReplyStore
    from finerweb.params.llm import LlmParams
    from finerweb.params.load import load

    params = load("llm", LlmParams)
    return params, ReplyStore(Path(params.store))
