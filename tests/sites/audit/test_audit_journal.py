"""`audit_status` on cards and link certificates: what the journal tells, against what the tables hold."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings

from honnin.agency.authority.models import IssuingKey
from honnin.agency.authority.rollover import roll_over
from honnin.agency.card_register.models import Card
from honnin.agency.keys.master_keys import make_next_version
from honnin.agency.publication.services import publish
from honnin.agency.revocation.services import record_lapse
from honnin.law.terms import LapseGround, Purpose
from honnin.municipality.counter.procedures.card_work import services as card_work
from honnin.sites.audit.comparison import audit_status
from tests.support.town import Holder, Town

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.alters_records]


@pytest.fixture(autouse=True)
def own_folders(settings: LazySettings, tmp_path: Path, town: Town) -> None:
    """Lists and master keys of this test alone."""
    for name in ("card-master-key", "evidence-key"):
        (tmp_path / name).write_bytes((settings.HONNIN_KEYS / name).read_bytes())
    settings.HONNIN_KEYS = tmp_path
    settings.HONNIN_PUBLICATION = tmp_path / "publication"


@pytest.fixture
def holder(town: Town) -> Holder:
    """With a card that has had its keys replaced, and another that ended."""
    holder = town.holder()
    ended = town.holder()
    record_lapse(ended.code, LapseGround.CARD_INVALID, (), actor="test", at=town.clock.now())
    make_next_version(town.clock, actor="test")
    card_work.clear(holder.resident, holder.reader(), clerk=town.clerk(), clock=town.clock)
    roll_over(list(Purpose), town.clock)
    publish(town.clock)
    return holder


def test_an_honest_installation_has_no_faults(town: Town, holder: Holder) -> None:
    assert audit_status(town.clock).faults == []


def _link_of_another() -> None:
    key = IssuingKey.objects.get(purpose=Purpose.SIGNATURE, generation=2)
    other = IssuingKey.objects.get(purpose=Purpose.USER_AUTHENTICATION, generation=2)
    IssuingKey.objects.filter(pk=key.pk).update(new_with_old=other.new_with_old)


TAMPERED: dict[str, tuple[Callable[[], object], str]] = {
    "valid again": (
        lambda: Card.objects.filter(valid=False).update(valid=True),
        "says of it: valid",
    ),
    "taken with replaced keys": (
        lambda: Card.objects.filter(key_version=0x31).update(key_version=0x30),
        "says of it: key version",
    ),
    "longer": (
        lambda: Card.objects.filter(key_version=0x31).update(expiry_date="2099-01-01"),
        "says of it: expiry date",
    ),
    "invented": (
        lambda: Card.objects.create(
            card_number="TEST00000099999",
            person_code="99999999999",
            municipality_code="99101",
            generation="number_card",
            created_on="2026-06-01",
            expiry_date="2036-06-01",
        ),
        "card: 1 that no entry tells of",
    ),
    "gone": (lambda: Card.objects.filter(valid=False).delete(), "tells of is gone"),
    "a link": (_link_of_another, "link signature CA 2 with 1: not the one that was signed"),
}


@pytest.mark.parametrize("tampered", TAMPERED)
def test_what_was_changed_behind_the_journal_is_found(town: Town, holder: Holder, tampered: str) -> None:
    change, fault = TAMPERED[tampered]
    change()
    faults = [each for each in audit_status(town.clock).faults if not each.startswith("publication/")]
    assert len(faults) == (2 if tampered == "a link" else 1)
    assert any(fault in each for each in faults)
