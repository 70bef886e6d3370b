"""Procedures of the counter: each declared once, in a folder of its own; one more needs nothing else."""

import importlib
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import clear_url_caches, reverse

import honnin.municipality.counter.urls
import honnin.sites.urls
from honnin.journal.binding import changed
from honnin.municipality.counter import declaration, procedures
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.records.models import JournalEntry
from tests.municipality.counter.procedures.losses import lost, wrong_pins
from tests.support.console import Console, codes, page, scan
from tests.support.telling import tell

pytestmark = pytest.mark.django_db(databases="__all__")

ADDED = "tests.support.procedures"


def read_addresses_anew() -> None:
    importlib.reload(honnin.municipality.counter.urls)
    importlib.reload(honnin.sites.urls)
    clear_url_caches()


def register(procedures: Iterable[declaration.Procedure]) -> None:
    left = tuple(procedures)
    declaration.register(lambda: left)


@pytest.fixture
def added(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> Iterator[None]:
    """One procedure more in the registry, and so among the apps; the rest learns of it by itself."""
    app = f"{ADDED}.{request.param}"
    with monkeypatch.context() as registry:
        registry.setattr(procedures, "APPS", (*procedures.APPS, app))
        settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, app]
        read_addresses_anew()
        yield
    register(each for each in declaration.registered() if each.name != request.param)
    read_addresses_anew()


@contextmanager
def without(name: str) -> Iterator[None]:
    """The registry without one procedure; its pages and its templates' addresses are not there."""
    every = declaration.registered()
    register(each for each in every if each.name != name)
    read_addresses_anew()
    try:
        yield
    finally:
        register(every)
        read_addresses_anew()


@pytest.mark.parametrize("added", ["handed_in"], indirect=True)
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


COPIES = {"copies": "2", "addressee": "school", "document_1": "driving_licence", "proxy_kind": ""}


@pytest.mark.parametrize("added", ["printed"], indirect=True)
@pytest.mark.usefixtures("added")
@pytest.mark.filterwarnings("ignore:Converter .* is already registered")
def test_so_is_one_that_receives_applications_of_a_kind_of_its_own(console: Console) -> None:
    client, resident, _application = console.issued()
    address = reverse("counter:new_printed", args=[resident.public_id])
    assert f'href="{address}">Print copies</a>' in page(client, "resident", resident.public_id)
    client.post(address, COPIES | {"copy_1": scan()})
    found = resident.applications.get(procedure="printed")
    assert (found.details, found.pins, found.signature) == ({"copies": 2, "addressee": "school"}, [], False)
    assert "2 for school" in page(client, "application", found.number)
    correction = {"copies": "3", "addressee": "employer", "papers": ["applicant/driving_licence"]}
    client.post(reverse("counter:amend", args=[found.number]), correction)
    told = json.loads(JournalEntry.objects.get(act="amend").detail)
    assert told["before_details_copies"] == "2"
    assert len(told["before_details_addressee"]) > 20  # a keyed digest
    shown = " ".join(re.sub("<[^>]+>", " ", page(client, "application", found.number)).split())
    assert "Copies 2 3" in shown
    assert "For whom school employer" in shown
    carried_out = reverse("counter:print_copies", args=[found.number])
    assert client.post(carried_out).status_code == 409
    client.post(reverse("counter:approve", args=[found.number]))
    assert f'href="{carried_out}"' in page(client, "application", found.number)
    client.post(carried_out)
    assert "Copies in the printer" in page(client, "application", found.number)
    assert "E_APPLICATION_OPEN" in codes(client.post(address, COPIES, follow=True).content.decode())
    client.post(carried_out)
    assert "Carried out" in page(client, "application", found.number)
    register(each for each in declaration.registered() if each.name != "printed")
    shown = page(client, "application", found.number)  # its procedure is taken out again
    assert "A procedure that is not offered here" in shown
    assert ("Carried out" in shown, "employer" in shown) == (True, True)


WITHOUT = "E_PROCEDURE_NOT_OFFERED"
READ_ANEW = pytest.mark.filterwarnings("ignore:Converter .* is already registered")


