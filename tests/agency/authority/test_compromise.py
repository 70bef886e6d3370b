"""An issuer's key leaks, is lost or damaged: two persons, all that it signed revoked, and nothing else."""

import gc
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from django.conf import settings
from django.db import connections

from honnin.agency.audit.keys import LostKeys
from honnin.agency.audit.publication import read_publication
from honnin.agency.authority.compromise import ask, confirm, forecast, go_on, to_confirm, unfinished, withdraw
from honnin.agency.authority.models import IssuingKey, KeyCompromise
from honnin.agency.authority.rollover import roll_over
from honnin.agency.authority.services import responder_is_due
from honnin.agency.publication.services import publication_is_due, publish
from honnin.agency.records.models import IssuanceRecord, JournalEntry, Person
from honnin.agency.revocation.services import hold, record_lapse
from honnin.clock import day_in_japan
from honnin.errors import Conflict, HonninError, NotAllowed, Unavailable
from honnin.law.terms import Compromise, LapseGround, Purpose
from honnin.simulator.brought import SIGNATURE
from honnin.simulator.onlooker import request_about
from honnin.sites.audit.comparison import audit_status
from honnin.sites.chores.round import do_chores
from honnin.sites.home import present_home
from honnin.sites.responder import make_responder
from tests.support.agency.world import listed_in, read_answer, told_by
from tests.support.town import Holder, Town

rolled_back = pytest.mark.django_db(databases="__all__")
committed = pytest.mark.usefixtures("committed")
LEAKAGE, LOSS, DAMAGE = Compromise
ASKS, CONFIRMS = "kagi-kanri", "kansa"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "HONNIN_PUBLICATION", tmp_path / "publication")
    return tmp_path / "publication"


def key_of(purpose: Purpose = Purpose.SIGNATURE, generation: int = 1) -> IssuingKey:
    return IssuingKey.objects.get(purpose=purpose, generation=generation)


def asked(town: Town, kind: Compromise = LEAKAGE, key: IssuingKey | None = None) -> KeyCompromise:
    return ask(key or key_of(), kind, by=ASKS, actor="test", at=town.clock.now())


def confirmed(town: Town, digest: str, *, by: str = CONFIRMS, key: IssuingKey | None = None) -> KeyCompromise:
    return confirm(key or key_of(), digest, by=by, actor="test", at=town.clock.now())


def recorded(town: Town, kind: Compromise = LEAKAGE) -> KeyCompromise:
    return confirmed(town, asked(town, kind).digest)


def carried_out(town: Town, kind: Compromise = LEAKAGE, batch: int = 500) -> KeyCompromise:
    return go_on(recorded(town, kind), town.clock, actor="test", batch=batch)


def statuses(town: Town, *holders: Holder) -> list[tuple[str, str]]:
    return [(record.status, record.crl_reason) for each in holders for record in town.records(each).values()]


def everything() -> tuple[object, ...]:
    """What nobody may have changed."""
    return (
        list(IssuanceRecord.objects.order_by("pk").values()),
        list(Person.objects.order_by("pk").values()),
        list(IssuingKey.objects.order_by("pk").values()),
    )


# — Forecast, and two persons —————————————————————————————————————————————————————————————————————————


@rolled_back
@pytest.mark.clause("S4-8.1.3")
def test_a_forecast_counts_what_stands_of_one_key_and_changes_nothing(town: Town) -> None:
    holders = [town.with_certificates() for _ in range(3)]
    hold(holders[0].code, actor="test", at=town.clock.now())  # its signature certificate is revoked by that
    before = everything()
    on = day_in_japan(town.clock.now())
    of_signatures = forecast(key_of(), LEAKAGE, on)
    of_others = forecast(key_of(Purpose.USER_AUTHENTICATION), LEAKAGE, on)
    assert (of_signatures.good, of_signatures.held) == (2, 0)
    assert (of_others.good, of_others.held) == (2, 1)
    assert forecast(key_of(), LEAKAGE, on) == of_signatures
    digests = {forecast(key_of(), kind, on).digest for kind in Compromise}
    assert len(digests | {of_others.digest}) == 4
    request = asked(town)
    assert (request.good, request.held, request.digest) == (2, 0, of_signatures.digest)
    assert everything() == before


