"""What is typed as a name, a reading, an address or another item: one rule, whoever records it."""

from collections.abc import Callable
from datetime import date

import pytest
from django.urls import reverse

from honnin.errors import Refused
from honnin.law.counter.notices import Item, Notice
from honnin.law.terms import Sex
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.residents.changes import (
    EntryChanged,
    Newborn,
    Newcomer,
    record_birth,
    record_entry_change,
    record_move_in,
)
from honnin.municipality.residents.departures import record_move_abroad
from honnin.municipality.residents.models import Arrival, Departure, FormerEntry, Resident
from honnin.municipality.residents.services import record_change_of_address, record_move_out
from honnin.simulator.town import HERE
from tests.support.console import Console
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")

BAD = ("=SUM(A1)", "<script>", "見\u202e本", "見\x07本")
TODAY = "2026-06-02"
_CHILD = {"name": "見本　次郎", "kana": "ミホン　ジロウ", "birth_date": "2026-06-01", "sex": "1"}
_CHANGE = {
    "notice": "correction",
    "changed_on": TODAY,
    "name": "見本　花子",
    "kana": "ミホン　ハナコ",
    "sex": "2",
}
_IN = {
    "person_code": "99000000019",
    "name": "例示　一郎",
    "kana": "レイジ　イチロウ",
    "sex": "1",
    "birth_date": "1990-01-01",
    "origin": "ほかの県ほかの市１",
    "left_on": TODAY,
    "address": "みほん県みほん市見本町１",
    "moved_in_on": TODAY,
}
_AWAY = {"destination": "みほん県ためし市１", "moved_on": TODAY}
FORMS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "record_birth": (_CHILD, ("name", "kana", "relationship")),
    "change_entry": (
        _CHANGE | {"birth_date": "1980-05-01"},
        ("name", "kana", "former_surname", "alias", "place_of_stay", "household", "relationship"),
    ),
    "move_in": (_IN, ("name", "kana", "origin", "address")),
    "move_out": (_AWAY, ("destination",)),
    "move_abroad": (_AWAY, ("destination",)),
    "change_address": ({"moved_on": TODAY, "change": "address"}, ("address",)),
}
FIELDS = [(form, field) for form, (_sent, fields) in FORMS.items() for field in fields]


def counted() -> list[int]:
    return [each.objects.count() for each in (Resident, FormerEntry, Departure, Arrival)]


@pytest.mark.parametrize(("form", "field"), FIELDS)
def test_no_form_takes_a_formula_a_script_or_what_is_not_seen(
    console: Console, form: str, field: str
) -> None:
    client, (person, _card) = console.clerk(), console.resident(name="見本　花子", kana="ミホン　ハナコ")
    before = counted()
    address = reverse(f"counter:{form}", args=[] if form == "move_in" else [person.public_id])
    for text in BAD:
        typed = FORMS[form][0] | {field: f"みほん県みほん市{text}" if field == "address" else text}
        said = client.post(address, typed | {"confirmed": "1"}, follow=True).content.decode()
        assert f'id="id_{field}_error"' in said, (field, text)
    assert counted() == before


def test_a_reading_and_a_household_are_recorded_as_an_import_records_them(console: Console) -> None:
    client, (person, _card) = console.clerk(), console.resident(name="見本　花子", kana="ミホン　ハナコ")
    address = reverse("counter:change_entry", args=[person.public_id])
    typed = _CHANGE | {"birth_date": str(person.birth_date), "sex": person.sex, "household": "１２－３"}
    client.post(address, typed | {"kana": "みほん　ﾊﾅｺ", "confirmed": "1"}, follow=True)
    person.refresh_from_db()
    assert (person.kana, person.household) == ("ミホン　ハナコ", "12-3")


@pytest.mark.parametrize("text", BAD)
def test_no_proxy_is_called_so(console: Console, text: str) -> None:
    client, (person, _card) = console.clerk(), console.resident()
    said = console.apply(client, person, proxy_kind="mandated", proxy_name=text)
    assert "cannot stand there" in said.content.decode()
    assert not Application.objects.exists()


@pytest.mark.parametrize("text", BAD)
def test_no_service_records_it_whoever_calls(town: Town, text: str) -> None:
    person, at, day = town.move_in(), town.clock.now(), date(2026, 6, 2)
    acts: list[Callable[[], object]] = [
        lambda: record_birth(person, Newborn(text, "ミホン", day, Sex.MALE), clerk="hanako", at=at),
        lambda: record_birth(person, Newborn("見本", text, day, Sex.MALE), clerk="hanako", at=at),
        lambda: record_birth(person, Newborn("見本", "ミホン", day, Sex.MALE, text), clerk="hanako", at=at),
        lambda: record_move_out(person, text, day, clerk="hanako", at=at),
        lambda: record_move_out(person, text, date(2026, 6, 9), clerk="hanako", at=at),
        lambda: record_move_abroad(person, text, day, clerk="hanako", at=at),
        lambda: record_move_abroad(person, text, date(2026, 6, 9), clerk="hanako", at=at),
        lambda: record_change_of_address(person, text, moved_on=day, clerk="hanako", at=at),
        lambda: record_move_in(newcomer(origin=text), HERE, clerk="hanako", at=at),
        lambda: record_move_in(newcomer(name=text), HERE, clerk="hanako", at=at),
        lambda: town.move_in(name=text),
        *(
            lambda item=item: record_entry_change(
                person, EntryChanged({item: text}, Notice.CORRECTION, day), clerk="hanako", at=at
            )
            for item in Item
            if item.value in FORMS["change_entry"][1]
        ),
    ]
    before = counted()
    for act in acts:
        with pytest.raises(Refused, match="E_VALUE_"):
            act()
    assert counted() == before


def newcomer(**typed: str) -> Newcomer:
    sent = _IN | typed
    days = {name: date.fromisoformat(sent[name]) for name in ("birth_date", "left_on", "moved_in_on")}
    plain = {name: sent[name] for name in ("person_code", "name", "kana", "origin", "address")}
    return Newcomer(sex=Sex.MALE, **plain, **days)  # type: ignore[arg-type]


@pytest.mark.alters_records
def test_what_was_recorded_before_the_rule_stays_and_can_be_corrected(console: Console) -> None:
    client, (person, _card) = console.clerk(), console.resident(name="見本　花子", kana="ミホン　ハナコ")
    Resident.objects.update(name="<b>見本", relationship="=1")
    sent = _CHANGE | {"birth_date": person.birth_date.isoformat(), "name": "<b>見本", "relationship": "=1"}
    sent |= {"sex": person.sex, "confirmed": "1"}
    address = reverse("counter:change_entry", args=[person.public_id])
    assert (
        "The change was recorded"
        in client.post(address, sent | {"alias": "通称"}, follow=True).content.decode()
    )
    sent |= {"alias": "通称", "name": "見本　花子", "relationship": ""}
    assert "The change was recorded" in client.post(address, sent, follow=True).content.decode()
    person.refresh_from_db()
    assert (person.name, person.alias, person.relationship) == ("見本　花子", "通称", "")
