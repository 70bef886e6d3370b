"""Whether this runs from a clone of its sources, where `make` is, or from a package that was installed."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3]


def are_here() -> bool:
    """Whether the sources lie around this module as in the repository."""
    return (FOLDER / "Makefile").is_file() and Path(__file__).resolve().is_relative_to(FOLDER / "src")


def up_command() -> str:
    """What starts every role here."""
    return "make up" if are_here() else "honnin up"
