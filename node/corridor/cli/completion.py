"""`corridor completion`: what a shell needs to complete commands and options."""

import click

from corridor.cli.options import emit, json_option

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_CORRIDOR_COMPLETE"


def script(shell: str) -> str:
    """Return the script for a shell; it asks `corridor` itself what may come next."""
    from click.shell_completion import BashComplete, FishComplete, ZshComplete

    from corridor.cli.main import cli

    # Not `source()`: for bash it would look for the version that runs here.
    kind = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}[shell]
    complete = kind(cli, {}, "corridor", VARIABLE)
    return kind.source_template % complete.source_vars()


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@json_option
def command(shell: str, as_json: bool) -> None:
    r"""Print what SHELL needs to complete commands and options.

    \b
    bash   corridor completion bash > /etc/bash_completion.d/corridor
    zsh    corridor completion zsh > a folder of $fpath, as _corridor
    fish   corridor completion fish > ~/.config/fish/completions/corridor.fish
    """
    text = script(shell)
    emit({"shell": shell, "script": text}, text.rstrip("\n"), as_json=as_json)
