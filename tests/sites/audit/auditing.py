"""The two halves of what `audit_status` finds: what the journal tells of lives, and what it tells of rows."""

from honnin.clock import Clock
from honnin.sites.audit.comparison import audit_status

_OF_ROWS = ("entry tells of", "a row ", "the row that entry", "not as it was written with the journal's key")


def beside_rows(clock: Clock) -> list[str]:
    """Every fault of the audit but those of rows that are not what an entry says of them."""
    return [fault for fault in audit_status(clock).faults if not any(word in fault for word in _OF_ROWS)]


def of_rows(clock: Clock) -> list[str]:
    """The others."""
    return [fault for fault in audit_status(clock).faults if any(word in fault for word in _OF_ROWS)]