@rolled_back
@pytest.mark.parametrize("name", [ASKS, "ＫＡＧＩ-ＫＡＮＲＩ", " kagi-kanri "])
def test_who_asked_does_not_confirm_however_the_name_is_typed(town: Town, name: str) -> None:
    town.with_certificates()
    digest, before = asked(town).digest, everything()
    with pytest.raises(NotAllowed, match="E_SAME_PERSON"):
        confirmed(town, digest, by=name)
    assert everything() == before
    assert confirmed(town, f" {digest.upper()} ").confirmed_by == CONFIRMS


@rolled_back
@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda town: confirmed(town, "0" * 64), "E_KEY_COMPROMISE_NOT_ASKED"),
        (lambda town: (asked(town), confirmed(town, "0" * 64)), "E_FORECAST_DIGEST"),
        (
            lambda town: (asked(town, LEAKAGE), confirmed(town, asked(town, LOSS).digest[:-1])),
            "E_FORECAST_DIGEST",
        ),
        (lambda town: confirmed(town, asked(town).digest, by=" "), "E_ACCOUNT_NAME"),
        (lambda town: (recorded(town), confirmed(town, "0" * 64)), "E_KEY_COMPROMISE_NOT_ASKED"),
        (lambda town: (recorded(town), asked(town)), "E_KEY_COMPROMISE_RECORDED"),
        (
            lambda town: (
                asked(town),
                withdraw(key_of(), by="other", actor="test", at=town.clock.now()),
                to_confirm(key_of()),
            ),
            "E_KEY_COMPROMISE_NOT_ASKED",
        ),
    ],
)
def test_what_cannot_be_asked_or_confirmed_is_refused_by_name(
    town: Town, act: Callable[[Town], object], code: str
) -> None:
    with pytest.raises(HonninError) as refused:
        act(town)
    assert refused.value.code == code


def _expire(town: Town, holder: Holder) -> None:
    town.clock.move_to(datetime(2032, 1, 1, tzinfo=UTC))


OVERTAKING: dict[str, Callable[[Town, Holder], object]] = {
    "issued": lambda town, holder: town.with_certificates(),
    "revoked": lambda town, holder: record_lapse(
        holder.code, LapseGround.CHANGE_OF_ENTRY, (), actor="test", at=town.clock.now()
    ),
    "held or revoked": lambda town, holder: hold(holder.code, actor="test", at=town.clock.now()),
    "one for another": lambda town, holder: (
        town.with_certificates(),
        record_lapse(holder.code, LapseGround.CARD_INVALID, (), actor="test", at=town.clock.now()),
    ),
    "expired": _expire,
}


@rolled_back
@pytest.mark.parametrize("what", OVERTAKING)
@pytest.mark.parametrize("purpose", Purpose)
def test_a_forecast_that_the_world_overtook_is_refused_and_made_anew(
    town: Town, purpose: Purpose, what: str
) -> None:
    holder = town.with_certificates()
    key = key_of(purpose)
    digest = asked(town, key=key).digest
    OVERTAKING[what](town, holder)
    if what == "revoked" and purpose is Purpose.USER_AUTHENTICATION:
        assert confirmed(town, digest, key=key).confirmed_at  # a move concerns the other authority alone
        return
    before = everything()
    with pytest.raises(Conflict, match="E_FORECAST_OVERTAKEN"):
        confirmed(town, digest, key=key)
    assert everything() == before
    assert confirmed(town, asked(town, key=key).digest, key=key).confirmed_at
    withdrawn = KeyCompromise.objects.exclude(withdrawn_at=None).get()
    assert (withdrawn.digest, withdrawn.withdrawn_by) == (digest, ASKS)


# — The act ———————————————————————————————————————————————————————————————————————————————————————————


