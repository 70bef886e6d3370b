"""The issuing procedure: what the agency says to the card next, from what the card answered.

Each stage sends one batch of sealed commands and reads its answers in a later request. What was issued
and what stands on the card are compared anew each time, so that a cut at any point is healed by asking
again: nothing is issued twice, nothing that was issued is lost.

    OPENING   SELECT, INITIALIZE UPDATE              → the card proves its keys
    READING   EXTERNAL AUTHENTICATE, READ STATE      → what stands on the card
    KEYS      GENERATE or READ PENDING KEY, per slot → public keys; certificates are issued
    WRITING   certificates, ACTIVATE, AUTHORISE PIN  → delivered
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.db import transaction

from honnin.agency.authority.queries import ca_certificate
from honnin.agency.card_channel import conversation
from honnin.agency.card_channel.conversation import Batch, Talk
from honnin.agency.card_register.queries import card
from honnin.agency.issuance.models import Procedure, Stage
from honnin.agency.issuance.services import DATABASE, Order, issue_in_one_transaction
from honnin.agency.records.journal import Act, append
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.records.persons import locked_person, put_in
from honnin.agency.records.queries import records_for_application, status_of
from honnin.agency.records.services import record_delivery
from honnin.card.issuer import commands as card_commands
from honnin.card.issuer.channel import HostChannel
from honnin.card.issuer.commands import CardReport
from honnin.clock import day_in_japan
from honnin.errors import Conflict, Untrusted
from honnin.journal.binding import changed
from honnin.law.certificates.status import hand_over_refusals
from honnin.law.terms import Purpose
from honnin.wire import codec
from honnin.wire.messages.card_updates import SLOT
from honnin.wire.messages.issuance import ApplicationForm, IssuanceStep, IssuedCertificate

_OF_A_STAGE = ("stage", "channel")


@dataclass
class _Turn:
    """One request's view of a procedure: the open channel, the answers that came, the commands to send."""

    procedure: Procedure
    actor: str
    at: datetime
    answers: tuple[bytes, ...]

    @property
    def purposes(self) -> list[Purpose]:
        return [Purpose(word) for word in self.procedure.purposes.split()]

    def records(self) -> dict[Purpose, IssuanceRecord]:
        """What this application brought so far.

        Raises Conflict E_CERT_REVOKED, E_CERT_EXPIRED or E_CERT_HELD when some of it has no effect any more,
        for example because the card was reported lost: an application brings each certificate once.
        """
        records = records_for_application(self.procedure.application_number)
        today = day_in_japan(self.at)
        statuses = (status_of(record, today) for record in records.values())
        for refusal in hand_over_refusals(statuses):
            raise Conflict(refusal.code)
        return records

    def note_delivery(self, record: IssuanceRecord) -> None:
        record_delivery(record, actor=self.actor, at=self.at)

    @property
    def talk(self) -> Talk:
        """Raises Untrusted E_CARD_NOT_GENUINE for a card that was never produced."""
        found = card(self.procedure.card_number)
        if found is None:
            raise Untrusted("E_CARD_NOT_GENUINE")
        return Talk(found, self.procedure.channel, self.actor, self.at)

    def send(self, stage: Stage, batch: Batch, act: str, **kept: object) -> IssuanceStep:
        """Remember the channel, the stage and what else is needed then, and hand the batch to the relay."""
        self.keep(stage, batch.kept | kept, act)
        return IssuanceStep(self.procedure.application_number, batch.commands, done=False, certificates=())

    def keep(self, stage: Stage, channel: dict[str, object], act: str) -> None:
        """Move the procedure on, by an act of the journal. Raises as `_claim`."""
        with transaction.atomic(using=DATABASE):
            present = _claim(self.procedure)
            present.stage, present.channel = stage, channel
            present.save(update_fields=_OF_A_STAGE)
            number, detail = present.application_number, {"card": present.card_number}
            append(Act(self.actor, act, number, detail), self.at, changed(present, *_OF_A_STAGE))

    def asked(self) -> list[Purpose]:
        """For which purposes the last batch was, in its order."""
        return [Purpose(word) for word in self.procedure.channel["asked"]]

    def unsealed(self) -> tuple[HostChannel, list[bytes]]:
        """The channel and the plain answers of the last batch. Raises as `conversation.unseal`."""
        return conversation.unseal(self.procedure.channel, self.answers)


