"""`finerweb completion`: the Tab key in a shell."""

import click
from click.shell_completion import get_completion_class

NAME = "finerweb"
VARIABLE = "_FINERWEB_COMPLETE"
"""The environment variable in which the script asks what could come next."""


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that has the Tab key complete finerweb in a shell.

    Save it where the shell looks, or read it in a start-up file; bash from 4.4 on.

    \b
    Example:
        finerweb completion bash > ~/.local/share/bash-completion/completions/finerweb
        finerweb completion zsh > ~/.zfunc/_finerweb      # with `fpath+=~/.zfunc` before compinit
        finerweb completion fish > ~/.config/fish/completions/finerweb.fish
    """
    from finerweb.cli.main import main

    made = get_completion_class(shell)
    if made is None:
        raise ValueError(f"{shell}: this version of click cannot complete in it; update click")
    click.echo(made(main, {}, NAME, VARIABLE).source(), nl=False)
