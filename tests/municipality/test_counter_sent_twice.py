"""Every change at the counter sent twice, as by a second click: done once, and the page says so."""

from collections.abc import Callable, Iterator

import pytest
from django.apps import apps
from django.http import HttpResponse
from django.urls import reverse

from honnin.agency.records.models import JournalEntry, JournalTail
from honnin.agency.revocation.services import REPORTED_LAPSE
from honnin.law.terms import Purpose
from honnin.municipality.residents.models import ChangeReport
from tests.console import Console, codes, hotline_address, scan
from tests.town import PINS

pytestmark = pytest.mark.django_db(databases="__all__")

Send = Callable[[], HttpResponse]


def everything_kept() -> Iterator[object]:
    """All rows of the agency and the municipality, but for the messages that came and their count."""
    for room in ("agency_records", "agency_hotline", "municipality_residents", "municipality_counter"):
        for model in apps.get_app_config(room).get_models():
            if model is JournalTail:
                continue
            if model is JournalEntry:
                acts = JournalEntry.objects.exclude(act=REPORTED_LAPSE).order_by("sequence")
                yield list(acts.values_list("act", "actor", "subject"))
                continue
            rows = list(model.objects.order_by("pk").values())
            if model is ChangeReport:  # kept each time that it is asked for; the agency says what changes
                assert all(row["delivered"] for row in rows)
                rows = list({(row["resident_id"], row["ground"], row["purposes"]): row for row in rows})
                yield model.__name__, rows
                continue
            yield model.__name__, [{**row, "notices": None} for row in rows]


def new_application(console: Console) -> Send:
    client, (resident, _card) = console.clerk(), console.resident()
    return lambda: console.apply(client, resident)


def of_application(act: str, state: str) -> Callable[[Console], Send]:
    """An act on an application that is received, approved or issued."""

    def prepared(console: Console) -> Send:
        if state == "issued":
            client, _resident, application = console.issued()
        else:
            client, (resident, card) = console.clerk(), console.resident()
            console.apply(client, resident)
            application = resident.applications.get()
        if state == "approved":
            client.post(reverse("counter:approve", args=[application.number]))
        if act == "issue":
            return lambda: console.issue(client, application, card)
        sent = {"reason": "x", "whose": "applicant", "document": "passport"}
        address = reverse(f"counter:{act}", args=[application.number])
        return lambda: client.post(address, sent | ({"copy": scan()} if act == "evidence" else {}))

    return prepared


def of_resident(act: str, *ground: str, held: bool = False) -> Callable[[Console], Send]:
    """An act on a holder, whose certificate the hotline has put on hold where `held`."""

    def prepared(console: Console) -> Send:
        client, resident, application = console.issued()
        if held:
            console.operator().post(hotline_address("confirm", resident.pk))
        sent = {"card": application.card_number, "pin": PINS[Purpose.USER_AUTHENTICATION]}
        sent |= {"address": "みほん県みほん市例示町９－９", "moved_on": "2026-06-02", "confirmed": "1"}
        return lambda: client.post(reverse(f"counter:{act}", args=[resident.public_id, *ground]), sent)

    return prepared


TWICE: dict[str, tuple[Callable[[Console], Send], int, list[str]]] = {
    "receive": (new_application, 302, []),
    "add a copy": (of_application("evidence", "received"), 302, []),
    "approve": (of_application("approve", "received"), 409, ["E_APPLICATION_STATE"]),
    "reject": (of_application("reject", "received"), 409, ["E_APPLICATION_STATE"]),
    "issue": (of_application("issue", "approved"), 302, []),
    "hand over": (of_application("hand_over", "issued"), 409, ["E_APPLICATION_STATE"]),
    "release": (of_resident("release", held=True), 302, []),
    "report the loss": (of_resident("report_loss", held=True), 302, []),
    "revoke": (of_resident("confirm_revocation", "key_compromise_notice", "signature"), 302, []),
    "change the address": (of_resident("change_address"), 302, []),
}


@pytest.mark.parametrize(("prepare", "status", "refused"), TWICE.values(), ids=TWICE)
def test_what_is_sent_twice_is_done_once(
    console: Console, prepare: Callable[[Console], Send], status: int, refused: list[str]
) -> None:
    send = prepare(console)
    before = list(everything_kept())
    assert send().status_code == 302
    once = list(everything_kept())
    assert once != before
    second = send()
    assert (second.status_code, codes(second.content.decode())) == (status, refused)
    assert list(everything_kept()) == once
