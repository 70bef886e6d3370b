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
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.db import transaction

from honnin.agency.authority.queries import ca_certificate
from honnin.agency.cards import conversation
from honnin.agency.cards.conversation import Batch, Talk
from honnin.agency.cards.queries import card
from honnin.agency.issuance.models import Procedure, Stage
from honnin.agency.issuance.services import DATABASE, Order, issue_in_one_transaction
from honnin.agency.records.journal import Act, append
from honnin.agency.records.models import IssuanceRecord, Status
from honnin.agency.records.persons import locked_person
from honnin.agency.records.queries import records_for_application
from honnin.agency.records.services import record_delivery
from honnin.card import issuing
from honnin.card.secure_channel import HostChannel
from honnin.clock import Clock
from honnin.errors import Conflict, Malformed, Untrusted
from honnin.law.terms import Purpose
from honnin.wire import codec
from honnin.wire.card_work import SLOT
from honnin.wire.issuance import ApplicationForm, IssuanceStep, IssuedCertificate


@dataclass
class _Turn:
    """One request's view of a procedure: the open channel, the answers that came, the commands to send."""

    procedure: Procedure
    actor: str
    clock: Clock
    answers: tuple[bytes, ...]

    @property
    def purposes(self) -> list[Purpose]:
        return [Purpose(word) for word in self.procedure.purposes.split()]

    def records(self) -> dict[Purpose, IssuanceRecord]:
        """What this application brought so far.

        Raises Conflict E_CERT_REVOKED or E_CERT_HELD when some of it was revoked or held since, for example
        because the card was reported lost: an application brings each certificate once.
        """
        records = records_for_application(self.procedure.application_number)
        if any(record.status == Status.REVOKED for record in records.values()):
            raise Conflict("E_CERT_REVOKED")
        if any(record.status == Status.HELD for record in records.values()):
            raise Conflict("E_CERT_HELD")
        return records

    @property
    def talk(self) -> Talk:
        """Raises Untrusted E_CARD_NOT_GENUINE for a card that was never produced."""
        found = card(self.procedure.card_number)
        if found is None:
            raise Untrusted("E_CARD_NOT_GENUINE")
        return Talk(found, self.procedure.channel, self.actor, self.clock.now())

    def send(self, stage: Stage, batch: Batch, **kept: object) -> IssuanceStep:
        """Remember the channel, the stage and what else is needed then, and hand the batch to the relay."""
        _keep(self.procedure, stage=stage, channel=batch.kept | kept)
        return IssuanceStep(self.procedure.application_number, batch.commands, done=False, certificates=())

    def asked(self) -> list[Purpose]:
        """For which purposes the last batch was, in its order."""
        return [Purpose(word) for word in self.procedure.channel["asked"]]

    def unsealed(self) -> tuple[HostChannel, list[bytes]]:
        """The channel and the plain answers of the last batch. Raises as `conversation.unseal`."""
        return conversation.unseal(self.procedure.channel, self.answers)


def _keep(procedure: Procedure, **fields: object) -> None:
    """Write fields of a procedure, unless it was rejected meanwhile: Conflict E_PROCEDURE_ABANDONED."""
    alive = Procedure.objects.filter(pk=procedure.pk).exclude(stage=Stage.ABANDONED)
    if not alive.update(**fields):
        raise Conflict("E_PROCEDURE_ABANDONED")
    for name, value in fields.items():
        setattr(procedure, name, value)


def open_procedure(procedure: Procedure, notices: int) -> IssuanceStep:
    """Begin, or begin again: the first commands to the card. Raises Conflict E_PROCEDURE_ABANDONED.

    `notices`: what had been reported about the person when the application was examined.
    """
    batch = conversation.begin()
    _keep(procedure, stage=Stage.OPENING, channel=batch.kept, notices=notices)
    return IssuanceStep(procedure.application_number, batch.commands, done=False, certificates=())


def continue_procedure(
    procedure: Procedure, answers: tuple[bytes, ...], *, actor: str, clock: Clock
) -> IssuanceStep:
    """Read the card's answers and say what comes next. Raises what the stage finds wrong."""
    if procedure.stage == Stage.ABANDONED:
        raise Conflict("E_PROCEDURE_ABANDONED")
    stage = _STAGES.get(Stage(procedure.stage))
    if stage is None or not procedure.channel:
        raise Malformed("E_PROCEDURE_NOT_OPEN")
    return stage(_Turn(procedure, actor, clock, answers))


def _opened(turn: _Turn) -> IssuanceStep:
    return turn.send(Stage.READING, conversation.authenticate(turn.talk, turn.answers))


