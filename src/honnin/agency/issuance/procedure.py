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
from honnin.agency.cards.queries import card
from honnin.agency.cards.services import keys_of
from honnin.agency.issuance.models import Procedure, Stage
from honnin.agency.issuance.services import DATABASE, Order, issue_in_one_transaction
from honnin.agency.records.journal import Act, append
from honnin.agency.records.models import IssuanceRecord, Status
from honnin.agency.records.persons import locked_person
from honnin.agency.records.queries import records_for_application
from honnin.agency.records.services import record_delivery
from honnin.card import issuing
from honnin.card.secure_channel import HostChannel
from honnin.card.slot import KeySlot
from honnin.clock import Clock
from honnin.errors import CardError, Conflict, Malformed, Untrusted
from honnin.law.terms import Purpose
from honnin.wire import codec
from honnin.wire.issuance import ApplicationForm, IssuanceStep, IssuedCertificate

SLOT = {Purpose.USER_AUTHENTICATION: KeySlot.AUTHENTICATION, Purpose.SIGNATURE: KeySlot.SIGNATURE}


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

    def send(self, stage: Stage, channel: HostChannel, plain: list[bytes], *before: bytes) -> IssuanceStep:
        """Seal a batch, remember the channel and the stage, and hand the batch to the relay."""
        first = len(channel.command_macs)
        commands = (*before, *(channel.wrap(command) for command in plain))
        kept = {"host": channel.to_json(), "first": first, "count": len(commands)}
        _keep(self.procedure, stage=stage, channel=kept)
        return IssuanceStep(self.procedure.application_number, commands, done=False, certificates=())

    def channel(self) -> HostChannel:
        return HostChannel.from_json(self.procedure.channel["host"])

    def unsealed(self, channel: HostChannel) -> list[bytes]:
        """The plain answers of the last batch. Raises CardError where the card refused or was cut off."""
        first, count = self.procedure.channel["first"], self.procedure.channel["count"]
        plain = [channel.unwrap(first + place, answer) for place, answer in enumerate(self.answers[:count])]
        self.require(count)
        return plain

    def require(self, count: int) -> None:
        """Raises CardError when an answer is missing, Malformed when there are more than commands."""
        if len(self.answers) > count:
            raise Malformed("E_CARD_ANSWER_MALFORMED")
        if len(self.answers) < count:
            raise CardError("E_CARD_REMOVED")

    def require_accepted(self, count: int) -> None:
        """The same for plain answers, after each was asked whether it is an error of the card."""
        for answer in self.answers[:count]:
            HostChannel.check_opened(answer)
        self.require(count)


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
    opening = HostChannel.begin(keys_of(procedure.card_number))
    channel = {"challenge": opening.host_challenge.hex()}
    _keep(procedure, stage=Stage.OPENING, channel=channel, notices=notices)
    return IssuanceStep(procedure.application_number, opening.commands, done=False, certificates=())


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
    turn.require_accepted(2)
    challenge = bytes.fromhex(turn.procedure.channel["challenge"])
    keys = keys_of(turn.procedure.card_number)
    channel, authenticate = HostChannel.open(keys, challenge, turn.answers[1])
    return turn.send(Stage.READING, channel, [issuing.read_state()], authenticate)


def _read(turn: _Turn) -> IssuanceStep:
    """The card says what it holds: ask for new keys, for pending ones again, or for nothing."""
    channel = turn.channel()
    turn.require_accepted(2)
    report = issuing.card_report(channel.unwrap(0, turn.answers[1]))
    if report.card_number != turn.procedure.card_number:
        raise Untrusted("E_CARD_NOT_GENUINE")
    records, commands, asked = turn.records(), [], []
    for purpose in turn.purposes:
        slot, record = report.slots[SLOT[purpose]], records.get(purpose)
        if record is not None and slot.certificate_fingerprint == sha256(bytes(record.certificate)).digest():
            _delivered(turn, record)  # activated, but the answer was lost on the way
            continue
        asked.append(purpose)
        if record is not None and slot.has_pending_key:
            commands.append(issuing.read_pending_key(SLOT[purpose]))
        else:
            commands.append(issuing.generate_key(SLOT[purpose]))
    if not commands:
        return _authorise_pins(turn, channel)
    step = turn.send(Stage.KEYS, channel, commands)
    return _remember(turn, step, asked)


def _remember(turn: _Turn, step: IssuanceStep, asked: list[Purpose]) -> IssuanceStep:
    """Keep for which purposes the batch was, in its order."""
    _keep(turn.procedure, channel={**turn.procedure.channel, "asked": asked})
    return step


def _keys_made(turn: _Turn) -> IssuanceStep:
    """Public keys are here: issue what is not issued yet, and send everything that is not on the card."""
    channel = turn.channel()
    answers = turn.unsealed(channel)
    asked = [Purpose(word) for word in turn.procedure.channel["asked"]]
    keys = {purpose: issuing.public_key(answer) for purpose, answer in zip(asked, answers, strict=True)}
    records = _issue_missing(turn, keys)
    commands = []
    for purpose in asked:
        # Of the generation that issued it: since then another may have come.
        ca = ca_certificate(records[purpose].issuer_key_id)
        certificate = bytes(records[purpose].certificate)
        commands += issuing.certificate_writes(SLOT[purpose], certificate, ca)
        commands.append(issuing.activate(SLOT[purpose]))
    step = turn.send(Stage.WRITING, channel, commands + _authorisations(turn))
    return _remember(turn, step, asked)


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
    procedure = turn.procedure
    found = card(procedure.card_number)
    if found is None:
        raise Untrusted("E_CARD_NOT_GENUINE")
    form = codec.decode(ApplicationForm, bytes(procedure.form))
    return Order(form, found, procedure.municipality_code, turn.actor, turn.clock.now())


def _written(turn: _Turn) -> IssuanceStep:
    """Everything was accepted by the card: note the delivery and finish."""
    turn.unsealed(turn.channel())
    records = turn.records()
    for word in turn.procedure.channel["asked"]:
        _delivered(turn, records[Purpose(word)])
    return _finished(turn)


def _delivered(turn: _Turn, record: IssuanceRecord) -> None:
    with transaction.atomic(using=DATABASE):
        record_delivery(record, actor=turn.actor, at=turn.clock.now())


def _authorise_pins(turn: _Turn, channel: HostChannel) -> IssuanceStep:
    step = turn.send(Stage.WRITING, channel, _authorisations(turn))
    return _remember(turn, step, [])


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
