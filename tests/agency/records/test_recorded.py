"""What a record says is one of the recorded statuses, or it is not understood."""

import pytest

from honnin.agency.records.recorded import recorded_status
from honnin.errors import Unavailable
from honnin.law.certificates.status import RECORDED, Status


@pytest.mark.parametrize("status", RECORDED)
def test_a_recorded_word_is_its_status(status: Status) -> None:
    assert recorded_status(status.value) is status


@pytest.mark.parametrize("word", ["", "Good", "good ", "expired", "unknown", "revoked\n"])
def test_another_word_is_told_as_not_understood(word: str) -> None:
    with pytest.raises(Unavailable, match="E_RECORDS_NOT_UNDERSTOOD"):
        recorded_status(word)
