"""The world of the story: an installation of its own, its people, and the acts that the story repeats."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings

from honnin.agency.authority.models import IssuingKey
from honnin.agency.hotline.models import Operator
from honnin.agency.hotline.services import employ_operator
from honnin.agency.publication.services import publish
from honnin.agency.records.models import IssuanceRecord
from honnin.card.client.session import CardSession
from honnin.card.transport import Transport
from honnin.card.transport.card_file import CardFile
from honnin.card.transport.in_process import InProcess
from honnin.clock import FixedClock
from honnin.law.calendar import age_on
from honnin.law.counter.identity import IdentityDocument
from honnin.law.names.characters import needs_substitute
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications import services as counter
from honnin.municipality.counter.applications.evidence.copies import ShownDocument
from honnin.municipality.counter.applications.models import Application, Clerk, EvidenceCopy
from honnin.municipality.counter.guards.staff import Post, appoint
from honnin.municipality.residents.models import Municipality, Resident
from honnin.pkix import ocsp
from honnin.profile.names import Deployment
from honnin.simulator.card_production import hand_out_card
from honnin.sites.responder import make_responder
from honnin.verifier.certificate import CertificateVerifier
from honnin.verifier.status import CRLSource
from honnin.verifier.trust import TrustStore
from honnin.wire.messages.issuance import IssuedCertificate

PINS = {Purpose.SIGNATURE: "HONNIN2026", Purpose.USER_AUTHENTICATION: "4126"}
# A picture of one grey dot: what is kept is the copy, and this one shows nobody.
COPY = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
)


@dataclass
class World:
    """Everything the steps of the story share.

    `clock` stands at the instant the demo began until the story leaves today.
    """

    out: Path
    clock: FixedClock
    citizen: Resident = field(init=False)
    clerk: Clerk = field(init=False)
    operator: Operator = field(init=False)
    application: Application = field(init=False)
    card_number: str = field(init=False)

    def people(self) -> None:
        """A clerk, an operator, and an adult of the clerk's municipality who can have both certificates."""
        place = Municipality.objects.order_by("code").first()
        assert place is not None
        post = Post("demo-clerk", "窓口 花子", place.code, "窓口1")
        self.clerk = appoint(post, actor="installation", at=self.clock.now())
        self.operator = employ_operator(
            "demo-operator", "電話 一郎", actor="installation", at=self.clock.now()
        )
        self.citizen = next(person for person in self.residents(place) if self._plain_adult(person))

    def residents(self, place: Municipality) -> list[Resident]:
        return list(Resident.objects.filter(municipality=place).order_by("person_code"))

    def child(self) -> Resident:
        """Someone under 15 of the same municipality."""
        people = self.residents(self.clerk.municipality)
        return next(person for person in people if age_on(person.birth_date, self.today()) < 15)

    def stranger(self) -> Resident:
        """Someone of another municipality."""
        return Resident.objects.exclude(municipality=self.clerk.municipality).order_by("person_code")[0]

    def today(self) -> date:
        from honnin.clock import day_in_japan

        return day_in_japan(self.clock.now())

    def _plain_adult(self, person: Resident) -> bool:
        recordable = not needs_substitute(person.name + person.address)
        return 20 <= age_on(person.birth_date, self.today()) < 70 and recordable and not person.adult_ward

    def take_card(self) -> None:
        """The citizen's blank card, a file in the story's folder of cards."""
        self.card_number = hand_out_card(self.citizen, self.clock)

    @property
    def card_path(self) -> Path:
        return Path(settings.HONNIN_CARDS) / f"{self.card_number}.json"

    def apply(self, resident: Resident, *purposes: Purpose, evidence: bool = True) -> Application:
        """Receive an application at the counter."""
        shown = ShownDocument(EvidenceCopy.Whose.APPLICANT, IdentityDocument.DRIVING_LICENCE, COPY)
        wish = counter.Wish(
            purposes=frozenset(purposes), shown=(shown,) if evidence else (), terms_accepted=True
        )
        return counter.receive_application(resident, wish, clerk=self.clerk, at=self.clock.now())

    def refusal_codes(self, application: Application) -> list[str]:
        """What stands against an application, as the clerk sees it."""
        return [
            refusal.code for refusal in counter.examine(application, clerk=self.clerk, at=self.clock.now())
        ]

    def approve(self, application: Application) -> None:
        counter.approve(application, clerk=self.clerk, at=self.clock.now())

    def issue(
        self, application: Application, reader: Callable[[Transport], Transport] = lambda transport: transport
    ) -> tuple[IssuedCertificate, ...]:
        """Issue onto the citizen's card; `reader` may stand between card and counter."""
        with CardFile.open(self.card_path) as file:
            pins = {purpose: PINS[purpose] for purpose in counter.wanted(application)}
            delivery = counter.Delivery(reader(InProcess(file.card)), pins)
            return counter.issue(application, delivery, clerk=self.clerk, clock=self.clock)

    def release(self, purpose: Purpose) -> None:
        """Show the found card at the counter."""
        with CardFile.open(self.card_path) as file:
            reader, at = InProcess(file.card), self.clock.now()
            counter.release(self.citizen, purpose, reader, PINS[purpose], clerk=self.clerk, at=at)

    def with_card(self, act: Callable[[CardSession], object]) -> None:
        """Do something with the citizen's card in a reader at home."""
        with CardFile.open(self.card_path) as file:
            session = CardSession(InProcess(file.card))
            session.select_jpki()
            act(session)

    def record(self, purpose: Purpose) -> IssuanceRecord:
        """The newest certificate of the citizen, as the agency recorded it."""
        records = IssuanceRecord.objects.filter(person_code=self.citizen.person_code, purpose=purpose)
        return records.order_by("-id")[0]

    def certificate(self, purpose: Purpose) -> x509.Certificate:
        return x509.load_der_x509_certificate(bytes(self.record(purpose).certificate))

    def issuer(self, purpose: Purpose) -> x509.Certificate:
        key = IssuingKey.objects.filter(purpose=purpose).order_by("-generation")[0]
        return x509.load_der_x509_certificate(bytes(key.certificate))

    def ocsp_answer(self, purpose: Purpose) -> bytes:
        """What the status service says of the citizen's certificate now (DER)."""
        responder = make_responder(settings.HOME, self.clock)
        cert_id = ocsp.cert_id_of(self.issuer(purpose), self.record(purpose).serial_number)
        return responder.answer(ocsp.request(cert_id)).body

    def verifier(self) -> CertificateVerifier:
        """A relying party: both CAs pinned, status from freshly published lists."""
        publish(self.clock)
        folder = Path(settings.HONNIN_PUBLICATION)
        deployment: Deployment = settings.HONNIN_DEPLOYMENT()
        trust = TrustStore.load(deployment, sorted(folder.glob("*-ca.pem")))
        return CertificateVerifier(trust, CRLSource(*sorted(folder.glob("*.crl"))), self.clock)

    def keep(self, name: str, content: bytes | str) -> None:
        """Put a file among the evidence."""
        path = self.out / name
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)

    def keep_certificate(self, name: str, certificate: x509.Certificate) -> None:
        self.keep(name, certificate.public_bytes(Encoding.PEM))


class PulledOut:
    """A reader from which the card is pulled after a number of commands."""

    def __init__(self, transport: Transport, commands: int) -> None:
        self._transport = transport
        self._left = commands

    def transmit(self, command: bytes) -> bytes:
        from honnin.errors import CardError

        if self._left == 0:
            raise CardError("E_CARD_REMOVED")
        self._left -= 1
        return self._transport.transmit(command)
