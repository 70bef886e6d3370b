"""The certificates are about to expire: the letter, the renewal, and the renewal of a relative by proxy."""

from datetime import date, timedelta

from honnin.agency.authority.rollover import roll_over
from honnin.agency.notices import printing
from honnin.agency.notices.models import Letter
from honnin.law.cards.pins import PinKind
from honnin.law.certificates.notices import LetterKind
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.guards.staff import Post, appoint
from honnin.municipality.counter.procedures.renewal import envelope
from honnin.municipality.counter.procedures.renewal.proving import CardAndTyped
from honnin.municipality.counter.procedures.renewal.services import renew
from honnin.municipality.residents.addressees import tell_addresses
from honnin.pin import Pin
from honnin.simulator.brought import BY_PROXY, NEW_PINS
from honnin.simulator.demo.stage import check, refused_with
from honnin.simulator.demo.story_part import StoryPart, story_step
from honnin.simulator.demo.world import KNOWN
from honnin.simulator.onlooker import relying_party
from honnin.translation import message

AUTHENTICATION, SIGNATURE = Purpose.USER_AUTHENTICATION, Purpose.SIGNATURE
WRONG = Pin("0000")


class Renewed(StoryPart):
    """The steps of the last months of the certificates."""

    @story_step("letter", "S3-5", title=message("A letter: the certificates are about to expire"))
    def letter(self) -> str:
        world = self.world
        world.move_to(world.record(AUTHENTICATION).expiry_date - timedelta(days=75))
        at = world.clock.now()
        tell_addresses(at)
        world.town.post_letters()
        letter = Letter.objects.get(
            person_code=world.citizen.person_code, kind=LetterKind.EXPIRY_NOTICE.value
        )
        assert letter.batch is not None
        pdf = (printing.folder_of(letter.batch) / printing.file_of(letter)).read_bytes()
        world.keep("letter.pdf", pdf)
        check(letter.name == world.citizen.name, "the municipality told the address")
        check(tell_addresses(at) == 0, "nobody gets it twice")
        return self.say(
            "letter {number}, {pages} pages, handed to the post; asked again, nothing more is sent",
            number=letter.number,
            pages=letter.pages,
        )

    @story_step("renewal", "S4-6", "S4-5.2.1", "S3-8", "S3-9", title=message("The certificates are renewed"))
    def renewal(self) -> str:
        world = self.world
        old = bytes(world.record(AUTHENTICATION).certificate)
        world.move_to(world.record(AUTHENTICATION).expiry_date - timedelta(days=30))
        with world.holder() as holder:
            world.town.update_card(holder)  # of the notices since it was handed out
        world.citizen.refresh_from_db()
        application = world.town.received_renewal(world.citizen)
        with world.holder() as holder:
            wrong = KNOWN | {PinKind.SIGNATURE: Pin("WRONG1")}
            reader = holder.reader()
            refused_with("E_PIN_WRONG", lambda: world.town.prove_pins(application, reader, wrong))
            world.town.prove_pins(application, reader, KNOWN)
            world.town.approve(_now(application))
            relying_party(world.clock).verify_authentication_certificate(old)  # nothing has happened
            issued = world.town.renew(application, reader)
        check(len(issued) == 2, "both are renewed")
        verifier = relying_party(world.clock)
        refused_with("E_CERT_REVOKED", lambda: verifier.verify_authentication_certificate(old))
        verifier.verify_authentication_certificate(bytes(world.record(AUTHENTICATION).certificate))
        return self.say(
            "a wrong PIN kept the application from being accepted; with the right ones the old certificates "
            "are revoked and the new ones good until {expiry}",
            expiry=world.record(AUTHENTICATION).expiry_date,
        )

    @story_step("rollover", "S4-1.1a", title=message("The authorities get their next generation"))
    def rollover(self) -> str:
        world = self.world
        opened = roll_over(list(Purpose), world.clock, actor="demo")
        check([key.generation for key in opened] == [2, 2], "both issue by a new key from now on")
        encoded = bytes(world.record(AUTHENTICATION).certificate)
        relying_party(world.clock).verify_authentication_certificate(encoded)
        return self.say("both issue by a new key; what the first generation issued is still good")

    @story_step(
        "renewal-by-proxy",
        "S3-P1",
        "S3-P3",
        "S3-P5",
        title=message("A relative renews by proxy, and the form has a wrong PIN"),
    )
    def by_proxy(self) -> str:
        world = self.world
        expiry: date = world.record(AUTHENTICATION, world.relative).expiry_date
        world.move_to(expiry - timedelta(days=60))
        application = world.town.received_renewal(world.relative, **BY_PROXY)
        world.town.approve(application)
        clerk, at = world.clerk, world.clock.now()
        second = appoint(
            Post("demo-second", "窓口 次子", world.town.post.municipality_code, "窓口2"),
            actor="installation",
            at=at,
        )
        envelope.open_envelope(application, second, clerk=clerk, at=at)
        application = self._with_form(application)
        envelope.order_inquiry(application, clerk=clerk, at=at)
        world.town.post_letters()
        world.move_to(expiry - timedelta(days=40))
        envelope.note_answer(_now(application), clerk=clerk, at=world.clock.now())
        anew = NEW_PINS | {PinKind.RESIDENT_REGISTER: Pin("2468")}
        with world.relative_holder() as holder:
            typed = CardAndTyped(holder.reader(), anew=anew)
            renew(_now(application), typed, clerk=clerk, clock=world.clock)
        check(world.record(SIGNATURE, world.relative).delivered_at is not None, "the card was written")
        return self.say(
            "two clerks opened the envelope; the first PIN was wrong, so nothing else was tried; the inquiry "
            "was answered by post, the PINs set anew, and both certificates renewed"
        )

    def _with_form(self, application: Application) -> Application:
        """The PINs of the form are tried, and the first does not match."""
        with self.world.relative_holder() as holder:
            reader, wrong = holder.reader(), KNOWN | {PinKind.RESIDENT_REGISTER: WRONG}
            refused_with("E_PIN_MISMATCH_INQUIRY", lambda: self.world.town.renew(application, reader, wrong))
        found = _now(application)
        check(set(found.details["pins"]) == {PinKind.RESIDENT_REGISTER}, "one PIN was tried, once")
        return found


def _now(application: Application) -> Application:
    return Application.objects.select_related("resident").get(pk=application.pk)
