"""Issuing onto a card, as one kind of `card_channel.conversation`.

What was issued and what stands on the card are compared anew each time: nothing is issued twice, and nothing
that was issued is lost.

    KEYS      GENERATE or READ PENDING KEY, per slot → public keys; certificates are issued
    WRITING   certificates, ACTIVATE, AUTHORISE PIN  → delivered
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from hashlib import sha256
from typing import ClassVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.db import transaction

from honnin.agency.authority.queries import ca_certificate
from honnin.agency.card_channel import channel
from honnin.agency.card_channel.channel import OpenedCard
from honnin.agency.card_channel.conversation import Conversation
from honnin.agency.card_register.models import Card
from honnin.agency.card_register.queries import card
from honnin.agency.issuance.models import Procedure, Stage
from honnin.agency.issuance.services import DATABASE, NOT_DELIVERED, Order, issue_all
from honnin.agency.records.journal import Act
from honnin.agency.records.models import IssuanceRecord, Person
from honnin.agency.records.persons import hold_person, locked_person, put_in
from honnin.agency.records.queries import effective_records, records_for_application, status_of
from honnin.agency.records.services import Change, write_delivery
from honnin.card.issuer import commands as card_commands
from honnin.card.issuer.channel import HostChannel
from honnin.card.issuer.commands import CardReport
from honnin.clock import day_in_japan
from honnin.errors import Conflict, Untrusted
from honnin.law.certificates.status import hand_over_refusals
from honnin.law.terms import Purpose
from honnin.wire import codec
from honnin.wire.messages.card_updates import SLOT
from honnin.wire.messages.issuance import ApplicationForm, IssuanceStep, IssuedCertificate


class Issuing(Conversation[IssuanceStep]):
    """One request's view of a procedure."""

    model = Procedure
    over = "E_PROCEDURE_NOT_OPEN"
    ended: ClassVar[Mapping[str, str]] = {Stage.ABANDONED: "E_PROCEDURE_ABANDONED"}
    ask = "ask card for its state"
    begun: ClassVar[str] = "begin issuing"
    writing: ClassVar[str] = "authorise PINs"
    finished: ClassVar[str] = "finish issuing"
    give_up = "forget channels", "procedures"

    row: Procedure

    @cached_property
    def card(self) -> Card:
        found = card(self.row.card_number)
        if found is None:
            raise Untrusted("E_CARD_NOT_GENUINE")
        return found

    def know(self, card: Card) -> None:
        """The procedure's card, where it was just read."""
        vars(self)["card"] = card

    @property
    def purposes(self) -> list[Purpose]:
        return [Purpose(word) for word in self.row.purposes.split()]

    def step(self, commands: tuple[bytes, ...]) -> IssuanceStep:
        return IssuanceStep(self.row.application_number, commands, done=False, certificates=())

    def entry(self, act: str, **detail: str | int) -> Act:
        return Act(self.actor, act, self.row.application_number, {"card": self.row.card_number} | detail)

    def records(self) -> dict[Purpose, IssuanceRecord]:
        """What this application brought so far.

        Raises Conflict E_CERT_REVOKED, E_CERT_EXPIRED or E_CERT_HELD when some of it has no effect any more,
        for example because the card was reported lost: an application brings each certificate once.
        """
        records = self.brought()
        today = day_in_japan(self.at)
        statuses = (status_of(record, today) for record in records.values())
        for refusal in hand_over_refusals(statuses):
            raise Conflict(refusal.code)
        return records

    def brought(self) -> dict[Purpose, IssuanceRecord]:
        """What this application brought, as `records_for_application`."""
        return records_for_application(self.row.application_number, self.row.person_code)

    def asked(self) -> list[Purpose]:
        """For which purposes the last batch was, in its order."""
        return [Purpose(word) for word in self.row.channel["asked"]]

    def go_on(self) -> IssuanceStep:
        """As every conversation. Where all of it is one transaction (`agency.requests`), what a stage locks
        is held to the end: the person comes first.
        """
        if transaction.get_connection(DATABASE).in_atomic_block:
            hold_person(self.row.person_code)
        return super().go_on()

    def read(self, opened: OpenedCard) -> IssuanceStep:
        """From what the card holds: ask for new keys, for pending ones again, or for nothing."""
        with self.claimed_for_delivery():
            questions = self._key_questions(opened.report)
            if not questions:
                return self._write(opened.channel, [], asked=[])
            return self.ask_for_keys(opened.channel, questions)

    @contextmanager
    def claimed_for_delivery(self) -> Iterator[None]:
        """As `claimed`, after the person, whose certificates are delivered: as everybody locks them."""
        is_held = transaction.get_connection(DATABASE).in_atomic_block  # since `go_on`
        with transaction.atomic(using=DATABASE):
            if not is_held:
                hold_person(self.row.person_code)
            with self.claimed():
                yield

    def ask_for_keys(self, host: HostChannel, questions: Mapping[Purpose, bytes]) -> IssuanceStep:
        """New keys or pending ones, as the questions are."""
        batch = channel.seal(host, list(questions.values()))
        return self.send(Stage.KEYS, batch, self.entry("ask card for keys"), asked=list(questions))

    def _key_questions(self, report: CardReport) -> dict[Purpose, bytes]:
        """What to ask for keys, by purpose; the delivery of what stands on the card already is noted.

        Raises Conflict E_DUPLICATE_CERT where another application brought what has effect still: a new key
        would take the place of one that is pending for that.
        """
        questions, records = {}, self.records()
        self._require_free(records)
        for purpose in self.to_write(records):
            slot, record = report.slots[SLOT[purpose]], records.get(purpose)
            if record is not None and slot.certificate_fingerprint == _fingerprint(record):
                # Activated, but the answer was lost on the way.
                self.journalled(*write_delivery(record, actor=self.actor, at=self.at))
            elif record is not None and slot.has_pending_key:
                questions[purpose] = card_commands.read_pending_key(SLOT[purpose])
            else:
                questions[purpose] = card_commands.generate_key(SLOT[purpose])
        return questions

    def to_write(self, records: Mapping[Purpose, IssuanceRecord]) -> list[Purpose]:
        """What is to stand on the card; `records`: what was brought so far."""
        return self.purposes

    def _require_free(self, records: Mapping[Purpose, IssuanceRecord]) -> None:
        present = effective_records(self.row.person_code, day_in_japan(self.at))
        for purpose in self.purposes:
            if purpose in present and purpose not in records:
                raise Conflict("E_DUPLICATE_CERT", purpose=purpose)

    def keys_answered(self) -> IssuanceStep:
        """Public keys are here. Raises as `certify`."""
        host, answers = self.unsealed()
        return self.certify(
            host, dict(zip(self.asked(), map(card_commands.public_key, answers), strict=True))
        )

    def certify(self, host: HostChannel, keys: dict[Purpose, RSAPublicKey]) -> IssuanceStep:
        """Issue for these keys what is not issued yet, and send everything that is not on the card.

        One transaction: what was issued is on its way to the card, or was not issued. Raises Conflict
        E_OVERTAKEN when something was reported about the person since the application was examined: under the
        person's lock, so that a report comes either before and is seen here, or after and finds the
        certificate. Else as `claimed`.
        """
        with transaction.atomic(using=DATABASE):
            person = locked_person(self.row.person_code)
            with self.claimed() as present:
                if person.notices != present.notices:
                    raise Conflict("E_OVERTAKEN")
                return self._send_certificates(host, list(keys), self._issue_missing(keys, person))

    def _send_certificates(
        self, host: HostChannel, purposes: list[Purpose], records: dict[Purpose, IssuanceRecord]
    ) -> IssuanceStep:
        commands = []
        for purpose in purposes:
            # Of the generation that issued it: since then another may have come.
            ca = ca_certificate(records[purpose].issuer_key_id)
            certificate = bytes(records[purpose].certificate)
            commands += card_commands.certificate_writes(SLOT[purpose], certificate, ca, self.longest_data)
            commands.append(card_commands.activate(SLOT[purpose]))
        return self._write(host, commands, asked=purposes)

    def _write(self, host: HostChannel, commands: list[bytes], *, asked: list[Purpose]) -> IssuanceStep:
        """What ends on the card what was asked for, and permissions to set the PINs.

        Each time these are given is an act of its own in the journal.
        """
        batch = channel.seal(host, commands + self.permissions())
        return self.send(Stage.WRITING, batch, self.entry(self.writing), asked=asked)

    def permissions(self) -> list[bytes]:
        """Commands by which the holder may set the PINs."""
        return [card_commands.authorise_pin(SLOT[purpose]) for purpose in self.purposes]

    def _issue_missing(
        self, keys: dict[Purpose, RSAPublicKey], person: Person
    ) -> dict[Purpose, IssuanceRecord]:
        """Issue for the keys that no certificate of this application certifies yet.

        A certificate issued before whose key the card has lost can never be delivered: it is revoked, and
        issued anew for the key that the card has. Within `claimed`.
        """
        records = self.records()
        lost = {
            purpose: record
            for purpose, record in records.items()
            if purpose in keys and _certified_key(record) != keys[purpose]
        }
        kept = {purpose: record for purpose, record in records.items() if purpose not in lost}
        missing = {purpose: key for purpose, key in keys.items() if purpose not in kept}
        ended = [*((record, NOT_DELIVERED) for record in lost.values()), *self.replaced(person)]
        issued, acts = issue_all(self.order(lost), missing, *put_in(person), ended=ended)
        self.journalled(*acts)
        return kept | {Purpose(record.purpose): record for record in issued}

    def replaced(self, person: Person) -> Iterable[tuple[IssuanceRecord, Change]]:
        """Certificates of earlier applications that end with the recording; the person is locked."""
        return ()

    def order(self, lost: Mapping[Purpose, IssuanceRecord]) -> Order:
        """What is issued; `lost`: what it brought before, for keys that the card has no more."""
        form = codec.decode(ApplicationForm, bytes(self.row.form))
        return Order(form, self.card, self.row.municipality_code, self.actor, self.at)

    def _written(self) -> IssuanceStep:
        """Everything was accepted by the card: note the delivery and finish."""
        self.unsealed()
        with self.claimed_for_delivery():
            records = self.records()
            for purpose in self.asked():
                if purpose in records:
                    self.journalled(*write_delivery(records[purpose], actor=self.actor, at=self.at))
            return self.done(records)

    def done(self, records: Mapping[Purpose, IssuanceRecord]) -> IssuanceStep:
        """Finish, and answer with what was issued. Within `claimed`."""
        self.finish(self.entry(self.finished))
        certificates = tuple(
            IssuedCertificate(purpose, records[purpose].serial_number, records[purpose].expiry_date)
            for purpose in self.purposes
            if purpose in records
        )
        return IssuanceStep(self.row.application_number, (), done=True, certificates=certificates)

    stages: ClassVar = {Stage.KEYS: keys_answered, Stage.WRITING: _written}


def _certified_key(record: IssuanceRecord) -> object:
    return x509.load_der_x509_certificate(bytes(record.certificate)).public_key()


def _fingerprint(record: IssuanceRecord) -> bytes:
    return sha256(bytes(record.certificate)).digest()
