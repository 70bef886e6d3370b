"""The commands that there are."""

import importlib

import click

from honnin.cli import COMMANDS


def commands() -> dict[str, click.Command]:
    """Every subcommand by its whole name."""
    found: dict[str, click.Command] = {}
    for name, (module, _) in COMMANDS.items():
        found |= commands_of(name, importlib.import_module(module).command)
    return found


def commands_of(name: str, command: click.Command) -> dict[str, click.Command]:
    """A command, or those below a group, by their whole names."""
    if not isinstance(command, click.Group):
        return {name: command}
    below = [commands_of(f"{name} {each}", one) for each, one in command.commands.items()]
    return {whole: one for found in below for whole, one in found.items()}
