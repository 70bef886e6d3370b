"""Residents whose certificates end soon, and the letters to them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from honnin.agency.notices.models import Letter
from honnin.law.certificates.notices import LetterKind, expiry_notice_days
from honnin.law.terms import Purpose
from honnin.municipality.residents.addressees import tell_addresses
from honnin.wire.messages.notices import InquirySubject
from tests.support.instants import NOW
from tests.support.town import Holder, Town

CERTIFICATES = [
    {"purpose": "signature", "serial_number": "01A2B3C4", "expiry": "2026-08-20", "status": "revoked"},
    {"purpose": "user_authentication", "serial_number": "01A2B3C5", "expiry": "2026-08-20", "status": "held"},
]


def holders_due(town: Town, *entries: dict[str, Any]) -> list[Holder]:
    """Holders who are due the expiry notice today, as many as there are entries."""
    holders = [town.with_certificates(**entry) for entry in entries or ({},)]
    to_first_day(town, holders[0])
    return holders


def to_first_day(town: Town, holder: Holder, days: int = 0) -> None:
    """It is the first day on which the notice of a holder's certificates may go, and `days` later."""
    first, _last = expiry_notice_days(town.records(holder)[Purpose.USER_AUTHENTICATION].expiry_date)
    town.clock.move_to(datetime.combine(first + timedelta(days=days), time(1), UTC))


def ordered(town: Town, *entries: dict[str, Any]) -> list[Letter]:
    """The expiry notices to so many holders, ordered by the chore of the municipality."""
    holders_due(town, *entries)
    tell_addresses(town.clock.now())
    return list(Letter.objects.filter(kind=LetterKind.EXPIRY_NOTICE).order_by("pk"))


def letter_of_kind(kind: LetterKind) -> Letter:
    """A letter as the outbox has it, in no database."""
    tells: dict[LetterKind, dict[str, object]] = {
        LetterKind.EXPIRY_NOTICE: {"certificates": CERTIFICATES, "card_expiry": "2026-08-20"},
        LetterKind.DOCUMENT_INQUIRY: {
            "subject": InquirySubject.RENEWAL_BY_PROXY,
            "application_number": "99101-20260602-0A1B2C",
        },
    }
    of_a_change = {"ground": "loss_notice", "at": NOW.isoformat(), "certificates": CERTIFICATES}
    return Letter(
        pk=123,
        kind=kind,
        person_code="99000000001",
        municipality_code="99101",
        expiry_date=date(2026, 8, 20),
        answer_by=date(2026, 7, 2),
        tells=tells.get(kind, of_a_change),
        name="見本　一郎",
        address="みほん県みほん市本町一丁目2番3号　みほんハイツ405号室",
        ordered_at=NOW,
        changed_at=NOW,
    )
