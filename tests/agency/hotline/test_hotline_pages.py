"""The hotline's pages: found by name and day of birth, held at any hour, twice without harm."""

import html
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from honnin.agency.hotline.models import Call
from honnin.agency.records.models import IssuanceRecord, JournalEntry
from honnin.clock import FixedClock
from honnin.errors import Refused
from honnin.law.terms import Purpose
from honnin.municipality.counter.procedures.card_work import services as card_work
from honnin.simulator.brought import AUTHENTICATION, SIGNATURE
from tests.support.console import Console, hotline_address, signed_in

pytestmark = pytest.mark.django_db(databases="__all__")

ASKED = {"name": "見本　花子", "birth_date": "1990-03-15", "address": ""}


def searched(client: Client, **changes: str) -> str:
    response = client.post(reverse("hotline:search"), ASKED | changes, follow=True)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"name": "見本花子"},
        {"name": "見本 花子"},
        {"birth_date": "平成2年3月15日"},
        {"birth_date": "平成２年３月１５日"},
        {"birth_date": "1990/3/15"},
        {"birth_date": "1990年3月15日"},
        {"birth_date": "H2.3.15"},
        {"birth_date": "１９９００３１５"},
        {"birth_date": "平成二年三月十五日"},
        {"name": "みほん"},
        {"name": "ﾐﾎﾝ ﾊﾅｺ"},
        {"name": "mihon hanako"},
        {"address": "みほん市"},
        {"address": "前の住所"},
    ],
)
def test_a_caller_is_found_as_they_say_their_name_and_day_of_birth(
    console: Console, changes: dict[str, str]
) -> None:
    holder = console.town.with_certificates(SIGNATURE)
    assert hotline_address("confirm", holder.code) in searched(console.operator(), **changes)


def test_an_address_narrows_the_hits_as_long_as_it_leaves_any(console: Console) -> None:
    near = hotline_address("confirm", console.town.with_certificates(SIGNATURE).code)
    entry = {"address": "みほん県みほん市遠方町１－１"}
    far = hotline_address("confirm", console.town.with_certificates(SIGNATURE, **entry).code)
    operator = console.operator()
    assert near not in searched(operator, address="遠方町")
    assert far in searched(operator, address="遠方町")
    anywhere = searched(operator, address="どこか")
    assert near in anywhere
    assert far in anywhere


@pytest.mark.parametrize("birth_date", ["", "1990-02-30", "昭和99年1月1日", "きのう"])
def test_a_day_that_does_not_exist_is_said_at_its_field(console: Console, birth_date: str) -> None:
    asked = ASKED | {"birth_date": birth_date}
    response = console.operator().post(reverse("hotline:search"), asked, follow=True)
    assert list(response.context["form"].errors) == ["birth_date"]


def test_a_card_number_is_enough_and_nothing_is_not(console: Console) -> None:
    holder = console.town.with_certificates(SIGNATURE)
    operator, number = console.operator(), holder.card.state.card_number
    nothing = {"name": "", "birth_date": "", "address": ""}
    shown = searched(operator, **nothing, card_number=number)
    assert hotline_address("confirm", holder.code) in shown
    assert "ミホン　ハナコ" in shown
    response = operator.post(reverse("hotline:search"), nothing, follow=True)
    assert list(response.context["form"].errors) == ["name", "birth_date"]


def test_nobody_found_says_what_to_ask_again(console: Console) -> None:
    told = searched(console.operator())
    assert "Ask for the name and the date of birth once more." in told
    assert "A card without certificates is found by its number: ask for it." in told
    assert "at the counter of their municipality at once" in told


@pytest.mark.clause("S1-C5.1a", "S1-C5.1b")
def test_a_card_without_certificates_is_reported_lost_and_gets_none(console: Console) -> None:
    """The application that was accepted would have been issued onto the card that is lost."""
    town, operator, clerk = console.town, console.operator(), console.clerk()
    resident, number = console.resident()
    application = console.approved(clerk, resident)
    found = operator.post(reverse("hotline:search"), {"card_number": number}, follow=True)
    assert f"Card {number}" in found.content.decode()
    confirm = hotline_address("confirm", resident.pk)
    asked = operator.get(confirm).content.decode()
    assert "There is no certificate to hold or revoke" in asked
    assert "Not known here" in asked
    told = operator.post(confirm, follow=True).content.decode()
    assert "nothing new is issued until the holder reports the loss at a counter" in told
    assert f"Card {number}" in operator.get(reverse("hotline:calls")).content.decode()
    with pytest.raises(Refused, match="E_CARD_REPORTED_LOST"):
        town.issue(application, town.holder().reader())
    assert (
        "reported lost"
        in clerk.get(reverse("counter:application", args=[application.number])).content.decode()
    )
    clerk.post(reverse("counter:report_loss", args=[resident.public_id]))
    assert f"Card {number}" not in operator.get(reverse("hotline:calls")).content.decode()
    assert console.issue(clerk, application, number).headers["Location"].endswith("/receipt/")


def test_a_call_about_a_card_that_has_ended_waits_for_nothing_and_says_so(console: Console) -> None:
    resident, number = console.resident()
    clerk = console.town.clerk()
    card_work.take_back_unreadable(resident, clerk=clerk, at=console.town.clock.now())
    operator = console.operator()
    assert f"Card {number}" in searched(operator, card_number=number)
    confirm = hotline_address("confirm", resident.pk)
    assert "The card has ended already" in operator.get(confirm).content.decode()
    told = operator.post(confirm, follow=True).content.decode()
    assert "The card had ended already" in told
    assert "until the holder reports" not in told
    assert not Call.objects.filter(reported_at_counter=False).exists()


