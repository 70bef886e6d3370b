"""A renewal as the counter speaks it, and what records, card and status service must say while it goes on."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from django.db import transaction

from honnin.agency.issuance.models import Procedure, Stage
from honnin.agency.records.journal import JOURNAL
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.records.persons import reports_about
from honnin.card.client.session import CardSession, relay
from honnin.card.transport import Transport, longest_data
from honnin.card.transport.in_process import InProcess
from honnin.clock import day_in_japan
from honnin.journal.rows import row_faults
from honnin.law.certificates.status import Status
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.certificates.form import application_form
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.residents.models import Resident
from honnin.simulator.brought import BOTH, PINS
from honnin.wire.line import Message
from honnin.wire.messages.card_updates import SLOT
from honnin.wire.messages.issuance import AbandonIssuance, IssuanceStep, RelayAnswers
from honnin.wire.messages.renewal import RequestRenewal
from tests.support.agency import speaking
from tests.support.agency.speaking import R
from tests.support.town import Holder, Town

DUE = datetime(2030, 12, 20, 3, 0, tzinfo=UTC)
"""Of certificates that were issued at the start of a test, and end on 2031-03-15."""
OLD_STATE = (Status.REVOKED, "superseded")


@dataclass
class Renewal:
    """One application of a holder, and a clerk at the counter."""

    town: Town
    holder: Holder
    purposes: frozenset[Purpose] = BOTH
    number: str = "99101-20301220-RENEW1"
    clerk: str = ""
    old: Mapping[Purpose, IssuanceRecord] = field(init=False)
    reader: Transport = field(init=False)

    def __post_init__(self) -> None:
        self.old = self.town.records(self.holder)

    def request(self) -> RequestRenewal:
        """What the counter sends, as the register is now, when everything was examined."""
        issued = Application.objects.filter(resident_id=self.holder.code).first()
        assert issued is not None
        issued.resident = Resident.objects.get(pk=self.holder.code)
        today = day_in_japan(self.town.clock.now())
        form = replace(application_form(issued), application_number=self.number, received_on=today)
        purposes = tuple(sorted(self.purposes, reverse=True))
        notices = reports_about(self.holder.code).notices
        return RequestRenewal(form, self.holder.card.state.card_number, purposes, notices)

    def ask(self, message: Message[R]) -> R:
        return speaking.ask(speaking.sender(self.town.clerk(self.clerk)), message)

    def carry_out(self, reader: Transport | None = None) -> IssuanceStep:
        """From the request until the agency says done."""
        reader = reader or self.holder.reader()
        CardSession(reader).card_number()
        step = self.ask(self.request())
        while not step.done:
            answers = relay(reader, step.commands)
            step = self.ask(RelayAnswers(step.procedure, answers, longest_data(reader)))
        return step

    def carry_out_to(self, stage: Stage) -> tuple[bytes, ...]:
        """Until the card has answered the commands of a stage, which nobody has relayed yet: its answers."""
        self.reader = reader = self.holder.reader()
        step = self.ask(self.request())
        while Procedure.objects.get(pk=self.number).stage != stage:
            step = self.relay(relay(reader, step.commands))
        return relay(reader, step.commands)

    def go_on(self, answers: tuple[bytes, ...]) -> IssuanceStep:
        """Relay these answers of `carry_out_to`, and what follows, to the end."""
        step = self.relay(answers)
        while not step.done:
            step = self.relay(relay(self.reader, step.commands))
        return step

    def relay(self, answers: tuple[bytes, ...]) -> IssuanceStep:
        return self.ask(RelayAnswers(self.number, answers, InProcess.longest_data))

    def abandon(self) -> int:
        return self.ask(AbandonIssuance(self.number, self.holder.code)).revoked

    @property
    def new(self) -> dict[Purpose, IssuanceRecord]:
        """What it brought, what was given up aside."""
        found = IssuanceRecord.objects.filter(application_number=self.number)
        return {Purpose(each.purpose): each for each in found.exclude(changes__ground="not_delivered")}

    # — What must be so ————————————————————————————————————————————————————————————————————————————————————

    def require_old_or_new(self) -> None:
        """The old ones work, or the new ones are recorded, and the card has either, slot by slot."""
        recorded = self.new
        assert recorded.keys() in (set(), self.purposes)
        for purpose, before in self.old.items():
            before.refresh_from_db()
            if purpose in recorded:
                assert (before.status, before.crl_reason) == OLD_STATE
                assert recorded[purpose].status == Status.GOOD
            else:
                assert (before.status, before.effective) == (Status.GOOD, True)
            assert (
                IssuanceRecord.objects.filter(
                    person_code=self.holder.code, purpose=purpose, effective=True
                ).count()
                == 1
            )
            on_card = [recorded.get(purpose), before] if purpose in recorded else [before]
            self.require_signature(purpose, [each for each in on_card if each is not None])
        assert list(row_faults(JOURNAL)) == []

    def require_renewed(self) -> None:
        """Card and records have exactly the new ones, delivered, and the PINs are those of before."""
        assert self.new.keys() == self.purposes
        for purpose, before in self.old.items():
            before.refresh_from_db()
            assert (before.status == Status.REVOKED) is (purpose in self.purposes)
            present = self.new.get(purpose, before)
            assert present.delivered_at is not None
            self.require_signature(purpose, [present])
        self.require_old_or_new()
        assert Procedure.objects.get(pk=self.number).stage == Stage.DONE
        assert Procedure.objects.get(pk=self.number).channel == {}

    def require_signature(self, purpose: Purpose, expected: list[IssuanceRecord]) -> None:
        """The card has one of these certificates, and signs with its key and the holder's PIN."""
        session, slot = self.holder.session(), SLOT[purpose]
        session.verify_pin(slot, PINS[purpose])
        content = session.read_certificate(slot)
        assert content in [bytes(each.certificate) for each in expected]
        certificate = x509.load_der_x509_certificate(content)
        key = cast(RSAPublicKey, certificate.public_key())
        key.verify(session.sign_sha256(slot, b"content"), b"content", PKCS1v15(), SHA256())
        issuer = x509.load_der_x509_certificate(session.read_ca_certificate(slot))
        certificate.verify_directly_issued_by(issuer)


def due(town: Town, purposes: frozenset[Purpose] = BOTH, at: datetime = DUE) -> Holder:
    """A holder whose certificates are due for renewal by now."""
    holder = town.with_certificates(purposes)
    town.clock.move_to(max(at, town.clock.now()))
    return holder


@contextmanager
def undone(holder: Holder) -> Iterator[None]:
    """Whatever happens inside has not happened: for many attempts on one holder."""
    kept = holder.card.state
    with transaction.atomic("agency"), transaction.atomic("municipality"):
        yield
        for database in ("agency", "municipality"):
            transaction.set_rollback(True, using=database)
    holder.store.kept = kept
    holder.revive()
