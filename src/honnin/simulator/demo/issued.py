"""Today, until the citizen has certificates: from the key ceremony to the card that is handed over.

Each method is one step: it acts, checks, keeps evidence, and says what happened.
"""

from honnin.card.chip.state import CardState
from honnin.clock import JAPAN
from honnin.errors import CardError
from honnin.law.terms import Purpose
from honnin.law.validity import authentication_expiry, signature_expiry
from honnin.simulator.demo.stage import check, refused_with
from honnin.simulator.demo.story_part import StoryPart, story_step
from honnin.simulator.installation import fill_register
from honnin.simulator.onlooker import authority_of
from honnin.simulator.population import invent
from honnin.sites.opening import migrate, open_roles
from honnin.translation import message

AUTHENTICATION, SIGNATURE = Purpose.USER_AUTHENTICATION, Purpose.SIGNATURE
CUT_AFTER = 9


class Issued(StoryPart):
    """The steps until both certificates are on the card."""

    """The steps that happen today."""

    @story_step("key-ceremony", "S4-1.1a", title=message("Two authorities are opened"))
    def ceremony(self) -> str:
        migrate()
        open_roles(self.world.clock)
        for purpose, name in ((SIGNATURE, "signature"), (AUTHENTICATION, "authentication")):
            issuer = authority_of(purpose)
            issuer.verify_directly_issued_by(issuer)
            check("JPKI-TEST" in issuer.subject.rfc4514_string(), "a test CA must say so")
            self.world.keep_certificate(f"{name}-ca.pem", issuer)
        until = authority_of(SIGNATURE).not_valid_after_utc.astimezone(JAPAN).date()
        return self.say("both CAs opened, their keys in encrypted files, valid until {until}", until=until)

    @story_step("register", "S4-1.3.1", "S4-2.1", title=message("The resident register"))
    def register(self) -> str:
        people = fill_register(invent(120, on=self.world.today()), at=self.world.clock.now())
        self.world.people()
        citizen = self.world.citizen
        return self.say(
            "{people} invented residents; ours is {name} of {municipality}",
            people=people,
            name=citizen.name,
            municipality=citizen.municipality,
        )

    @story_step("card", "S1-C4a", "S4-2.2", title=message("A card is made"))
    def card(self) -> str:
        self.world.take_card()
        state = CardState.from_json(self.world.card_path.read_bytes())
        check(all(slot.certificate is None for slot in state.slots.values()), "a new card is empty")
        return self.say(
            "card {number}, blank, valid until {expiry} (the 10th birthday)",
            number=state.card_number,
            expiry=state.expiry_date,
        )

    @story_step("refusals", "S4-3.2a", "S4-4.2", title=message("Applications the law refuses"))
    def refusals(self) -> str:
        world, seen = self.world, []
        no_evidence = world.town.receive(world.citizen, shown=())
        seen += world.town.refusals(no_evidence)
        check("E_ID_DOC_MISSING" in seen, "no evidence must be refused")
        refused_with("E_ID_DOC_MISSING", lambda: world.town.approve(no_evidence))
        world.town.reject(no_evidence, "本人確認書類なし")
        seen += world.town.refusals(world.town.receive(world.child()))
        check("E_UNDER_AGE" in seen, "a child gets no signature certificate")
        elsewhere = refused_with("E_OFFICE_WRONG", lambda: world.town.receive(world.stranger()))
        seen.append(elsewhere.code)
        codes = " ".join(sorted(set(seen)))
        return self.say("every reason was shown: {codes}", codes=codes)

    @story_step("application", "S4-3.2b", "S4-4.1", title=message("Application and examination"))
    def application(self) -> str:
        world = self.world
        world.application = world.town.receive(world.citizen)
        check(world.town.refusals(world.application) == [], "it can be issued")
        world.town.approve(world.application)
        return self.say(
            "application {number}: evidence copied and kept, examined, approved",
            number=world.application.number,
        )

    @story_step("cut", "S4-2.2", title=message("The card is pulled out while issuing"))
    def cut(self) -> str:
        world = self.world
        error = refused_with(
            "E_CARD_REMOVED",
            lambda: world.issue(world.application, pulled_after=CUT_AFTER),
        )
        check(isinstance(error, CardError), "the card was pulled out")
        state = CardState.from_json(world.card_path.read_bytes())
        check(all(slot.certificate is None for slot in state.slots.values()), "nothing is half done")
        return self.say(
            "the card was pulled out after command {count}: it is as it was, nothing is lost",
            count=CUT_AFTER,
        )

    @story_step(
        "issue",
        "S4-5.1",
        "S4-5.1.2",
        "S4-5.2",
        "S4-4.3",
        title=message("Both certificates are issued"),
    )
    def issue(self) -> str:
        world = self.world
        issued = {certificate.purpose: certificate for certificate in world.issue(world.application)}
        birth_date, today = world.citizen.birth_date, world.today()
        card_expiry = CardState.from_json(world.card_path.read_bytes()).expiry_date
        expected = authentication_expiry(birth_date, today, card_expiry, renewal=False)
        check(issued[AUTHENTICATION].expiry_date == expected, "expiry of the user-authentication certificate")
        capped = signature_expiry(birth_date, today, expected, card_expiry, renewal=False)
        check(issued[SIGNATURE].expiry_date == capped, "expiry of the signature certificate")
        world.town.hand_over(world.application)
        number = issued[AUTHENTICATION].serial_number
        return self.say(
            "the same application went on: both (authentication {number}) until {expiry}",
            number=number,
            expiry=expected,
        )