def test_an_address_that_fits_nobody_is_told(console: Console) -> None:
    console.town.with_certificates()
    operator = console.operator()
    told = searched(operator, address="ためし市")
    assert "The address fits nobody who was found" in told
    assert "The address fits nobody" not in searched(operator, address="みほん市")


@pytest.mark.parametrize("hour", [0, 3, 12, 17, 23])
def test_a_hold_is_taken_at_every_hour_and_the_status_service_says_so(
    console: Console, clock: FixedClock, hour: int
) -> None:
    holder = console.town.with_certificates()
    clock.move_to(datetime(2027, 1, 1, hour, 59, tzinfo=UTC))
    operator = console.operator()
    before = operator.get(hotline_address("confirm", holder.code)).context["certificates"]
    assert [row[2]["badge"] for row in before] == ["success", "success"]
    response = operator.post(hotline_address("confirm", holder.code), follow=True)
    assert "Nobody can use the certificates any more." in response.content.decode()
    after = {str(row[0]["text"]): row[2]["badge"] for row in response.context["certificates"]}
    assert after == {"Signature certificate": "error", "User-authentication certificate": "warning"}


def test_a_second_click_changes_nothing_and_says_so(console: Console, clock: FixedClock) -> None:
    holder = console.town.with_certificates()
    operator = console.operator()
    address = hotline_address("confirm", holder.code)
    operator.post(address)
    states = list(IssuanceRecord.objects.values_list("status", "status_changed_at"))
    clock.move_to(datetime(2026, 6, 3, tzinfo=UTC))
    again = console.operator().post(address, follow=True).content.decode()
    assert "nothing was changed" in again
    assert list(IssuanceRecord.objects.values_list("status", "status_changed_at")) == states
    assert Call.objects.count() == 2


def test_the_page_shows_what_the_responder_answers_also_after_expiry(
    console: Console, clock: FixedClock
) -> None:
    holder = console.town.with_certificates(SIGNATURE)
    clock.move_to(datetime(2040, 1, 1, tzinfo=UTC))
    response = console.operator().get(hotline_address("holder", holder.code))
    assert [row[2]["text"] for row in response.context["certificates"]] == ["Expired"]


@pytest.mark.clause("S1-C5.1b")
def test_an_open_call_is_listed_until_the_loss_is_reported_at_the_counter(console: Console) -> None:
    holder = console.town.with_certificates()
    operator, clerk = console.operator(), console.clerk()
    neighbour = console.clerk(console.town.neighbour())
    operator.post(hotline_address("confirm", holder.code))
    operator.post(hotline_address("confirm", holder.code))
    address = reverse("counter:report_loss", args=[holder.resident.public_id])
    assert neighbour.post(address).status_code == 403
    assert clerk.get(address, follow=True).status_code == 200
    assert operator.get(reverse("hotline:calls")).content.decode().count("見本　花子") >= 1
    told = clerk.post(address, follow=True).content.decode()
    assert "the hotline was told" in told
    assert "見本　花子" not in operator.get(reverse("hotline:calls")).content.decode()
    assert "Nothing was changed" in clerk.post(address, follow=True).content.decode()
    entry = JournalEntry.objects.filter(act="report of loss").get()
    assert (entry.act, entry.detail) == ("report of loss", '{"calls": 2}')


@pytest.mark.parametrize("name", ["confirm", "holder"])
def test_somebody_who_never_held_a_certificate_has_no_page(console: Console, name: str) -> None:
    address = reverse(f"hotline:{name}", args=["0" * 32])
    operator = console.operator()
    assert operator.get(address).status_code == 404
    assert operator.post(address).status_code == 404


@pytest.mark.parametrize("address", ["/hotline/", "/hotline/calls/", f"/hotline/holders/{'0' * 32}/hold/"])
def test_only_operators_take_calls(console: Console, address: str) -> None:
    for client in (console.clerk(), signed_in("nobody")):
        response = client.post(address)
        assert response.status_code == 403
        assert "E_NOT_AN_OPERATOR" in response.content.decode()
    assert Client().get(address).headers["Location"].startswith("/sign-in/?next=")


@pytest.mark.alters_records
def test_names_are_text_and_never_markup(console: Console) -> None:
    """Also those that were recorded before the register refused them."""
    attack, town = "<img src=x onerror=alert(1)>", console.town
    person = town.move_in()
    person.name = attack
    person.save()
    holder = town.give_card(person)
    pins = {Purpose.USER_AUTHENTICATION: town.pins[Purpose.USER_AUTHENTICATION]}
    town.issue(town.approved(person, AUTHENTICATION), holder.reader(), pins)
    operator = console.operator()
    operator.post(hotline_address("confirm", holder.code))
    number = holder.card.state.card_number
    sought = operator.post(reverse("hotline:search"), ASKED | {"name": "", "card_number": number})
    refused = operator.post(reverse("hotline:search"), ASKED | {"name": attack}, follow=True).content.decode()
    assert "cannot stand there" in html.unescape(refused)
    assert attack not in refused
    for address in (
        sought.headers["Location"],
        hotline_address("confirm", holder.code),
        hotline_address("holder", holder.code),
        reverse("hotline:calls"),
    ):
        shown = operator.get(address).content.decode()
        assert attack not in shown
        assert "&lt;img src=x" in shown