def received(console: Console, kind: str, state: str) -> tuple[Client, Application]:
    """An application of one kind that stands in a state."""
    client, resident, issued = console.issued()
    if kind == "issuing":
        found = issued
    else:
        sent = {"pins": ["user_authentication"], "document_1": "driving_licence", "proxy_kind": ""}
        client.post(reverse("counter:new_pin_reset", args=[resident.public_id]), sent | {"copy_1": scan()})
        found = resident.applications.get(signature=False, user_authentication=False)
    if state != found.state:
        found.state = state
        found.save(update_fields=["state"])
        tell(changed(found, "state"))
    return client, found


@READ_ANEW
@pytest.mark.parametrize(
    ("kind", "state", "word"),
    [
        ("pin_reset", "under_examination", "Under examination"),
        ("pin_reset", "approved", "Accepted, to be issued"),
        ("pin_reset", "setting_pins", "PINs are being set"),
        ("pin_reset", "pins_set", "PINs reset"),
        ("issuing", "issued", "Issued, to be handed over"),
        ("issuing", "handed_over", "Handed over"),
    ],
)
def test_an_application_whose_procedure_was_taken_out_is_shown_and_not_carried_out(
    console: Console, kind: str, state: str, word: str
) -> None:
    client, found = received(console, kind, state)
    resident, number = found.resident, found.number
    with without(kind):
        pages = (("applications",), ("resident", resident.public_id), ("application", number))
        for shown in (page(client, *each) for each in pages):
            assert number in shown
            assert word in shown
        ended = state in ("pins_set", "handed_over")
        assert codes(shown) == ([] if ended else [WITHOUT])
        open_to_decide = state == "under_examination"
        offered = {act for act in ("approve", "amend", "reject", "withdraw", "end") if f"/{act}/" in shown}
        assert offered == ({"reject", "withdraw"} if open_to_decide else set())
        for act in ("approve", "amend", "evidence", "end"):
            refused = client.post(reverse(f"counter:{act}", args=[number]))
            assert codes(refused.content.decode()) == [WITHOUT], act
            assert refused.status_code == 422, act
        other = "set_pins" if kind == "issuing" else "issue"
        if state != "issued":
            assert codes(client.get(reverse(f"counter:{other}", args=[number])).content.decode()) == [WITHOUT]
        page(client, "move_out", resident.public_id)  # which names what is under way
        said = client.post(reverse("counter:withdraw", args=[number]), {"because": "mistake"})
        if open_to_decide:
            assert said.status_code == 302
            assert "Withdrawn" in page(client, "application", number)
        else:
            assert set(codes(said.content.decode())) == {WITHOUT}  # of the act, and of what is next
    found.refresh_from_db()
    assert found.state == ("withdrawn" if open_to_decide else state)


@READ_ANEW
@pytest.mark.parametrize(("tries", "code"), [(3, "E_PIN_LOCKED"), (2, "E_PIN_LAST_TRY")])
def test_a_release_leads_to_a_pin_reset_only_where_there_is_one(
    console: Console, tries: int, code: str
) -> None:
    client, resident, application = console.issued()
    lost(console, resident)
    wrong_pins(console, application.card_number, tries)
    release = reverse("counter:release", args=[resident.public_id])
    sent = {"card": application.card_number, "pin": "1234"}
    assert "/new-pin-reset/" in client.post(release, sent).content.decode()
    with without("pin_reset"):
        blocked = client.post(release, sent).content.decode()
        assert codes(blocked) == [code]
        assert "new-pin-reset" not in blocked
        assert "Reset the PIN" not in blocked
        assert ("tick the box" in blocked) == (code == "E_PIN_LAST_TRY")
        assert "--use-last-try" not in blocked


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
    for asked, name, act in ((["signature"], "pin_reset", "set_pins"), ([], "issuing", "issue")):
        (kind,) = (each for each in kinds if each.claims(_Asked(asked)))
        assert declaration.receiving(_Asked(asked)) == (name, kind)
        assert declaration.receiving(_Asked([], name)) == (name, kind)
        assert kind.act == act
    with pytest.raises(LookupError):
        declaration.receiving(_Asked([], "sealing"))


class _Asked:
    def __init__(self, pins: list[str], procedure: str = "") -> None:
        self.pins, self.procedure = pins, procedure
