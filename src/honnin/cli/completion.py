"""`honnin completion`: the shell script by which Tab completes commands, options and cards."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_HONNIN_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print what makes Tab complete commands, options and cards in this shell.

    In bash or zsh put the first example's line, with the shell's name, into ~/.bashrc or ~/.zshrc.
    """
    kind = get_completion_class(shell)
    assert kind is not None
    context = click.get_current_context().find_root()
    made = kind(context.command, {}, "honnin", VARIABLE)
    click.echo(made.source_template % made.source_vars())
