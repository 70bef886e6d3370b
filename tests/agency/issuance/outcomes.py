"""What records and card must say while and after a certificate is issued."""

from honnin.agency.issuance.models import Procedure, Stage
from honnin.agency.records.models import IssuanceRecord
from honnin.law.certificates.status import Status
from honnin.municipality.counter.applications.models import Application
from honnin.simulator.brought import PINS
from honnin.wire.messages.card_updates import SLOT
from tests.support.town import Holder, Town


def require_old_or_new(holder: Holder, town: Town) -> None:
    """No slot holds a certificate without its key, or one that the records do not know as effective."""
    records = town.records(holder)
    for purpose, slot in SLOT.items():
        content = holder.card.state.slots[slot]
        parts = (content.certificate, content.private_key, content.ca_certificate)
        if any(parts):
            assert all(parts)
            assert content.certificate == bytes(records[purpose].certificate)
            assert records[purpose].status == Status.GOOD
        elif purpose in records and records[purpose].status != Status.REVOKED:
            assert records[purpose].delivered_at is None


def require_finished(holder: Holder, town: Town) -> None:
    """Records and card say the same, one effective certificate of each kind, and both PINs are usable."""
    effective = IssuanceRecord.objects.filter(person_code=holder.code, effective=True)
    assert sorted(record.purpose for record in effective) == ["signature", "user_authentication"]
    session = holder.session()
    for purpose, slot in SLOT.items():
        session.verify_pin(slot, PINS[purpose])
        record = effective.get(purpose=purpose)
        assert session.read_certificate(slot) == bytes(record.certificate)
        assert record.delivered_at is not None
        assert len(session.sign_sha256(slot, b"content")) == 256
    assert Procedure.objects.get(person_code=holder.code).stage == Stage.DONE
    assert Application.objects.get(resident_id=holder.code).state == "issued"


NAMED = {
    "E_APDU_MALFORMED",
    "E_CARD_ANSWER",
    "E_CARD_ANSWER_MALFORMED",
    "E_CARD_ANSWER_UNPROVEN",
    "E_CARD_CHANNEL_BROKEN",
    "E_CARD_COMMAND_UNFIT",
    "E_CARD_NOT_GENUINE",
    "E_CARD_REMOVED",
    "E_PIN_REQUIRED",
}
