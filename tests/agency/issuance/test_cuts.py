"""Issuing is cut at every point, and asked for again: old state or new, never half, never twice."""

from collections import Counter as Tally
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from honnin.agency.authority.models import IssuingKey
from honnin.agency.authority.rollover import roll_over
from honnin.agency.authority.services import authority
from honnin.agency.card_channel.conversation import TIMEOUT
from honnin.agency.issuance.models import Procedure, Stage
from honnin.agency.issuance.procedure import Issuing
from honnin.agency.records.models import IssuanceRecord, JournalEntry
from honnin.card.chip.state import SlotContent
from honnin.card.client.session import CardSession, relay
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport import Transport
from honnin.errors import CardError, Conflict, HonninError, Unavailable, Untrusted
from honnin.law.certificates.status import Status
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.procedures.issuing.services import application_form, wanted
from honnin.pin import Pin
from honnin.simulator.brought import BOTH, PINS, SIGNATURE
from honnin.simulator.holder import PulledAfter
from honnin.sites.lines.wiring import connect_in_process
from honnin.wire.line import Message, Sender, plug, plugged
from honnin.wire.messages.card_updates import SLOT
from honnin.wire.messages.issuance import IssuanceStep, RelayAnswers, RequestIssuance
from tests.support.agency import speaking
from tests.support.agency.speaking import OneLine, R, said_by
from tests.support.card.faults import Fault, PowerCutError, is_gone, is_refused_write
from tests.support.town import Holder, Town, footprint

pytestmark = pytest.mark.django_db(databases="__all__")

MOST_COMMANDS = 80


def slots(holder: Holder) -> dict[KeySlot, SlotContent]:
    """The slots without pending keys: what anyone can use."""
    return {slot: replace(content, pending_key=None) for slot, content in holder.card.state.slots.items()}


def require_old_or_new(holder: Holder, town: Town) -> None:
    """No slot holds a certificate without its key, or one that the records do not know as effective."""
    records = town.records(holder)
    for purpose, slot in SLOT.items():
        content = holder.card.state.slots[slot]
        parts = (content.certificate, content.private_key, content.ca_certificate)
        if any(parts):
            assert all(parts)
            assert content.certificate == bytes(records[purpose].certificate)
            assert records[purpose].status == Status.GOOD
        elif purpose in records and records[purpose].status != Status.REVOKED:
            assert records[purpose].delivered_at is None


def require_finished(holder: Holder, town: Town) -> None:
    """Records and card say the same, one effective certificate of each kind, and both PINs are usable."""
    effective = IssuanceRecord.objects.filter(person_code=holder.code, effective=True)
    assert sorted(record.purpose for record in effective) == ["signature", "user_authentication"]
    session = holder.session()
    for purpose, slot in SLOT.items():
        session.verify_pin(slot, PINS[purpose])
        record = effective.get(purpose=purpose)
        assert session.read_certificate(slot) == bytes(record.certificate)
        assert record.delivered_at is not None
        assert len(session.sign_sha256(slot, b"content")) == 256
    assert Procedure.objects.get(person_code=holder.code).stage == Stage.DONE
    assert Application.objects.get(resident_id=holder.code).state == "issued"


def others_than_the_effective_were_given_up(holder: Holder) -> bool:
    lost = IssuanceRecord.objects.filter(person_code=holder.code, effective=False)
    return all(
        record.status == Status.REVOKED and record.changes.get().ground == "not_delivered" for record in lost
    )


def is_cut(town: Town, application: Application, reader: Transport) -> bool:
    """Issue; whether the card went away or failed on the way. Any other error is a fault."""
    try:
        town.issue(application, reader)
    except (PowerCutError, CardError) as error:
        if is_gone(error) or is_refused_write(error):
            return True
        raise
    return False


