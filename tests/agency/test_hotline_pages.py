"""The hotline's pages: found by name and day of birth, held at any hour, twice without harm."""

import html
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from honnin.agency.hotline.models import Call
from honnin.agency.records.models import IssuanceRecord, JournalEntry
from honnin.clock import FixedClock
from tests.console import Console, signed_in
from tests.town import SIGNATURE

pytestmark = pytest.mark.django_db(databases="__all__")

ASKED = {"name": "見本　花子", "birth_date": "1990-03-15", "address": ""}


def searched(client: Client, **changes: str) -> str:
    response = client.get(reverse("hotline:search"), ASKED | changes)
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
        {"address": "みほん市"},
        {"address": "前の住所"},
    ],
)
def test_a_caller_is_found_as_they_say_their_name_and_day_of_birth(
    console: Console, changes: dict[str, str]
) -> None:
    holder = console.town.with_certificates(SIGNATURE)
    assert reverse("hotline:confirm", args=[holder.code]) in searched(console.operator(), **changes)


def test_an_address_narrows_the_hits_as_long_as_it_leaves_any(console: Console) -> None:
    near = console.town.with_certificates(SIGNATURE)
    far = console.town.with_certificates(SIGNATURE, address="みほん県みほん市遠方町１－１")
    operator = console.operator()
    assert near.code not in searched(operator, address="遠方町")
    assert far.code in searched(operator, address="遠方町")
    assert {near.code, far.code} <= {
        code for code in (near.code, far.code) if code in searched(operator, address="どこか")
    }


@pytest.mark.parametrize("birth_date", ["", "1990-02-30", "昭和99年1月1日", "きのう"])
def test_a_day_that_does_not_exist_is_said_at_its_field(console: Console, birth_date: str) -> None:
    response = console.operator().get(reverse("hotline:search"), ASKED | {"birth_date": birth_date})
    assert list(response.context["form"].errors) == ["birth_date"]


def test_nobody_found_says_what_to_ask_again(console: Console) -> None:
    assert "Ask for the name and the date of birth once more." in searched(console.operator())


@pytest.mark.parametrize("hour", [0, 3, 12, 17, 23])
def test_a_hold_is_taken_at_every_hour_and_the_status_service_says_so(
    console: Console, clock: FixedClock, hour: int
) -> None:
    holder = console.town.with_certificates()
    clock.move_to(datetime(2027, 1, 1, hour, 59, tzinfo=UTC))
    operator = console.operator()
    before = operator.get(reverse("hotline:confirm", args=[holder.code])).context["certificates"]
    assert [row[2]["badge"] for row in before] == ["success", "success"]
    response = operator.post(reverse("hotline:confirm", args=[holder.code]), follow=True)
    assert "Nobody can use the certificates any more." in response.content.decode()
    after = {str(row[0]["text"]): row[2]["badge"] for row in response.context["certificates"]}
    assert after == {"Digital signature certificate": "error", "User authentication certificate": "warning"}


def test_a_second_click_changes_nothing_and_says_so(console: Console, clock: FixedClock) -> None:
    holder = console.town.with_certificates()
    operator = console.operator()
    address = reverse("hotline:confirm", args=[holder.code])
    operator.post(address)
    states = list(IssuanceRecord.objects.values_list("status", "status_changed_at"))
    clock.move_to(datetime(2026, 6, 3, tzinfo=UTC))
    again = operator.post(address, follow=True).content.decode()
    assert "nothing was changed" in again
    assert list(IssuanceRecord.objects.values_list("status", "status_changed_at")) == states
    assert Call.objects.count() == 2


def test_the_page_shows_what_the_responder_answers_also_after_expiry(
    console: Console, clock: FixedClock
) -> None:
    holder = console.town.with_certificates(SIGNATURE)
    clock.move_to(datetime(2040, 1, 1, tzinfo=UTC))
    response = console.operator().get(reverse("hotline:holder", args=[holder.code]))
    assert [row[2]["text"] for row in response.context["certificates"]] == ["Expired"]


@pytest.mark.clause("S1-C5.1b")
def test_an_open_call_is_listed_until_the_loss_is_reported_at_the_counter(console: Console) -> None:
    holder = console.town.with_certificates()
    operator, clerk = console.operator(), console.clerk()
    neighbour = console.clerk(console.town.neighbour())
    operator.post(reverse("hotline:confirm", args=[holder.code]))
    operator.post(reverse("hotline:confirm", args=[holder.code]))
    address = reverse("counter:report_loss", args=[holder.code])
    assert neighbour.post(address).status_code == 403
    assert clerk.get(address, follow=True).status_code == 200
    assert operator.get(reverse("hotline:calls")).content.decode().count("見本　花子") >= 1
    told = clerk.post(address, follow=True).content.decode()
    assert "the hotline was told" in told
    assert "見本　花子" not in operator.get(reverse("hotline:calls")).content.decode()
    assert "Nothing was changed" in clerk.post(address, follow=True).content.decode()
    entry = JournalEntry.objects.order_by("sequence").last()
    assert (entry.act, entry.detail) == ("report of loss", '{"calls": 2}')


@pytest.mark.parametrize("name", ["confirm", "holder"])
def test_somebody_who_never_held_a_certificate_has_no_page(console: Console, name: str) -> None:
    address = reverse(f"hotline:{name}", args=["99999999999"])
    operator = console.operator()
    assert operator.get(address).status_code == 404
    assert operator.post(address).status_code == 404


@pytest.mark.parametrize("address", ["/hotline/", "/hotline/calls/", "/hotline/holders/99000000001/hold/"])
def test_only_operators_take_calls(console: Console, address: str) -> None:
    for client in (console.clerk(), signed_in("nobody")):
        response = client.post(address)
        assert response.status_code == 403
        assert "E_NOT_AN_OPERATOR" in response.content.decode()
    assert Client().get(address).url.startswith("/sign-in/?next=")


def test_names_are_text_and_never_markup(console: Console) -> None:
    attack = "<img src=x onerror=alert(1)>"
    holder = console.town.with_certificates(frozenset({"user_authentication"}), name=attack)
    operator = console.operator()
    operator.post(reverse("hotline:confirm", args=[holder.code]))
    for address in (
        reverse("hotline:search") + "?" + "name=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E&birth_date=1990-03-15",
        reverse("hotline:confirm", args=[holder.code]),
        reverse("hotline:holder", args=[holder.code]),
        reverse("hotline:calls"),
    ):
        shown = operator.get(address).content.decode()
        assert attack not in shown
        assert "&lt;img src=x" in shown
