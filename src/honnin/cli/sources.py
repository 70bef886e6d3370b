"""Whether the command runs from a clone of the repository, with `make`, or from an installed package."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3]


def are_here() -> bool:
    """Whether the sources lie around this module as in the repository."""
    return (FOLDER / "Makefile").is_file() and Path(__file__).resolve().is_relative_to(FOLDER / "src")


def up_command() -> str:
    """The command that starts every role here."""
    return "make up" if are_here() else "honnin up"