@pytest.mark.parametrize("answer_lost", [False, True], ids=["before the command", "after it, answer lost"])
def test_the_card_pulled_out_at_every_command(town: Town, answer_lost: bool) -> None:
    cuts = 0
    for commands in range(MOST_COMMANDS):
        holder = town.holder()
        application = town.approved(holder.resident)
        if not is_cut(town, application, PulledAfter(holder.card, commands, answer_lost=answer_lost)):
            break
        cuts += 1
        require_old_or_new(holder, town)
        assert IssuanceRecord.objects.filter(person_code=holder.code, effective=True).count() in (0, 2)
        town.issue(application, holder.reader())
        require_finished(holder, town)
        assert not IssuanceRecord.objects.filter(person_code=holder.code, effective=False).exists()
    assert 30 < cuts < MOST_COMMANDS


@pytest.mark.parametrize("fault", Fault)
def test_a_fault_of_the_cards_memory_at_every_write(town: Town, fault: Fault) -> None:
    cuts = 0
    for write in range(1, MOST_COMMANDS):
        holder = town.holder()
        application = town.approved(holder.resident)
        holder.damage(fault, write)
        if not is_cut(town, application, holder.reader()):
            break
        cuts += 1
        holder.revive()
        require_old_or_new(holder, town)
        town.issue(application, holder.reader())
        require_finished(holder, town)
        assert others_than_the_effective_were_given_up(holder)
    assert cuts == 7  # channel, two keys, two activations, two PINs


def test_cut_again_at_each_of_many_retries(town: Town) -> None:
    """The card is pulled one command later each time, always on the same application."""
    holder = town.holder()
    application = town.approved(holder.resident)
    for commands in range(MOST_COMMANDS):
        if not is_cut(town, application, PulledAfter(holder.card, commands, answer_lost=True)):
            break
        require_old_or_new(holder, town)
    assert commands > 20
    require_finished(holder, town)
    assert IssuanceRecord.objects.filter(person_code=holder.code).count() == 2


def test_a_key_that_the_card_lost_after_its_certificate_was_issued(town: Town) -> None:
    """Nobody can ever use that certificate: it is revoked, and issued anew for the key the card has."""
    holder = town.holder()
    application = town.approved(holder.resident)
    with pytest.raises(CardError):
        town.issue(application, PulledAfter(holder.card, 9))
    assert IssuanceRecord.objects.filter(person_code=holder.code, effective=True).count() == 2
    state = holder.card.state
    holder.store.kept = state.with_slot(KeySlot.SIGNATURE, SlotContent())
    holder.revive()
    town.issue(application, holder.reader())
    require_finished(holder, town)
    given_up = IssuanceRecord.objects.get(person_code=holder.code, effective=False)
    assert (given_up.purpose, given_up.crl_reason) == ("signature", "unspecified")
    assert others_than_the_effective_were_given_up(holder)


@pytest.mark.parametrize("purposes", [BOTH, SIGNATURE], ids=["both", "signature"])
def test_the_card_gets_the_authoritys_certificate_of_the_generation_that_issued(
    town: Town, purposes: frozenset[Purpose]
) -> None:
    """The card is pulled after its certificates were issued; before it comes back there is a rollover."""
    holder = town.holder()
    application = town.approved(holder.resident)
    with pytest.raises(CardError):
        town.issue(application, PulledAfter(holder.card, 9))
    issued_before = town.records(holder)
    assert len(issued_before) == 2
    roll_over(purposes, town.clock)
    town.issue(application, holder.reader())
    require_finished(holder, town)
    assert town.records(holder) == issued_before
    for purpose, slot in SLOT.items():
        content = holder.card.state.slots[slot]
        ca = x509.load_der_x509_certificate(content.ca_certificate or b"")
        x509.load_der_x509_certificate(content.certificate or b"").verify_directly_issued_by(ca)
        newest = authority().issuing(purpose)[1].certificate
        assert (ca == newest) is (purpose not in purposes)


