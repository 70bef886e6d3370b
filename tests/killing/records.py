"""Prints what an installation's records say, as JSON: `python -m tests.killing.records people` or `acts`."""

import json
import os
import sys
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "honnin.sites.settings")

import django

django.setup()

from honnin.agency.card_register.models import Card  # noqa: E402
from honnin.agency.hotline.models import Call  # noqa: E402
from honnin.agency.records.models import IssuanceRecord, StatusChange  # noqa: E402
from honnin.clock import SystemClock, day_in_japan  # noqa: E402
from honnin.municipality.counter.applications.models import Application  # noqa: E402
from honnin.municipality.counter.guards.models import Clerk  # noqa: E402
from honnin.municipality.residents.models import Resident  # noqa: E402

ADULT = 18


def people() -> list[dict[str, Any]]:
    """Adults with a card whose name nobody else has, and the clerk of their town."""
    clerks = {clerk.municipality_id: clerk.user_name for clerk in Clerk.objects.order_by("pk")}
    staff = set(Clerk.objects.values_list("person_code", flat=True))  # nobody acts for themselves
    cards = {card.person_code: card.card_number for card in Card.objects.filter(valid=True)}
    residents = list(Resident.objects.order_by("person_code"))
    families = [resident.name.replace("\u3000", " ").split()[0] for resident in residents]
    born_by = day_in_japan(SystemClock().now()).year - ADULT - 1
    return [
        {
            "person_code": resident.person_code,
            "name": resident.name,
            "birth_date": resident.birth_date.isoformat(),
            "card_number": cards[resident.person_code],
            "clerk": clerks[resident.municipality_id],
        }
        for resident, family in zip(residents, families, strict=True)
        if resident.person_code in cards
        and resident.municipality_id in clerks
        and resident.birth_date.year < born_by
        and not resident.adult_ward
        and resident.person_code not in staff
        and [each.name for each in residents].count(resident.name) == 1
        and family
    ]


def acts() -> dict[str, dict[str, Any]]:
    """By person: address, applications, certificates, calls, releases."""
    told: dict[str, dict[str, Any]] = {}
    for resident in Resident.objects.all():
        records = IssuanceRecord.objects.filter(person_code=resident.person_code)
        changes = StatusChange.objects.filter(record__in=records)
        grounds = dict(changes.order_by("pk").values_list("record_id", "ground"))
        told[resident.person_code] = {
            "address": resident.address,
            "applications": dict(
                Application.objects.filter(resident=resident).values_list("number", "state")
            ),
            "certificates": [
                {
                    "purpose": record.purpose,
                    "serial_number": f"{record.serial_number:08X}",
                    "ground": grounds.get(record.pk, ""),
                }
                for record in records
            ],
            "calls": Call.objects.filter(person_code=resident.person_code).count(),
            "releases": changes.filter(status="good").count(),
        }
    return told


if __name__ == "__main__":
    print(json.dumps({"people": people, "acts": acts}[sys.argv[1]]()))
