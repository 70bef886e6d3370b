"""What a running installation does by itself."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from honnin.agency.authority.models import IssuingKey
from honnin.errors import Unavailable
from honnin.law.terms import Purpose
from honnin.municipality.residents.models import ChangeReport
from honnin.municipality.residents.services import record_change_of_address
from honnin.sites.chores import do_chores
from honnin.sites.wiring import connect_in_process
from honnin.wire.line import InProcessLine, plug
from tests.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def publication(settings: Any, tmp_path: Path) -> Path:
    settings.HONNIN_PUBLICATION = tmp_path / "publication"
    return tmp_path / "publication"


def numbers(folder: Path) -> list[int]:
    found = []
    for name in ("signature.crl", "authentication.crl"):
        revocation_list = x509.load_der_x509_crl((folder / name).read_bytes())
        found.append(revocation_list.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number)
    return found


def test_lists_are_published_when_they_are_due_and_not_before(publication: Path, town: Town) -> None:
    do_chores(town.clock)
    first = numbers(publication)
    do_chores(town.clock)
    assert numbers(publication) == first
    town.clock.move_to(town.clock.now() + timedelta(days=1))
    do_chores(town.clock)
    assert numbers(publication) == [number + 1 for number in first]


def test_a_change_that_the_agency_did_not_hear_is_told_again(publication: Path, town: Town) -> None:
    holder = town.with_certificates()
    plug("agency", InProcessLine({}))
    with pytest.raises(Exception, match="E_MESSAGE_MALFORMED"):
        record_change_of_address(holder.resident, "みほん県みほん市手本通９－９－９", clerk="hanako")
    assert ChangeReport.objects.filter(delivered=False).count() == 1
    assert town.records(holder)[Purpose.SIGNATURE].status == "good"
    connect_in_process(town.clock)
    do_chores(town.clock)
    assert not ChangeReport.objects.filter(delivered=False).exists()
    assert town.records(holder)[Purpose.SIGNATURE].status == "revoked"


def test_responders_are_renewed_in_time_and_the_service_is_told(publication: Path, town: Town) -> None:
    assert do_chores(town.clock) in (True, False)
    assert do_chores(town.clock) is False
    before = set(IssuingKey.objects.values_list("responder_key_name", flat=True))
    town.clock.move_to(town.clock.now() + timedelta(days=61))
    assert do_chores(town.clock) is True
    assert before.isdisjoint(IssuingKey.objects.values_list("responder_key_name", flat=True))
    assert do_chores(town.clock) is False


def test_a_full_disk_is_said_and_the_former_lists_stay(publication: Path, town: Town) -> None:
    do_chores(town.clock)
    before = numbers(publication)
    town.clock.move_to(town.clock.now() + timedelta(days=1))
    (publication / "signature-ca.cer.new").mkdir()  # whoever wants to write there cannot
    with pytest.raises((Unavailable, OSError)):
        do_chores(town.clock)
    assert numbers(publication) == before