def test_a_certificate_that_is_issued_anew_is_the_next_generations(town: Town) -> None:
    """The card lost one key of two, and there was a rollover: on it are two generations then."""
    holder = town.holder()
    application = town.approved(holder.resident)
    with pytest.raises(CardError):
        town.issue(application, PulledAfter(holder.card, 9))
    roll_over(BOTH, town.clock)
    holder.store.kept = holder.card.state.with_slot(KeySlot.SIGNATURE, SlotContent())
    holder.revive()
    town.issue(application, holder.reader())
    require_finished(holder, town)
    for purpose, generation in ((Purpose.SIGNATURE, 2), (Purpose.USER_AUTHENTICATION, 1)):
        key = IssuingKey.objects.get(purpose=purpose, generation=generation)
        assert town.records(holder)[purpose].issuer_key_id == key.key_id
        assert holder.card.state.slots[SLOT[purpose]].ca_certificate == bytes(key.certificate)


def test_issuing_a_second_time_changes_nothing(town: Town) -> None:
    holder = town.holder()
    application = town.approved(holder.resident)
    town.issue(application, holder.reader())
    before = holder.card.state
    pins = {Purpose.SIGNATURE: Pin("XYZ789"), Purpose.USER_AUTHENTICATION: Pin("9876")}
    with pytest.raises(Conflict, match="E_APPLICATION_STATE"):
        town.issue(application, holder.reader(), pins)
    assert holder.card.state == before


# — The agency's memory ———————————————————————————————————————————————————————————————————————————————


class Forgetful(OneLine):
    """A line to an agency whose process dies after every answer."""

    def __init__(self, town: Town) -> None:
        self._town = town

    def ask(self, sender: Sender, message: Message[R]) -> R:
        authority.cache_clear()
        connect_in_process(self._town.clock)
        reply = speaking.ask(sender, message)
        plug("agency", self)
        return reply


def test_nothing_that_the_agency_holds_in_memory_matters(town: Town) -> None:
    holder = town.holder()
    application = town.approved(holder.resident)
    plug("agency", Forgetful(town))
    town.issue(application, holder.reader())
    connect_in_process(town.clock)
    require_finished(holder, town)


class CutLine(OneLine):
    """A line that goes dead at its n-th message (from 0): the question is lost, or the answer to it."""

    def __init__(self, messages: int, *, answer_lost: bool) -> None:
        self._lines, self._left, self._answer_lost = plugged("agency"), messages, answer_lost

    def ask(self, sender: Sender, message: Message[R]) -> R:
        self._left -= 1
        if self._left >= 0:
            return said_by(self._lines, sender, message)
        if self._answer_lost:
            said_by(self._lines, sender, message)
        raise Unavailable("E_RECORDS_UNAVAILABLE")


@pytest.mark.parametrize("answer_lost", [False, True], ids=["question lost", "answer lost"])
@pytest.mark.parametrize("messages", range(5))
def test_the_line_cut_at_every_message(town: Town, messages: int, answer_lost: bool) -> None:
    holder = town.holder()
    application = town.approved(holder.resident)
    plug("agency", CutLine(messages, answer_lost=answer_lost))
    with pytest.raises(Unavailable):
        town.issue(application, holder.reader())
    connect_in_process(town.clock)
    require_old_or_new(holder, town)
    town.issue(application, holder.reader())
    require_finished(holder, town)
    assert IssuanceRecord.objects.filter(person_code=holder.code).count() == 2


# — Answers that come twice, late, short or altered ———————————————————————————————————————————————————


class Counter:
    """The counter's end of one procedure, step by step."""

    def __init__(self, town: Town) -> None:
        self.town, self.holder = town, town.holder()
        self.application = town.approved(self.holder.resident)
        self.reader = self.holder.reader()
        self.begin()

    def begin(self) -> None:
        form = application_form(self.application)
        card_number = CardSession(self.reader).card_number()
        purposes = wanted(self.application)
        self.step: IssuanceStep = self.ask(RequestIssuance(form, card_number, purposes, 0))

    def ask(self, message: Message[IssuanceStep]) -> IssuanceStep:
        return speaking.ask(speaking.sender(self.town.clerk()), message)

    def answers(self) -> tuple[bytes, ...]:
        return relay(self.reader, self.step.commands)

    def send(self, answers: tuple[bytes, ...]) -> IssuanceStep:
        return self.ask(RelayAnswers(self.step.procedure, answers))

    def go_to(self, stage: Stage) -> tuple[bytes, ...]:
        """Run honestly up to a stage; returns the card's answers to the commands of that stage."""
        while Procedure.objects.get(pk=self.step.procedure).stage != stage:
            self.step = self.send(self.answers())
        return self.answers()


