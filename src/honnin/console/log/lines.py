"""The format of the log: one line for each fault, with its time, its level and the name of the page's route;
and sign-ins (`sign_in_log`). Repeated warnings are summed up (`sums`).

Nothing personal gets there. Addresses, query strings, values and the texts of exceptions, which may quote
any of them, are not written: a fault that has a name is told by its code, another one by its class and by
where in the code it came up.
"""

import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.http import HttpRequest

from honnin.faults import named

# Loggers whose messages say nothing of a request: their text is ours, or the server's about itself.
_INFORMATIVE = ("honnin", "_granian", "py.warnings")
_SOURCE = Path(__file__).resolve().parents[3]
NO_ROUTE = "-"


def route_of(request: HttpRequest | None) -> str:
    """The name of the route that a request took, "-" for none."""
    match = getattr(request, "resolver_match", None)
    return str(match.view_name) if match is not None and match.view_name else NO_ROUTE


def route_in(record: logging.LogRecord) -> str:
    """The name of the route that a record is about, "-" for none."""
    return getattr(record, "route", None) or route_of(getattr(record, "request", None))


def level_of(record: logging.LogRecord) -> str:
    """The level of a log record: what Django refuses to a client is a warning, although it says ERROR."""
    of_client = record.name.startswith("django.security") and getattr(record, "status_code", 500) < 500
    return "WARNING" if of_client else record.levelname


class OneLine(logging.Formatter):
    """`2026-06-02T01:00:00Z ERROR counter:issue 503 E_DISK_FULL`; frames of an unnamed fault follow,
    indented.
    """

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        line = f"{at} {level_of(record)} {route_in(record)} {' '.join(_message_parts(record))}"
        frames = () if getattr(record, "status_code", 500) < 500 else _frames(_error(record))
        return "\n".join([_printable(line), *frames])


def _message_parts(record: logging.LogRecord) -> Iterator[str]:
    status = getattr(record, "status_code", None)
    if status is not None:
        yield str(status)
    error = _error(record)
    if error is not None:
        fault = named(error)
        yield fault.code if fault is not None else _class(error)
    elif record.name.startswith(_INFORMATIVE):
        yield record.getMessage()
    elif status is None:
        yield record.name if record.args or _is_of_request(record) else f"{record.name}: {record.msg}"


def _error(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if isinstance(record.exc_info, tuple) else None


def _is_of_request(record: logging.LogRecord) -> bool:
    return record.name.startswith("django")


def _class(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _frames(error: BaseException | None) -> Iterator[str]:
    """Where an unnamed fault came up, and those that it came of; without a line of source and without
    values.
    """
    if error is None or named(error) is not None:
        return
    for depth, each in enumerate(_chain(error)):
        if depth:
            yield f"  from {_class(each)}"
        for frame in traceback.extract_tb(each.__traceback__, limit=-12):
            yield f"    {_place(frame.filename)}:{frame.lineno} {frame.name}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    each: Any = error
    for _depth in range(4):
        if each is None:
            return
        yield each
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)


def _place(file: str) -> str:
    path = Path(file)
    if path.is_relative_to(_SOURCE):
        return str(path.relative_to(_SOURCE))
    parts = path.parts
    return "/".join(parts[parts.index("site-packages") + 1 :]) if "site-packages" in parts else path.name


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


CONFIGURATION: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"one line": {"()": "honnin.console.log.lines.OneLine"}},
    "handlers": {
        "console": {"class": "honnin.console.log.sums.SummedUp", "formatter": "one line"},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "honnin.console.signing_in.sign_in_log": {"level": "INFO"},
        # The server's own words go the same way; its log of every address with its query goes nowhere.
        "_granian": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "granian.access": {"handlers": ["nowhere"], "propagate": False},
    },
}