def _read(turn: _Turn) -> IssuanceStep:
    """The card says what it holds: ask for new keys, for pending ones again, or for nothing."""
    visit = conversation.visit(turn.talk, turn.answers)
    records, commands, asked = turn.records(), [], []
    for purpose in turn.purposes:
        slot, record = visit.report.slots[SLOT[purpose]], records.get(purpose)
        if record is not None and slot.certificate_fingerprint == sha256(bytes(record.certificate)).digest():
            _delivered(turn, record)  # activated, but the answer was lost on the way
            continue
        asked.append(purpose)
        if record is not None and slot.has_pending_key:
            commands.append(issuing.read_pending_key(SLOT[purpose]))
        else:
            commands.append(issuing.generate_key(SLOT[purpose]))
    if not commands:
        batch = conversation.seal(visit.channel, _authorisations(turn))
        return turn.send(Stage.WRITING, batch, asked=[])
    return turn.send(Stage.KEYS, conversation.seal(visit.channel, commands), asked=asked)


def _keys_made(turn: _Turn) -> IssuanceStep:
    """Public keys are here: issue what is not issued yet, and send everything that is not on the card."""
    channel, answers = turn.unsealed()
    asked = turn.asked()
    keys = {purpose: issuing.public_key(answer) for purpose, answer in zip(asked, answers, strict=True)}
    records = _issue_missing(turn, keys)
    commands = []
    for purpose in asked:
        # Of the generation that issued it: since then another may have come.
        ca = ca_certificate(records[purpose].issuer_key_id)
        certificate = bytes(records[purpose].certificate)
        commands += issuing.certificate_writes(SLOT[purpose], certificate, ca)
        commands.append(issuing.activate(SLOT[purpose]))
    batch = conversation.seal(channel, commands + _authorisations(turn))
    return turn.send(Stage.WRITING, batch, asked=asked)


def _issue_missing(turn: _Turn, keys: dict[Purpose, RSAPublicKey]) -> dict[Purpose, IssuanceRecord]:
    """Issue for the keys that no certificate of this application certifies yet.

    A certificate issued before whose key the card has lost can never be delivered: it is revoked, and
    issued anew for the key that the card has. Raises Conflict E_OVERTAKEN when something was reported about
    the person since the application was examined, E_PROCEDURE_ABANDONED when it was rejected: under the
    person's lock, so that a report comes either before and is seen here, or after and finds the certificate.
    """
    with transaction.atomic(using=DATABASE):
        person = locked_person(turn.procedure.person_code)
        procedure = Procedure.objects.select_for_update().get(pk=turn.procedure.pk)
        if procedure.stage == Stage.ABANDONED:
            raise Conflict("E_PROCEDURE_ABANDONED")
        if person.notices != procedure.notices:
            raise Conflict("E_OVERTAKEN")
        records = turn.records()
        lost = [p for p, record in records.items() if p in keys and _certified_key(record) != keys[p]]
        kept = {purpose: record for purpose, record in records.items() if purpose not in lost}
        missing = {purpose: key for purpose, key in keys.items() if purpose not in kept}
        issued = issue_in_one_transaction(_order(turn), missing, lost=[records[purpose] for purpose in lost])
    return kept | {Purpose(record.purpose): record for record in issued}


def _certified_key(record: IssuanceRecord) -> object:
    return x509.load_der_x509_certificate(bytes(record.certificate)).public_key()


def _order(turn: _Turn) -> Order:
    form = codec.decode(ApplicationForm, bytes(turn.procedure.form))
    return Order(form, turn.talk.card, turn.procedure.municipality_code, turn.actor, turn.clock.now())


def _written(turn: _Turn) -> IssuanceStep:
    """Everything was accepted by the card: note the delivery and finish."""
    turn.unsealed()
    records = turn.records()
    for purpose in turn.asked():
        _delivered(turn, records[purpose])
    return _finished(turn)


def _delivered(turn: _Turn, record: IssuanceRecord) -> None:
    with transaction.atomic(using=DATABASE):
        record_delivery(record, actor=turn.actor, at=turn.clock.now())


def _authorisations(turn: _Turn) -> list[bytes]:
    """Permissions to set the PINs; each time they are given is an act of its own in the journal."""
    act = Act(
        turn.actor, "authorise PINs", turn.procedure.application_number, {"card": turn.procedure.card_number}
    )
    with transaction.atomic(using=DATABASE):
        append(act, turn.clock.now())
    return [issuing.authorise_pin(SLOT[purpose]) for purpose in turn.purposes]


def _finished(turn: _Turn) -> IssuanceStep:
    _keep(turn.procedure, stage=Stage.DONE, channel={})
    records = turn.records()
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