STAGES = [Stage.OPENING, Stage.READING, Stage.KEYS, Stage.WRITING]


@contextmanager
def nothing_changes() -> Iterator[None]:
    before = footprint()
    yield
    assert footprint() == before


@pytest.mark.parametrize("stage", STAGES)
def test_the_same_answers_twice(town: Town, stage: Stage) -> None:
    counter = Counter(town)
    answers = counter.go_to(stage)
    step = counter.send(answers)
    with nothing_changes(), pytest.raises((Untrusted, Conflict, CardError)) as caught:
        counter.send(answers)
    assert caught.value.code in ("E_CARD_CHANNEL_BROKEN", "E_PROCEDURE_NOT_OPEN", "E_CARD_ANSWER")
    # The procedure is where it was: the right answers still bring it to its end.
    counter.step = step
    while not counter.step.done:
        counter.step = counter.send(counter.answers())
    town.issue(counter.application, counter.holder.reader())
    require_finished(counter.holder, town)


def flipped(byte: int) -> Callable[[bytes], bytes]:
    """Turns one bit of one byte of an answer."""

    def alter(answer: bytes) -> bytes:
        changed = bytearray(answer)
        changed[byte] ^= 0x01
        return bytes(changed)

    return alter


ALTERATIONS: dict[str, Callable[[tuple[bytes, ...]], tuple[bytes, ...]]] = {
    "none": lambda answers: (),
    "the last is missing": lambda answers: answers[:-1],
    "the first is missing": lambda answers: answers[1:],
    "one too many": lambda answers: (*answers, b"\x90\x00"),
    "an old one too many": lambda answers: (*answers, answers[-1]),
    "the last two exchanged": lambda answers: (*answers[:-2], answers[-1], answers[-2]),
    "the last is empty": lambda answers: (*answers[:-1], b""),
    "the last is one byte": lambda answers: (*answers[:-1], b"\x90"),
    "the last says only 9000": lambda answers: (*answers[:-1], b"\x90\x00"),
    "the last is an error": lambda answers: (*answers[:-1], b"\x69\x82"),
    "the last is an error, though it was done": lambda answers: (*answers[:-1], b"\x6a\x80"),
    "the last is longer": lambda answers: (*answers[:-1], b"\x00" + answers[-1]),
    "the last lacks its end": lambda answers: (*answers[:-1], answers[-1][:-3] + answers[-1][-2:]),
    "one bit of the first byte": lambda answers: (*answers[:-1], flipped(0)(answers[-1])),
    "one bit of the MAC": lambda answers: (*answers[:-1], flipped(-3)(answers[-1])),
    "one bit of the status word": lambda answers: (*answers[:-1], flipped(-1)(answers[-1])),
}
NAMED = {
    "E_APDU_MALFORMED",
    "E_CARD_ANSWER",
    "E_CARD_ANSWER_MALFORMED",
    "E_CARD_ANSWER_UNPROVEN",
    "E_CARD_CHANNEL_BROKEN",
    "E_CARD_COMMAND_UNFIT",
    "E_CARD_NOT_GENUINE",
    "E_CARD_REMOVED",
    "E_PIN_REQUIRED",
}