def _claim(procedure: Procedure) -> Procedure:
    """The procedure's row, held until the transaction ends, if it stands where it was read.

    Whatever a stage records comes after this, so that of several requests with the same answers one records
    it. Raises Conflict E_PROCEDURE_ABANDONED when it was rejected meanwhile, E_PROCEDURE_NOT_OPEN when
    another request went on with it or began anew.
    """
    present = Procedure.objects.select_for_update().get(pk=procedure.pk)
    if present.stage == Stage.ABANDONED:
        raise Conflict("E_PROCEDURE_ABANDONED")
    if (present.stage, present.channel) != (procedure.stage, procedure.channel):
        raise Conflict("E_PROCEDURE_NOT_OPEN")
    return present


def open_procedure(
    procedure: Procedure, notices: int, *, new: bool, actor: str, at: datetime
) -> IssuanceStep:
    """Begin, or begin again: the first commands to the card. Raises Conflict E_PROCEDURE_ABANDONED.

    `notices`: what had been reported about the person when the application was examined. Must run in a
    transaction that holds the procedure's row; `new`, if it put it in.
    """
    if procedure.stage == Stage.ABANDONED:
        raise Conflict("E_PROCEDURE_ABANDONED")
    batch = conversation.begin()
    begun = {"stage": Stage.OPENING, "channel": batch.kept, "notices": notices, "began_at": at}
    for name, value in begun.items():
        setattr(procedure, name, value)
    procedure.save(update_fields=list(begun))
    act = Act(actor, "begin issuing", procedure.application_number, {"card": procedure.card_number})
    append(act, at, procedure if new else changed(procedure, *begun))
    return IssuanceStep(procedure.application_number, batch.commands, done=False, certificates=())


def continue_procedure(
    procedure: Procedure, answers: tuple[bytes, ...], *, actor: str, at: datetime
) -> IssuanceStep:
    """Read the card's answers and say what comes next.

    Raises Conflict E_PROCEDURE_ABANDONED for a procedure that was rejected, E_PROCEDURE_NOT_OPEN for one that
    has ended, was opened longer ago than `conversation.PATIENCE`, or does not stand any more where it was
    read; else what the stage finds wrong.
    """
    if procedure.stage == Stage.ABANDONED:
        raise Conflict("E_PROCEDURE_ABANDONED")
    stage = _STAGES.get(Stage(procedure.stage))
    too_old = conversation.is_too_old(procedure.began_at, at)
    if stage is None or not procedure.channel or too_old:
        raise Conflict("E_PROCEDURE_NOT_OPEN")
    return stage(_Turn(procedure, actor, at, answers))


def _opened(turn: _Turn) -> IssuanceStep:
    batch = conversation.authenticate(turn.talk, turn.answers)
    return turn.send(Stage.READING, batch, "ask card for its state")


def _read(turn: _Turn) -> IssuanceStep:
    """The card says what it holds: ask for new keys, for pending ones again, or for nothing."""
    visit = conversation.visit(turn.talk, turn.answers)
    with transaction.atomic(using=DATABASE):
        _claim(turn.procedure)
        questions = _questions(turn, visit.report)
        if not questions:
            return _tell(turn, visit.channel, [], asked=[])
        batch = conversation.seal(visit.channel, list(questions.values()))
        return turn.send(Stage.KEYS, batch, "ask card for keys", asked=list(questions))


def _questions(turn: _Turn, report: CardReport) -> dict[Purpose, bytes]:
    """What to ask for keys, by purpose; the delivery of what stands on the card already is noted."""
    questions, records = {}, turn.records()
    for purpose in turn.purposes:
        slot, record = report.slots[SLOT[purpose]], records.get(purpose)
        if record is not None and slot.certificate_fingerprint == sha256(bytes(record.certificate)).digest():
            turn.note_delivery(record)  # activated, but the answer was lost on the way
        elif record is not None and slot.has_pending_key:
            questions[purpose] = card_commands.read_pending_key(SLOT[purpose])
        else:
            questions[purpose] = card_commands.generate_key(SLOT[purpose])
    return questions


