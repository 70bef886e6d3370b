"""The card's answers come twice, altered, late or from two sides: nothing changes, and a retry ends well."""

from collections import Counter as Tally
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from honnin.agency.card_channel.conversation import TIMEOUT
from honnin.agency.issuance.models import Procedure, Stage
from honnin.agency.issuance.procedure import Issuing
from honnin.agency.records.models import IssuanceRecord, JournalEntry
from honnin.card.client.session import CardSession, relay
from honnin.errors import CardError, Conflict, HonninError, Untrusted
from honnin.municipality.counter.applications.certificates.form import application_form, wanted
from honnin.wire.line import Message
from honnin.wire.messages.issuance import IssuanceStep, RelayAnswers, RequestIssuance
from tests.agency.issuance.outcomes import NAMED, require_finished
from tests.support.agency import speaking
from tests.support.town import Town, footprint

pytestmark = pytest.mark.django_db(databases="__all__")


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
