"""The world of the story: an installation of its own, its people, and the evidence that the story leaves."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings

from honnin.agency.hotline.models import Operator
from honnin.agency.records.models import IssuanceRecord
from honnin.card.client.session import CardSession
from honnin.card.transport import Transport
from honnin.clock import JAPAN, FixedClock, day_in_japan
from honnin.identifiers import CardNumber
from honnin.law.calendar import age_on
from honnin.law.cards.pins import PinKind
from honnin.law.names.characters import needs_substitute
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.guards.staff import Post
from honnin.municipality.residents.models import Municipality, Resident
from honnin.pin import Pin
from honnin.simulator.brought import KNOWN_PINS
from honnin.simulator.card_production import hand_out_card
from honnin.simulator.holder import Holder, PulledAfter, holder_from_file
from honnin.simulator.town import Town
from honnin.wire.messages.issuance import IssuedCertificate

PINS = {Purpose.SIGNATURE: Pin("HONNIN2026"), Purpose.USER_AUTHENTICATION: Pin("4126")}
KNOWN = {
    PinKind.SIGNATURE: PINS[Purpose.SIGNATURE],
    PinKind.USER_AUTHENTICATION: PINS[Purpose.USER_AUTHENTICATION],
    PinKind.RESIDENT_REGISTER: KNOWN_PINS[PinKind.RESIDENT_REGISTER],
}
"""What the cards of the story open with: that of the register's application is as the card was made."""


@dataclass
class World:
    """Everything the steps of the story share.

    `clock` stands at the instant the demo began until the story leaves today.
    """

    out: Path
    clock: FixedClock
    town: Town[Holder] = field(init=False)
    citizen: Resident = field(init=False)
    clerk: Clerk = field(init=False)
    operator: Operator = field(init=False)
    application: Application = field(init=False)
    card_number: CardNumber = field(init=False)
    relative: Resident = field(init=False)
    relative_card: CardNumber = field(init=False)

    def people(self) -> None:
        """A clerk, an operator, and an adult of the clerk's municipality who can have both certificates."""
        place = Municipality.objects.order_by("code").first()
        assert place is not None
        self.town = Town(
            self.clock,
            post=Post("demo-clerk", "窓口 花子", place.code, "窓口1"),
            answering=("demo-operator", "電話 一郎"),
            pins=PINS,
        )
        self.clerk, self.operator = self.town.clerk(), self.town.operator()
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

    def holder(self) -> AbstractContextManager[Holder]:
        """The citizen, with the card."""
        return holder_from_file(self.citizen, self.card_path)

    def issue(
        self, application: Application, *, pulled_after: int | None = None
    ) -> tuple[IssuedCertificate, ...]:
        """Issue onto the citizen's card, which is pulled out after a number of commands if one is given."""
        with self.holder() as holder:
            reader: Transport = holder.reader()
            if pulled_after is not None:
                reader = PulledAfter(holder.card, pulled_after)
            return self.town.issue(application, reader)

    def take_in_relative(self) -> None:
        """The eldest plain adult of the same municipality gets a card with both certificates."""
        people = [each for each in self.residents(self.clerk.municipality) if self._plain_adult(each)]
        others = (each for each in people if each != self.citizen)
        self.relative = min(others, key=lambda each: each.birth_date)
        self.relative_card = hand_out_card(self.relative, self.clock)
        application = self.town.approved(self.relative)
        with self.relative_holder() as holder:
            self.town.issue(application, holder.reader())
        self.town.hand_over(application)

    def relative_holder(self) -> AbstractContextManager[Holder]:
        """The relative, with the card."""
        return holder_from_file(self.relative, Path(settings.HONNIN_CARDS) / f"{self.relative_card}.json")

    def move_to(self, day: date) -> None:
        """To noon of a later day."""
        self.clock.move_to(datetime.combine(day, time(12), JAPAN))

    def with_card(self, act: Callable[[CardSession], object]) -> None:
        """Do something with the citizen's card in a reader at home."""
        with self.holder() as holder:
            act(holder.session())

    def record(self, purpose: Purpose, person: Resident | None = None) -> IssuanceRecord:
        """The newest certificate of the citizen, or of another person, as the agency recorded it."""
        code = (person or self.citizen).person_code
        return IssuanceRecord.objects.filter(person_code=code, purpose=purpose).order_by("-id")[0]

    def certificate(self, purpose: Purpose) -> x509.Certificate:
        return x509.load_der_x509_certificate(bytes(self.record(purpose).certificate))

    def keep(self, name: str, content: bytes | str) -> None:
        """Put a file among the evidence."""
        path = self.out / name
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)

    def keep_certificate(self, name: str, certificate: x509.Certificate) -> None:
        self.keep(name, certificate.public_bytes(Encoding.PEM))