@committed
@pytest.mark.clause("S4-8.1.3", "act/14", "act/33")
@pytest.mark.parametrize("batch", [1, 2, 500])
def test_everything_that_the_key_signed_is_revoked_once_and_nothing_else(
    town: Town, folder: Path, batch: int
) -> None:
    before = [town.with_certificates() for _ in range(2)]
    record_lapse(before[0].code, LapseGround.CHANGE_OF_ENTRY, (), actor="test", at=town.clock.now())
    roll_over(SIGNATURE, town.clock)
    after = town.with_certificates()
    others = statuses(town, after)
    responder = make_responder(present_home(), town.clock)
    publish(town.clock)
    sequence = JournalEntry.objects.latest("sequence").sequence
    done = carried_out(town, batch=batch)
    assert (done.revoked, done.asked_by, done.confirmed_by) == (1, ASKS, CONFIRMS)
    assert done.finished_at == town.clock.now()
    signatures = [town.records(each)[Purpose.SIGNATURE] for each in before]
    assert [each.crl_reason for each in signatures] == ["affiliationChanged", "cACompromise"]
    assert [change.ground for change in signatures[1].changes.all()] == ["issuer_key_compromise"]
    assert statuses(town, after) == others
    for each in before:
        assert town.records(each)[Purpose.USER_AUTHENTICATION].status == "good"
    assert told_by(read_answer(responder.answer(request_about(signatures[1])).body))[1] == "cACompromise"
    publish(town.clock)
    listed = x509.load_der_x509_crl((folder / "signature-1.crl").read_bytes())
    assert listed_in(listed, signatures[1].serial_number)[1] == "cACompromise"
    told = JournalEntry.objects.filter(sequence__gt=sequence, act="revoked")
    assert list(told.values_list("subject", flat=True)) == [str(signatures[1])]
    assert go_on(done, town.clock, actor="test") == done
    assert list(unfinished()) == []
    assert audit_status(town.clock).faults == []


@rolled_back
def test_what_was_held_is_revoked_and_can_be_released_no_more(town: Town) -> None:
    holder = town.with_certificates()
    hold(holder.code, actor="test", at=town.clock.now())
    key = key_of(Purpose.USER_AUTHENTICATION)
    digest = ask(key, LEAKAGE, by=ASKS, actor="test", at=town.clock.now()).digest
    done = go_on(confirmed(town, digest, key=key), town.clock, actor="test")
    assert (done.held, done.revoked) == (1, 1)
    assert town.records(holder)[Purpose.USER_AUTHENTICATION].crl_reason == "cACompromise"
    with pytest.raises(HonninError, match="E_HOLD_NOT_RELEASABLE"):
        town.release(holder)


@rolled_back
def test_cut_after_any_batch_it_goes_on_where_it_stood(town: Town) -> None:
    holders = [town.with_certificates() for _ in range(4)]
    compromise = recorded(town)

    class Cut(Exception):
        pass

    def cut(present: KeyCompromise) -> None:
        raise Cut

    for number in range(1, 5):
        with pytest.raises(Cut):
            go_on(compromise, town.clock, actor="test", batch=1, progress=cut)
        assert unfinished().get().revoked == number
    done = go_on(unfinished().get(), town.clock, actor="another", batch=1)
    assert done.revoked == 4
    for each in holders:
        assert town.records(each)[Purpose.SIGNATURE].changes.count() == 1


@committed
def test_the_chores_go_on_with_what_was_broken_off_and_publish(town: Town, folder: Path) -> None:
    holder = town.with_certificates()
    recorded(town)
    done = {each.kind: each.detail for each in do_chores(town.clock).done}
    assert (done["compromise"], "list" in done) == ("1", True)
    number = town.records(holder)[Purpose.SIGNATURE].serial_number
    listed = x509.load_der_x509_crl((folder / "signature.crl").read_bytes())
    assert listed_in(listed, number)[1] == "cACompromise"
    assert "compromise" not in {each.kind for each in do_chores(town.clock).done}


@rolled_back
def test_what_was_examined_before_it_is_examined_anew(town: Town) -> None:
    holder = town.with_certificates()
    before = Person.objects.get(pk=holder.code).notices
    carried_out(town)
    assert Person.objects.get(pk=holder.code).notices == before + 1


# — Afterwards ————————————————————————————————————————————————————————————————————————————————————————


@rolled_back
@pytest.mark.parametrize("kind", Compromise)
def test_the_key_issues_no_more_until_another_generation_does(town: Town, kind: Compromise) -> None:
    town.with_certificates()
    recorded(town, kind)
    holder = town.holder()
    application = town.approved(holder.resident)
    before = IssuanceRecord.objects.count()
    with pytest.raises(Unavailable, match="E_ISSUER_KEY_COMPROMISED"):
        town.issue(application, holder.reader())
    assert IssuanceRecord.objects.count() == before
    roll_over(SIGNATURE, town.clock)
    new = key_of(generation=2)
    assert (new.new_with_old, new.old_with_new) == (None, None)
    town.issue(application, holder.reader())
    assert town.records(holder)[Purpose.SIGNATURE].issuer_key_id == new.key_id


