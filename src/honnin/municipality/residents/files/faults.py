"""What is wrong with a file of residents: where, and by a code whose sentences say cause and next step."""

from dataclasses import dataclass

from honnin.errors import ContextValue, Malformed


@dataclass(frozen=True)
class Fault:
    """What is wrong in a line (from 1, as an editor counts them). `column`: "" for the line as a whole.

    Never holds what stands there: it may be somebody's name.
    """

    line: int
    column: str
    code: str
    context: tuple[tuple[str, ContextValue], ...] = ()

    @classmethod
    def of(cls, line: int, column: str, error: Malformed) -> "Fault":
        """The same for an error that was found in a column."""
        return cls(line, column, error.code, tuple(error.context.items()))
