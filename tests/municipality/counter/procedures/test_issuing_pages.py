"""The pages on which certificates are issued: real cards in files, and no PIN left anywhere but on them."""

import html
import logging
from dataclasses import replace
from itertools import chain

import pytest
from django.conf import settings
from django.db import connections
from django.urls import reverse

from honnin.agency.records.models import IssuanceRecord
from honnin.card.chip.state import CardState
from honnin.card.client.session import relay
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport.card_file import CardFile
from honnin.errors import CardError
from honnin.identifiers import CardNumber
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.certificates.form import application_form, wanted
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.counter.cards import readers
from honnin.municipality.counter.cards.agency import ask_agency
from honnin.municipality.residents.models import Resident
from honnin.wire.messages.issuance import RelayAnswers, RequestIssuance
from tests.support.console import PIN_FIELDS, Console, codes, page

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.mark.clause("S2-2.1b")
def test_an_application_goes_from_the_form_to_the_receipt(console: Console) -> None:
    client, resident, application = console.issued()
    assert application.state == ApplicationState.ISSUED
    receipt = page(client, "receipt", application.number)
    for record in IssuanceRecord.objects.filter(person_code=resident.pk):
        assert record.delivered_at is not None
        assert f"{record.serial_number:08X}" in receipt
        assert f"{record.expiry_date} (Reiwa {record.expiry_date.year - 2018})" in receipt
    for words in (
        "0120-95-0178",
        "050-3818-1250",
        "after 5 wrong entries",
        "no legal effect",
        "Change your PINs from time",
    ):
        assert words in receipt
    handed = client.post(reverse("counter:hand_over", args=[application.number]), follow=True)
    assert "The work is done." in handed.content.decode()
    application.refresh_from_db()
    assert application.state == ApplicationState.HANDED_OVER


def test_the_card_opens_with_the_pins_that_were_typed_and_letters_become_capitals(console: Console) -> None:
    client = console.clerk()
    resident, card = console.resident()
    application = console.approved(client, resident)
    console.issue(client, application, card, signature_pin="abc123", signature_pin_again="abc123")
    assert console.pin_opens(card, KeySlot.SIGNATURE, "ABC123")
    assert console.pin_opens(card, KeySlot.AUTHENTICATION, "1234")


def test_each_pin_is_told_its_own_form(console: Console) -> None:
    client = console.clerk()
    resident, card = console.resident()
    application = console.approved(client, resident)
    errors = (
        console.issue(client, application, card, signature_pin="1234", user_authentication_pin="ABC123")
        .context["form"]
        .errors
    )
    assert (
        "6 to 16 letters and digits, with at least one letter and one digit for" in errors["signature_pin"][0]
    )
    assert "Enter 4 digits for" in errors["user_authentication_pin"][0]
    assert "letter" not in errors["user_authentication_pin"][0]
    assert "signature_pin_again" not in errors  # the two differ, but the first is to be typed anew anyway
    japanese = client.post(
        reverse("counter:issue", args=[application.number]),
        PIN_FIELDS | {"card": card, "user_authentication_pin": "12345"},
        headers={"accept-language": "ja"},
    ).context["form"]
    assert "数字4桁で入力してください。" in japanese.errors["user_authentication_pin"][0]
    assert "英字" not in japanese.errors["user_authentication_pin"][0]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"signature_pin": "ABCDEF", "signature_pin_again": "ABCDEF"}, "signature_pin"),
        (
            {"user_authentication_pin": "12345", "user_authentication_pin_again": "12345"},
            "user_authentication_pin",
        ),
        ({"user_authentication_pin_again": "4321"}, "user_authentication_pin_again"),
        ({"signature_pin": ""}, "signature_pin"),
        ({"card": ""}, "card"),
        ({"card": "../../etc/passwd"}, "card"),
    ],
)
def test_a_badly_formed_pin_or_card_is_said_at_its_field_and_nothing_happens(
    console: Console, changes: dict[str, str], field: str
) -> None:
    client = console.clerk()
    resident, card = console.resident()
    application = console.approved(client, resident)
    response = console.issue(client, application, card, **changes)
    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert not IssuanceRecord.objects.filter(person_code=resident.pk).exists()


