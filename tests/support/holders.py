"""Holders of each kind of certificate, for pages that say what becomes of them."""

from honnin.clock import FixedClock
from honnin.municipality.residents.models import Resident
from tests.support.console import Console, hotline_address


def without_card(console: Console, _clock: FixedClock) -> Resident:
    return console.town.move_in()


def good(console: Console, _clock: FixedClock) -> Resident:
    return console.issued()[1]


def held(console: Console, _clock: FixedClock) -> Resident:
    resident = console.issued()[1]
    console.operator().post(hotline_address("confirm", resident.pk))
    return resident


def without_signature(console: Console, _clock: FixedClock) -> Resident:
    client = console.clerk()
    resident, card = console.resident()
    console.issue(client, console.approved(client, resident, purposes=["user_authentication"]), card)
    return resident
