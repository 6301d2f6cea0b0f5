"""`finerweb preset`: params.yaml from a preset."""

import difflib

import click


@click.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Write without asking.")
def preset(name: str, yes: bool) -> None:
    """Write params.yaml from a preset in presets/: paper, sample, or one of your own.

    The difference to params.yaml as it stands is shown first; what you changed there is lost, so
    commit it before. `paper` is the paper's 91 languages and models, `sample` what is committed.

    \b
    Example:
        finerweb preset paper
    """
    from finerweb.params.load import PARAMS
    from finerweb.presets import PRESETS
    from finerweb.presets import preset as text_of
    from finerweb.tables.io import replacing

    wanted = text_of(name)
    held = PARAMS.read_bytes().decode("utf-8") if PARAMS.is_file() else ""
    if wanted == held:
        click.echo(f"{PARAMS} is the preset {name} already")
        return
    lines = (held.splitlines(), wanted.splitlines())
    names = (str(PARAMS), f"{PRESETS}/{name}.yaml")
    click.echo("\n".join(difflib.unified_diff(*lines, *names, lineterm="")))
    if not yes:
        click.confirm(f"Write {PARAMS}?", abort=True)
    with replacing(PARAMS) as temporary:
        temporary.write_bytes(wanted.encode("utf-8"))
    click.echo(f"wrote {PARAMS}")
