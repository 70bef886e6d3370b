"""The paper that goes with certificates that are on a card."""

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _

from honnin.clock import day_in_japan
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.cards.wording import CERTIFICATE
from honnin.municipality.counter.wording import Row, day
from honnin.wire.messages.issuance import IssuedCertificate


def outcome_of(certificates: Iterable[IssuedCertificate]) -> list[dict[str, str]]:
    """What an application keeps of the certificates that it brought (`Application.outcome`)."""
    return [
        {
            "purpose": certificate.purpose,
            "serial_number": str(certificate.serial_number),
            "expiry_date": certificate.expiry_date.isoformat(),
        }
        for certificate in certificates
    ]


def receipt_of(found: Application) -> dict[str, object]:
    """What the receipt says, for its templates."""
    return {
        "application": found,
        "about": found.resident.name,
        "rows": _rows(found),
        "certificates": [
            {
                "name": CERTIFICATE[Purpose(entry["purpose"])],
                "serial_number": entry["serial_number"],
                "valid_until": day(date.fromisoformat(entry["expiry_date"])),
            }
            for entry in found.outcome
        ],
        "signature": any(entry["purpose"] == Purpose.SIGNATURE for entry in found.outcome),
    }


def _rows(found: Application) -> list[Row]:
    place = found.municipality
    rows: list[Row] = [
        {"label": _("Application number"), "value": found.number},
        {"label": _("Name"), "value": found.resident.name},
        {"label": _("Card number"), "value": found.card_number},
        {
            "label": _("Counter that received it"),
            "value": f"{place.prefecture}{place.name} {found.received_by.counter_name}",
        },
    ]
    if found.issued_at is not None:
        rows.append({"label": _("Date of issue"), "value": day(day_in_japan(found.issued_at))})
    return rows
