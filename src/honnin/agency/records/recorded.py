"""Reading what a record says, also without Django. Databases keep anything; this refuses what is none."""

from honnin.errors import Unavailable
from honnin.law.certificates.status import RECORDED, Status

_STATUSES = {status.value: status for status in RECORDED}


def recorded_status(word: str) -> Status:
    """The status that is recorded. Raises Unavailable E_RECORDS_NOT_UNDERSTOOD for what is none."""
    status = _STATUSES.get(word)
    if status is None:
        raise Unavailable("E_RECORDS_NOT_UNDERSTOOD")
    return status