@pytest.mark.clause("S1-C2.2a")
def test_no_pin_comes_back_in_a_page_or_stays_in_a_log_or_a_database(
    console: Console, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pins = {
        "signature_pin": "ZQXJ0417",
        "signature_pin_again": "ZQXJ0417",
        "user_authentication_pin": "8350",
        "user_authentication_pin_again": "8350",
    }
    client = console.clerk()
    resident, card = console.resident()
    application = console.approved(client, resident)
    wrong = console.issue(client, application, card, **pins | {"user_authentication_pin_again": "8351"})
    broken = console.issue(client, application, console.resident()[1], **pins)
    after = client.get(broken.headers["Location"])
    done = console.issue(client, application, card, **pins)
    receipt = client.get(done.headers["Location"])
    for response in (wrong, broken, after, done, receipt):
        for pin in ("ZQXJ0417", 'value="8350"', ">8350<"):
            assert pin not in response.content.decode()
    assert console.pin_opens(card, KeySlot.SIGNATURE, "ZQXJ0417")
    assert "ZQXJ0417" not in caplog.text
    assert "ZQXJ0417" not in "".join(chain.from_iterable(map(str, row) for row in _everything()))


def _everything() -> list[tuple[object, ...]]:
    """Every row of every table, sessions decoded."""
    from django.contrib.sessions.models import Session

    rows: list[tuple[object, ...]] = [(session.get_decoded(),) for session in Session.objects.all()]
    for alias in connections:
        with connections[alias].cursor() as cursor:
            for table in connections[alias].introspection.table_names(cursor):
                rows += cursor.execute(f'SELECT * FROM "{table}"').fetchall()
    assert len(rows) > 20
    return rows


def test_a_wrong_card_is_refused_and_the_right_one_goes_on(console: Console) -> None:
    client = console.clerk()
    resident, card = console.resident()
    _other, others_card = console.resident()
    application = console.approved(client, resident)
    failed = console.issue(client, application, others_card)
    assert failed.headers["Location"] == reverse("counter:issue", args=[application.number])
    shown = html.unescape(client.get(failed.headers["Location"]).content.decode())
    assert codes(shown) == ["E_CARD_OTHERS"]
    assert "Nothing was begun" in shown
    assert "stays done" not in shown
    assert f'value="{others_card}" selected' not in shown
    assert "Try again" in shown
    assert console.issue(client, application, card).headers["Location"].endswith("/receipt/")


def test_a_card_in_use_elsewhere_is_said_once_with_the_way_on(console: Console) -> None:
    client = console.clerk()
    resident, card = console.resident()
    application = console.approved(client, resident)
    with CardFile.open(console.cards / f"{card}.json"):
        failed = console.issue(client, application, card)
    shown = page(client, "issue", application.number)
    assert failed.headers["Location"] == reverse("counter:issue", args=[application.number])
    assert codes(shown) == ["E_CARD_IN_USE"]
    assert "Try again" in shown
    assert codes(page(client, "issue", application.number)) == []


def test_a_damaged_card_is_said_with_the_way_on(console: Console) -> None:
    client = console.clerk()
    resident, card = console.resident()
    application = console.approved(client, resident)
    path = console.cards / f"{card}.json"
    whole = path.read_bytes()
    path.write_bytes(whole[:40])
    console.issue(client, application, card)
    assert codes(page(client, "issue", application.number)) == ["E_CARD_FILE_DAMAGED"]
    path.write_bytes(whole)
    assert console.issue(client, application, card).headers["Location"].endswith("/receipt/")


def test_work_that_was_cut_off_says_what_stands_and_goes_on(console: Console) -> None:
    """The power goes after the agency issued and before the card was written."""
    client = console.clerk()
    resident, card = console.resident()
    application = console.approved(client, resident)
    _cut_before_writing(console, application, card)
    shown = page(client, "issue", application.number)
    issued = _issued(resident)
    assert [purpose for purpose, _number in issued] == sorted(Purpose)
    assert all(number in shown for _purpose, number in issued)
    assert shown.count(">Not yet<") == len(Purpose)
    assert "Try again" in shown
    for _click in range(2):
        assert console.issue(client, application, card).headers["Location"].endswith("/receipt/")
    assert _issued(resident) == issued
    assert not IssuanceRecord.objects.filter(person_code=resident.pk, delivered_at=None).exists()


def _issued(resident: Resident) -> list[tuple[str, str]]:
    records = IssuanceRecord.objects.filter(person_code=resident.pk).order_by("purpose")
    return [(record.purpose, f"{record.serial_number:08X}") for record in records]


def _cut_before_writing(console: Console, application: Application, card: str) -> None:
    clerk, form = console.town.clerk(), application_form(application)
    with readers.inserted(card) as transport:
        step = ask_agency(clerk, RequestIssuance(form, CardNumber(card), wanted(application), 0))
        for _stage in ("opening", "reading", "keys"):
            step = ask_agency(clerk, RelayAnswers(step.procedure, relay(transport, step.commands)))


def test_the_pages_speak_japanese_with_both_calendars(console: Console) -> None:
    client, resident, application = console.issued()
    response = client.get(
        reverse("counter:resident", args=[resident.public_id]), headers={"accept-language": "ja"}
    ).content.decode()
    assert "平成2年3月15日（1990年3月15日）" in response
    assert settings.LANGUAGE_CODE == "ja"
    receipt = client.get(
        reverse("counter:receipt", args=[application.number]), headers={"accept-language": "ja"}
    ).content.decode()
    assert "令和8年6月2日（2026年6月2日）" in receipt


def test_a_second_click_after_the_work_was_done_changes_nothing(console: Console) -> None:
    client, _resident, application = console.issued()
    card = application.card_number
    again = console.issue(
        client, application, card, user_authentication_pin="4321", user_authentication_pin_again="4321"
    )
    assert again.headers["Location"].endswith("/receipt/")
    with pytest.raises(CardError, match="E_PIN_WRONG"):
        console.pin_opens(card, KeySlot.AUTHENTICATION, "4321")
    assert console.pin_opens(card, KeySlot.AUTHENTICATION, "1234")


def test_a_damaged_chip_is_named_and_a_new_card_is_the_next_step(console: Console) -> None:
    client = console.clerk()
    resident, card = console.resident()
    application = console.approved(client, resident)
    path = console.cards / f"{card}.json"
    damaged = replace(CardState.from_json(path.read_bytes()), damaged=True)
    path.write_text(damaged.to_json())
    console.issue(client, application, card)
    shown = page(client, "issue", application.number)
    assert codes(shown) == ["E_CARD_DAMAGED"]
    assert "apply for a replacement card" in shown
    assert not IssuanceRecord.objects.filter(person_code=resident.pk).exists()
    assert path.read_text() == damaged.to_json()
