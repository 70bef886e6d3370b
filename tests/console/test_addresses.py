"""No address says who it is about: not in a page, a redirect, a form, a log or the name of a file."""

import html
import logging
import re
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from honnin.console.opaque import new_opaque_id
from honnin.console.searches import LONGEST_FIELD, MOST_KEPT
from tests.support.console import Console, hotline_address

pytestmark = pytest.mark.django_db(databases="__all__")

CODE = "99000000001"


def patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from patterns(each)
        else:
            yield each


def of_both_rooms() -> list[URLPattern]:
    rooms = [each for each in get_resolver().url_patterns if isinstance(each, URLResolver)]
    return [each for room in rooms if room.namespace in ("counter", "hotline") for each in patterns(room)]


def test_no_part_of_an_address_takes_a_resident_record_code() -> None:
    found = of_both_rooms()
    assert len(found) > 20
    for each in found:
        for name, converter in each.pattern.converters.items():
            assert not re.fullmatch(converter.regex, CODE), f"{each.name}: {name}"
            assert not re.fullmatch(converter.regex, "見本花子"), f"{each.name}: {name}"


@pytest.mark.parametrize(
    "address",
    [f"/counter/residents/{CODE}/", f"/counter/residents/{CODE}/address/", f"/hotline/holders/{CODE}/"],
)
def test_under_a_resident_record_code_nothing_stands(console: Console, address: str) -> None:
    console.town.with_certificates()
    for client in (console.clerk(), console.operator()):
        assert client.get(address).status_code == 404
        assert client.post(address).status_code == 404


def addresses_in(text: str) -> set[str]:
    found = re.findall(r'(?:href|action|src)="([^"]+)"|name="next" value="([^"]+)"', html.unescape(text))
    return {unquote(one or other) for one, other in found}


def walk(client: Client, *beginnings: str) -> set[str]:
    """Every address that can be reached by links from some pages, and every one that stands in a page."""
    seen, waiting = set(), list(beginnings)
    while waiting:
        address = waiting.pop()
        if address in seen or not address.startswith(("/counter/", "/hotline/")):
            seen.add(address)
            continue
        seen.add(address)
        response = client.get(address)
        if "text/html" in response.headers.get("Content-Type", ""):
            waiting += addresses_in(response.content.decode()) - seen
        seen.add(response.headers.get("Location", ""))
        seen.add(response.headers.get("Content-Disposition", ""))
    return seen


def test_no_address_of_a_page_says_a_code_a_name_or_a_birth_date(
    console: Console, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client, resident, application = console.issued(name="住所　言世", kana="ジュウショ　イウヨ")
    other, _card = console.resident(name="別人　花世", kana="ベツジン　ハナヨ")
    console.apply(client, other)
    operator = console.operator()
    asked = {"name": resident.name, "birth_date": "1990-03-15", "address": ""}
    operator.post(hotline_address("confirm", resident.pk))
    sought = client.post(reverse("counter:residents"), {"text": "住所 言世"}).headers["Location"]
    found = operator.post(reverse("hotline:search"), asked).headers["Location"]
    seen = walk(
        client, sought, "/counter/applications/", f"/counter/applications/{application.number}/receipt/"
    )
    seen |= walk(operator, found, "/hotline/calls/")
    assert len([each for each in seen if each.startswith("/counter/residents/")]) > 8
    assert [each for each in seen if each.startswith("/hotline/holders/")]
    logged = "\n".join(record.getMessage() for record in caplog.records if "sql" not in record.name)
    for personal in (resident.pk, other.pk, "住所", "言世", "別人", "ジュウショ", "1990-03-15", "1990"):
        assert not [each for each in seen if personal in each], personal
        assert personal not in logged


@pytest.mark.parametrize(("room", "field"), [("counter:residents", "text"), ("hotline:search", "name")])
def test_a_query_in_the_address_finds_nobody(console: Console, room: str, field: str) -> None:
    console.town.with_certificates()
    client = console.clerk() if room.startswith("counter") else console.operator()
    sent = {field: "見本花子", "birth_date": "1990-03-15"}
    shown = client.get(reverse(room), sent).content.decode()
    assert "<td" not in shown
    assert "見本花子" not in shown.replace("%E8", "")


def test_a_search_can_be_looked_at_again_and_belongs_to_its_session(console: Console) -> None:
    console.town.move_in(name="再度　花子")
    client, other = console.clerk(), console.clerk(console.town.clerk("jiro"))
    address = client.post(reverse("counter:residents"), {"text": "再度"}).headers["Location"]
    for _again in range(2):
        assert "再度　花子" in client.get(address).content.decode()
    gone = other.get(address, follow=True)
    assert "This search is no longer kept" in gone.content.decode()
    assert "再度" not in gone.content.decode()
    assert other.get(address).headers["Location"] == reverse("counter:residents")
    unknown = reverse("counter:found", args=[new_opaque_id()])
    assert client.get(unknown).headers["Location"] == reverse("counter:residents")


def test_what_was_searched_for_is_not_readable_in_the_session(console: Console) -> None:
    client = console.clerk()
    client.post(reverse("counter:residents"), {"text": "秘密　花子"})
    kept = str(dict(client.session.items()))
    assert "searches-residents" in kept
    assert "秘密" not in kept
    assert "花子" not in kept


def test_a_session_keeps_its_newest_searches(console: Console) -> None:
    client = console.clerk()
    addresses = [
        client.post(reverse("counter:residents"), {"text": f"検索{number}"}).headers["Location"]
        for number in range(MOST_KEPT + 1)
    ]
    assert client.get(addresses[0]).headers["Location"] == reverse("counter:residents")
    assert [client.get(each).status_code for each in addresses[1:]] == [200] * MOST_KEPT


def test_a_search_of_another_room_or_moved_to_another_handle_is_none(console: Console) -> None:
    client = console.clerk()
    handle = client.post(reverse("counter:residents"), {"text": "検索"}).headers["Location"].split("/")[-2]
    session = client.session
    place = session["searches-residents"]
    other = new_opaque_id()
    session["searches-residents"] = place | {other: place[handle]}
    session.save()
    assert client.get(reverse("counter:found", args=[other])).headers["Location"] == reverse(
        "counter:residents"
    )


def test_what_is_too_long_is_said_at_its_field_and_not_kept_whole(console: Console) -> None:
    client = console.clerk()
    response = client.post(reverse("counter:residents"), {"text": "あ" * 10_000}, follow=True)
    assert list(response.context["form"].errors) == ["text"]
    assert len(str(dict(client.session.items()))) < 20 * LONGEST_FIELD
