"""Whom a page is about, where it stands in the menu, and what somebody sees to whom the screen is turned."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from honnin.agency.hotline.services import record_notice_of_loss
from tests.support.console import Console, hotline_address, scan
from tests.support.responses import Response

pytestmark = pytest.mark.django_db(databases="__all__")

NAME = "高橋　花子"


def title_and_heading(response: Response) -> tuple[str, str]:
    shown = response.content.decode()
    title = re.search(r"<title>(.*?)</title>", shown, re.S)
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", shown, re.S)
    assert title
    assert heading
    return title[1], heading[1]


def marked(response: Response) -> set[str]:
    """Where the entries of the menu lead that are marked as the present one."""
    shown = response.content.decode()
    return set(re.findall(r'<li><a href="([^"]*)" aria-current="page">', shown))


def of_a_resident(public_id: str) -> list[str]:
    names = ("resident", "new_application", "new_pin_reset", "new_revocation", "change_address")
    whole = [reverse(f"counter:{name}", args=[public_id]) for name in names]
    card = [reverse("counter:card_work", args=[public_id, work]) for work in ("update", "clear", "end")]
    return [*whole, *card]


def test_every_page_of_a_person_names_them_and_keeps_the_mark_of_the_menu(console: Console) -> None:
    client, resident, application = console.issued(name=NAME, kana="タカハシ　ハナコ")
    list_of_people, list_of_work = reverse("counter:residents"), reverse("counter:applications")
    for address in of_a_resident(resident.public_id):
        response = client.get(address)
        assert all(NAME in text for text in title_and_heading(response)), address
        assert marked(response) == {list_of_people}, address
    for name in ("application", "receipt"):
        response = client.get(reverse(f"counter:{name}", args=[application.number]))
        assert all(NAME in text for text in title_and_heading(response)), name
        assert marked(response) == {list_of_work}, name
    for name in ("approve", "hand_over", "reject", "evidence"):
        late = client.post(reverse(f"counter:{name}", args=[application.number]), follow=True)
        assert marked(late) == {list_of_work}, name


def test_a_correction_too(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident(name=NAME)
    console.apply(client, resident)
    response = client.get(reverse("counter:amend", args=[resident.applications.get().number]))
    assert all(NAME in text for text in title_and_heading(response))
    assert marked(response) == {reverse("counter:applications")}


def test_a_person_and_their_applications_lead_to_each_other(console: Console) -> None:
    client, resident, application = console.issued()
    person = reverse("counter:resident", args=[resident.public_id])
    work = reverse("counter:application", args=[application.number])
    receipt = reverse("counter:receipt", args=[application.number])
    for address, leads_to in (
        (work, person),
        (person, work),
        (receipt, work),
        (reverse("counter:applications"), person),
    ):
        assert f'href="{leads_to}"' in client.get(address).content.decode(), address


def is_for_the_citizen(response: Response, *names: str) -> bool:
    shown = response.content.decode()
    return (
        all(name in shown for name in names)
        and marked(response) == set()
        and not any(f'href="{reverse(f"counter:{each}")}"' in shown for each in ("applications", "residents"))
        and not any(reverse(each) in shown for each in ("sign_out", "terms_of_use", "guide"))
    )


def test_the_screen_that_is_turned_names_person_and_proxy_and_shows_no_menu(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident(name=NAME)
    proxy = {"proxy_kind": "mandated", "proxy_name": "代理　一郎", "proxy_document": "driving_licence"}
    application = console.approved(
        client,
        resident,
        **proxy,
        document_2="inquiry_answer",
        copy_2=scan(),
        mandate_copy=scan(),
        proxy_copy=scan(),
    )
    address = reverse("counter:issue", args=[application.number])
    for response in (client.get(address), client.post(address)):  # the form's errors are read there too
        assert all(NAME in text for text in title_and_heading(response))
        assert is_for_the_citizen(response, NAME, "代理　一郎", "Proxy with a mandate")


def test_the_pin_for_a_release_is_typed_without_the_clerks_menu(console: Console) -> None:
    client, resident, _application = console.issued(name=NAME)
    record_notice_of_loss(resident.pk, operator=console.town.operator(), at=console.town.clock.now())
    response = client.get(reverse("counter:release", args=[resident.public_id]))
    assert all(NAME in text for text in title_and_heading(response))
    assert is_for_the_citizen(response, NAME)


def looked_up(operator: Client, name: str, code: str) -> Response:
    return operator.get(hotline_address(name, code))


def test_the_hotlines_pages_too(console: Console) -> None:
    holder, operator = console.town.with_certificates(name=NAME), console.operator()
    confirm, shown = (looked_up(operator, name, holder.code) for name in ("confirm", "holder"))
    for response, other in ((confirm, "holder"), (shown, "confirm")):
        assert all(NAME in text for text in title_and_heading(response))
        assert marked(response) == {reverse("hotline:search")}
        assert f'href="{hotline_address(other, holder.code)}"' in response.content.decode()
    assert marked(operator.get(reverse("hotline:calls"))) == {reverse("hotline:calls")}