def _keys_made(turn: _Turn) -> IssuanceStep:
    """Public keys are here: issue what is not issued yet, and send everything that is not on the card."""
    channel, answers = turn.unsealed()
    asked = turn.asked()
    keys = {purpose: card_commands.public_key(answer) for purpose, answer in zip(asked, answers, strict=True)}
    records = _issue_missing(turn, keys)
    commands = []
    for purpose in asked:
        # Of the generation that issued it: since then another may have come.
        ca = ca_certificate(records[purpose].issuer_key_id)
        certificate = bytes(records[purpose].certificate)
        commands += card_commands.certificate_writes(SLOT[purpose], certificate, ca)
        commands.append(card_commands.activate(SLOT[purpose]))
    return _tell(turn, channel, commands, asked=asked)


def _tell(turn: _Turn, channel: HostChannel, commands: list[bytes], *, asked: list[Purpose]) -> IssuanceStep:
    """What ends on the card what was asked for, and permissions to set the PINs.

    Each time these are given is an act of its own in the journal.
    """
    permissions = [card_commands.authorise_pin(SLOT[purpose]) for purpose in turn.purposes]
    batch = conversation.seal(channel, commands + permissions)
    return turn.send(Stage.WRITING, batch, "authorise PINs", asked=asked)


def _issue_missing(turn: _Turn, keys: dict[Purpose, RSAPublicKey]) -> dict[Purpose, IssuanceRecord]:
    """Issue for the keys that no certificate of this application certifies yet.

    A certificate issued before whose key the card has lost can never be delivered: it is revoked, and
    issued anew for the key that the card has. Raises Conflict E_OVERTAKEN when something was reported about
    the person since the application was examined: under the person's lock, so that a report comes either
    before and is seen here, or after and finds the certificate. Else as `_claim`.
    """
    with transaction.atomic(using=DATABASE):
        person = locked_person(turn.procedure.person_code)
        if person.notices != _claim(turn.procedure).notices:
            raise Conflict("E_OVERTAKEN")
        records = turn.records()
        lost = [p for p, record in records.items() if p in keys and _certified_key(record) != keys[p]]
        kept = {purpose: record for purpose, record in records.items() if purpose not in lost}
        missing = {purpose: key for purpose, key in keys.items() if purpose not in kept}
        given_up = [records[purpose] for purpose in lost]
        issued = issue_in_one_transaction(_order(turn), missing, *put_in(person), lost=given_up)
    return kept | {Purpose(record.purpose): record for record in issued}


def _certified_key(record: IssuanceRecord) -> object:
    return x509.load_der_x509_certificate(bytes(record.certificate)).public_key()


def _order(turn: _Turn) -> Order:
    form = codec.decode(ApplicationForm, bytes(turn.procedure.form))
    return Order(form, turn.talk.card, turn.procedure.municipality_code, turn.actor, turn.at)


def _written(turn: _Turn) -> IssuanceStep:
    """Everything was accepted by the card: note the delivery and finish."""
    turn.unsealed()
    with transaction.atomic(using=DATABASE):
        _claim(turn.procedure)
        records = turn.records()
        for purpose in turn.asked():
            turn.note_delivery(records[purpose])
        turn.keep(Stage.DONE, {}, "finish issuing")
    certificates = tuple(
        IssuedCertificate(purpose, records[purpose].serial_number, records[purpose].expiry_date)
        for purpose in turn.purposes
    )
    return IssuanceStep(turn.procedure.application_number, (), done=True, certificates=certificates)


_STAGES: dict[Stage, Callable[[_Turn], IssuanceStep]] = {
    Stage.OPENING: _opened,
    Stage.READING: _read,
    Stage.KEYS: _keys_made,
    Stage.WRITING: _written,
}