@pytest.mark.parametrize("alteration", ALTERATIONS)
@pytest.mark.parametrize("stage", STAGES)
def test_altered_answers_change_nothing_and_the_retry_finishes(
    town: Town, stage: Stage, alteration: str
) -> None:
    counter = Counter(town)
    answers = counter.go_to(stage)
    altered = ALTERATIONS[alteration](answers)
    if stage is Stage.OPENING and alteration.startswith("one bit of the "):
        byte = {"first byte": 13, "MAC": 28, "status word": -1}[alteration.removeprefix("one bit of the ")]
        altered = (*answers[:-1], flipped(byte)(answers[-1]))  # the card's challenge, its cryptogram
    if altered == answers:
        pytest.fail("the alteration alters nothing")
    with nothing_changes(), pytest.raises(HonninError) as caught:
        counter.send(altered)
    assert caught.value.code in NAMED
    town.issue(counter.application, counter.holder.reader())
    require_finished(counter.holder, town)
    assert not IssuanceRecord.objects.filter(person_code=counter.holder.code, effective=False).exists()


def test_of_two_who_read_the_same_stage_one_goes_on(town: Town) -> None:
    counter = Counter(town)
    at = town.clock.now()
    while not counter.step.done:
        first, second = (Procedure.objects.get(pk=counter.step.procedure) for _ in range(2))
        answers = counter.answers()
        counter.step = Issuing(first, "test", at, answers).go_on()
        with nothing_changes(), pytest.raises(Conflict, match="E_PROCEDURE_NOT_OPEN"):
            Issuing(second, "test", at, answers).go_on()
    acts = Tally(JournalEntry.objects.values_list("act", flat=True))
    assert [acts[act] for act in ("issue", "authorise PINs", "deliver")] == [2, 1, 2]
    town.issue(counter.application, counter.holder.reader())
    require_finished(counter.holder, town)


def test_who_read_a_stage_before_it_was_begun_anew_does_not_go_on(town: Town) -> None:
    """Even where the new attempt has come to the same stage, with another key on the card."""
    counter = Counter(town)
    answers = counter.go_to(Stage.KEYS)
    late = Procedure.objects.get(pk=counter.step.procedure)
    counter.begin()
    counter.go_to(Stage.KEYS)
    with nothing_changes(), pytest.raises(Conflict, match="E_PROCEDURE_NOT_OPEN"):
        Issuing(late, "test", town.clock.now(), answers).go_on()
    town.issue(counter.application, counter.holder.reader())
    require_finished(counter.holder, town)


@pytest.mark.parametrize("stage", STAGES)
def test_after_an_hour_nobody_goes_on_and_issuing_is_begun_anew(town: Town, stage: Stage) -> None:
    counter = Counter(town)
    answers = counter.go_to(stage)
    town.clock.move_to(town.clock.now() + TIMEOUT + timedelta(seconds=1))
    with nothing_changes(), pytest.raises(Conflict, match="E_PROCEDURE_NOT_OPEN"):
        counter.send(answers)
    counter.begin()
    town.clock.move_to(town.clock.now() + TIMEOUT)
    while not counter.step.done:
        counter.step = counter.send(counter.answers())
    town.issue(counter.application, counter.holder.reader())
    require_finished(counter.holder, town)


class Swapped:
    """A reader whose card is exchanged for another before the n-th command (from 0)."""

    def __init__(self, first: Holder, second: Holder, commands: int) -> None:
        self._readers, self._left = (first.reader(), second.reader()), commands

    def transmit(self, command: bytes) -> bytes:
        self._left -= 1
        return self._readers[self._left < 0].transmit(command)


@pytest.mark.parametrize("commands", range(2, 40, 4))
def test_another_genuine_card_put_in_half_way_gets_nothing(town: Town, commands: int) -> None:
    holder, other = town.holder(), town.holder()
    application = town.approved(holder.resident)
    with pytest.raises((CardError, Untrusted)) as caught:
        town.issue(application, Swapped(holder, other, commands))
    assert caught.value.code in NAMED
    assert all(content == SlotContent() for content in other.card.state.slots.values())
    town.issue(application, holder.reader())
    require_finished(holder, town)
