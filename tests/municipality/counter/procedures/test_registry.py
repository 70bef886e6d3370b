"""Procedures of the counter: each declared once, in a folder of its own; one more needs nothing else."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.urls import clear_url_caches, reverse

import honnin.municipality.counter.urls
import honnin.sites.urls
from honnin.municipality.counter import declaration, procedures
from honnin.municipality.records.models import JournalEntry
from tests.support.console import Console, codes, page

pytestmark = pytest.mark.django_db(databases="__all__")

ADDED = "tests.support.procedures.handed_in"


def read_addresses_anew() -> None:
    importlib.reload(honnin.municipality.counter.urls)
    importlib.reload(honnin.sites.urls)
    clear_url_caches()


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> Iterator[None]:
    """One procedure more in the registry, and so among the apps; the rest learns of it by itself."""
    with monkeypatch.context() as registry:
        registry.setattr(procedures, "APPS", (*procedures.APPS, ADDED))
        settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, ADDED]
        read_addresses_anew()
        yield
    declaration.register(each for each in declaration.registered() if each.name != "handed_in")
    read_addresses_anew()


@pytest.mark.usefixtures("added")
@pytest.mark.filterwarnings("ignore:Converter .* is already registered")
def test_a_procedure_is_added_by_its_folder_and_the_registry_alone(console: Console) -> None:
    client, resident, _application = console.issued()
    address = reverse("counter:hand_in", args=[resident.public_id])
    shown = page(client, "resident", resident.public_id)
    assert f'href="{address}">Note a card that was handed in</a>' in shown
    assert f'href="{reverse("counter:list_handed_in")}"' in shown  # the menu
    assert "Enter where it was found." in client.post(address, {"where": ""}).content.decode()
    assert JournalEntry.objects.filter(act="note card handed in").count() == 0
    assert client.post(address, {"where": "駅"}).headers["Location"] == reverse(
        "counter:resident", args=[resident.public_id]
    )
    assert JournalEntry.objects.get(act="note card handed in").subject == f"resident {resident.public_id}"
    assert "1 handed in" in client.get(reverse("counter:list_handed_in")).content.decode()
    for clerk in (console.town.neighbour(), console.town.clerk("self", person_code=resident.pk)):
        refused = console.clerk(clerk).get(address)
        assert (refused.status_code, len(codes(refused.content.decode()))) == (403, 1)
    own = page(
        console.clerk(console.town.clerk("self", person_code=resident.pk)), "resident", resident.public_id
    )
    assert address not in own


def test_every_folder_is_registered_and_declares_itself() -> None:
    folder = Path(procedures.__file__).parent
    assert {path.parent.name for path in folder.glob("*/declaration.py")} == set(procedures.PROCEDURES)
    assert [each.name for each in procedures.declared()] == list(procedures.PROCEDURES)
    assert [each.name for each in declaration.registered()][2:] == list(procedures.PROCEDURES)


def test_no_page_and_no_act_is_declared_twice() -> None:
    every = declaration.registered()
    pages = [pattern.name for each in every for pattern in each.urls]
    assert len(pages) == len(set(pages))
    acts = [act for each in every for act in (*each.completes, *each.acts)]
    assert len(acts) == len(set(acts))
    for each in every:
        own = {pattern.name for pattern in each.urls}
        assert own == {*(page for _text, page in each.completes.values()), *each.pages}, each.name
        assert {page for page, _label in each.menu} <= own, each.name
        if each.kind:
            assert {each.kind.page, each.kind.form_page} <= own, each.name


def test_each_kind_of_application_claims_its_own() -> None:
    kinds = declaration.kinds()
    assert {kind.act for kind in kinds} <= set(declaration.completed())
    for asked, act in ((["signature"], "set_pins"), ([], "issue")):
        (kind,) = (each for each in kinds if each.claims(_Asked(asked)))
        assert declaration.kind_of(_Asked(asked)) is kind
        assert kind.act == act


class _Asked:
    def __init__(self, pins: list[str]) -> None:
        self.pins = pins
