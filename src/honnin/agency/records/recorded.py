"""Reading a record's values, also without Django. Databases keep anything; this refuses other values."""

from honnin.errors import Unavailable
from honnin.law.certificates.status import RECORDED, Status

_STATUSES = {status.value: status for status in RECORDED}


def recorded_status(word: str) -> Status:
    """The status that is recorded. Raises Unavailable E_RECORDS_NOT_UNDERSTOOD for another word."""
    status = _STATUSES.get(word)
    if status is None:
        raise Unavailable("E_RECORDS_NOT_UNDERSTOOD")
    return status