@rolled_back
def test_one_that_has_issued_nothing_is_followed_without_being_named(town: Town) -> None:
    roll_over(SIGNATURE, town.clock)
    confirmed(town, asked(town, key=key_of(generation=2)).digest, key=key_of(generation=2))
    assert [str(key) for key in roll_over(SIGNATURE, town.clock)] == ["signature CA 3"]


@committed
@pytest.mark.clause("S4-1.3.3")
@pytest.mark.parametrize("kind", [LOSS, DAMAGE])
def test_a_lost_key_signs_no_list_and_the_one_that_it_had_is_taken_down(
    town: Town, folder: Path, kind: Compromise
) -> None:
    holder = town.with_certificates()
    publish(town.clock)
    lost = settings.HONNIN_KEYS / f"{key_of().key_name}.pem"
    content = lost.read_bytes()
    lost.unlink()
    try:
        assert len(LostKeys(town.clock).faults) == 1
        carried_out(town, kind)
        assert publication_is_due(town.clock)
        assert [path.name for path in publish(town.clock) if path.suffix == ".crl"] == ["authentication.crl"]
        assert not (folder / "signature.crl").exists()
        assert (folder / "signature-ca.cer").exists()
        assert not publication_is_due(town.clock)
        assert LostKeys(town.clock).faults == []
        assert read_publication(town.clock).faults == []
        record = town.records(holder)[Purpose.SIGNATURE]
        answer = make_responder(present_home(), town.clock).answer(request_about(record))
        assert told_by(read_answer(answer.body))[1] == "cACompromise"
        assert not responder_is_due(key_of(), town.clock.now() + timedelta(days=85))
        assert audit_status(town.clock).faults == []
    finally:
        lost.write_bytes(content)


@rolled_back
def test_a_leaked_key_still_signs_its_list_until_it_is_lost_too(town: Town, folder: Path) -> None:
    town.with_certificates()
    carried_out(town, LEAKAGE)
    assert "signature.crl" in [path.name for path in publish(town.clock)]
    assert responder_is_due(key_of(), town.clock.now() + timedelta(days=85))
    again = carried_out(town, LOSS)
    assert (again.good, again.revoked, key_of().compromise) == (0, 0, LOSS)
    publish(town.clock)
    assert not (folder / "signature.crl").exists()


@rolled_back
def test_what_was_lost_does_not_sign_again_because_it_leaked_as_well(town: Town) -> None:
    carried_out(town, LOSS)
    carried_out(town, LEAKAGE)
    assert key_of().compromise == LOSS


# — Size ——————————————————————————————————————————————————————————————————————————————————————————————


@committed
@pytest.mark.alters_records
def test_four_times_as_many_take_four_times_as_long_and_no_more_memory(town: Town) -> None:
    record = town.records(town.with_certificates(SIGNATURE))[Purpose.SIGNATURE]
    statements, memory = [], []

    def weigh(present: KeyCompromise) -> None:
        gc.collect()
        kept.append(tracemalloc.get_traced_memory()[0])

    for place, size in enumerate((30, 120)):
        IssuingKey.objects.update(compromise="")
        KeyCompromise.objects.all().delete()
        _clone(record, size, first=10_000 * (place + 1))
        compromise, counted, kept = recorded(town), Counted(), list[int]()
        tracemalloc.start()
        with connections["agency"].execute_wrapper(counted):
            done = go_on(compromise, town.clock, actor="test", batch=10, progress=weigh)
        tracemalloc.stop()
        memory.append(max(kept))
        assert done.revoked == size + (not place)
        statements.append(counted.number)
    assert statements[1] < 4.1 * statements[0]
    # Engines keep the text of some statements; of 90 more certificates none is kept.
    assert memory[1] - memory[0] < 90 * len(record.certificate) / 2


class Counted:
    """How many statements went to a database."""

    number = 0

    def __call__(self, execute: Callable[..., object], *given: object) -> object:
        self.number += 1
        return execute(*given)


def _clone(record: IssuanceRecord, size: int, *, first: int) -> None:
    """That many more of the same key, for as many people."""
    for number in range(first, first + size):
        record.pk, record.serial_number, record.person_code = None, number, f"98{number:09d}"
        record.save(force_insert=True)
