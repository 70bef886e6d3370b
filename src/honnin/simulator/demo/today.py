"""Today: from the key ceremony to the audit, at the instant the demo began, so that outside tools
accept the evidence. Each function is one step: it acts, checks, keeps evidence, and says what happened.
"""

import json
import shutil

from cryptography.x509 import ReasonFlags
from cryptography.x509 import ocsp as read
from django.conf import settings

from honnin.agency.hotline.services import record_notice_of_loss
from honnin.agency.publication.services import prove_journal, publish, sign_journal
from honnin.card.chip.state import CardState
from honnin.card.kinds.declaration import KeySlot
from honnin.citizen.login import answer
from honnin.citizen.sample_document import sample_document
from honnin.citizen.signing import sign_pdf
from honnin.clock import JAPAN
from honnin.errors import CardError
from honnin.law.era import format_era_date
from honnin.law.terms import Purpose
from honnin.law.validity import authentication_expiry, signature_expiry
from honnin.municipality.counter.applications import services as counter
from honnin.simulator.demo.stage import check, refused_with
from honnin.simulator.demo.story_part import StoryPart, story_step
from honnin.simulator.demo.world import PINS, PulledOut
from honnin.simulator.installation import settle
from honnin.simulator.population import invent
from honnin.sites.audit.audit import audit_status
from honnin.sites.opening import migrate, open_roles
from honnin.translation import message
from honnin.verifier.document import DocumentVerifier
from honnin.verifier.login import ChallengeStore, LoginVerifier

ORIGIN = "https://portal.honnin.example"
AUTHENTICATION, SIGNATURE = Purpose.USER_AUTHENTICATION, Purpose.SIGNATURE
CUT_AFTER = 9


class Today(StoryPart):
    """The steps that happen today."""

    @story_step("key-ceremony", "S4-1.1a", title=message("Two authorities are opened"))
    def ceremony(self) -> str:
        migrate()
        open_roles(self.world.clock)
        for purpose, name in ((SIGNATURE, "signature"), (AUTHENTICATION, "authentication")):
            issuer = self.world.issuer(purpose)
            issuer.verify_directly_issued_by(issuer)
            check("JPKI-TEST" in issuer.subject.rfc4514_string(), "a test CA must say so")
            self.world.keep_certificate(f"{name}-ca.pem", issuer)
        until = self.world.issuer(SIGNATURE).not_valid_after_utc.astimezone(JAPAN).date()
        return self.say("both CAs opened, their keys in encrypted files, valid until {until}", until=until)

    @story_step("register", "S4-1.3.1", "S4-2.1", title=message("The resident register"))
    def register(self) -> str:
        people = settle(invent(120, on=self.world.today()), at=self.world.clock.now())
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
        no_evidence = world.apply(world.citizen, AUTHENTICATION, SIGNATURE, evidence=False)
        seen += world.refusal_codes(no_evidence)
        check("E_ID_DOC_MISSING" in seen, "no evidence must be refused")
        refused_with("E_ID_DOC_MISSING", lambda: world.approve(no_evidence))
        counter.reject(no_evidence, "本人確認書類なし", clerk=world.clerk, at=world.clock.now())
        seen += world.refusal_codes(world.apply(world.child(), AUTHENTICATION, SIGNATURE))
        check("E_UNDER_AGE" in seen, "a child gets no signature certificate")
        elsewhere = refused_with("E_OFFICE_WRONG", lambda: world.apply(world.stranger(), AUTHENTICATION))
        seen.append(elsewhere.code)
        codes = " ".join(sorted(set(seen)))
        return self.say("every reason was shown: {codes}", codes=codes)

    @story_step("application", "S4-3.2b", "S4-4.1", title=message("Application and examination"))
    def application(self) -> str:
        world = self.world
        world.application = world.apply(world.citizen, AUTHENTICATION, SIGNATURE)
        check(world.refusal_codes(world.application) == [], "it can be issued")
        world.approve(world.application)
        return self.say(
            "application {number}: evidence copied and kept, examined, approved",
            number=world.application.number,
        )

    @story_step("cut", "S4-2.2", title=message("The card is pulled out while issuing"))
    def cut(self) -> str:
        world = self.world
        error = refused_with(
            "E_CARD_REMOVED",
            lambda: world.issue(world.application, lambda reader: PulledOut(reader, CUT_AFTER)),
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
        counter.hand_over(world.application, clerk=world.clerk, at=world.clock.now())
        number = issued[AUTHENTICATION].serial_number
        return self.say(
            "the same application went on: both (authentication {number}) until {expiry}",
            number=number,
            expiry=expected,
        )

    @story_step("status-good", "act/18", "act/37", title=message("The status service answers"))
    def good(self) -> str:
        response = self._ocsp("ocsp-good.der")
        check(response.certificate_status is read.OCSPCertStatus.GOOD, "the responder must say good")
        return self.say("the responder says: good")

    @story_step("login", "S1-E1.2", "S2-1.2", title=message("Logging in with the card"))
    def login(self) -> str:
        challenges = ChallengeStore(self.world.clock)
        logins = LoginVerifier(self.world.verifier(), challenges)
        nonce = challenges.issue(ORIGIN)
        token = self._token(nonce, ORIGIN)
        accepted = logins.verify(token, origin=ORIGIN, nonce=nonce)
        check(accepted.serial_number == self.world.record(AUTHENTICATION).serial_number, "whose login it is")
        refused_with("E_CHALLENGE_REPLAYED", lambda: logins.verify(token, origin=ORIGIN, nonce=nonce))
        other = challenges.issue(ORIGIN)
        elsewhere = self._token(other, "https://evil.example")
        refused_with("E_CHALLENGE_MISMATCH", lambda: logins.verify(elsewhere, origin=ORIGIN, nonce=other))
        self.world.keep("login-token.json", token + "\n")
        return self.say(
            "logged in to {origin} once; the replay and the answer for another site were refused\n"
            "nonce {nonce}",
            origin=ORIGIN,
            nonce=nonce,
        )

    @story_step("wrong-pin", "S1-E2.1a", title=message("A wrong PIN"))
    def wrong_pin(self) -> str:
        def try_wrong(session: object) -> None:
            from honnin.card.client.session import CardSession

            assert isinstance(session, CardSession)
            error = refused_with("E_PIN_WRONG", lambda: session.verify_pin(KeySlot.AUTHENTICATION, "0000"))
            check(error.context["tries_left"] == 2, "two tries must be left")
            refused_with("E_PIN_FORMAT", lambda: session.verify_pin(KeySlot.AUTHENTICATION, "１２３"))
            session.verify_pin(KeySlot.AUTHENTICATION, PINS[AUTHENTICATION])
            check(session.tries_left(KeySlot.AUTHENTICATION) == 3, "a right PIN resets the count")

        self.world.with_card(try_wrong)
        return self.say(
            "one wrong PIN left two tries, a malformed one cost none, the right one restored three"
        )

    @story_step(
        "loss",
        "S1-C5.1a",
        "S3-C3",
        "S4-9a",
        title=message("The card is lost: a call at any hour"),
    )
    def loss(self) -> str:
        world = self.world
        changed = record_notice_of_loss(
            world.citizen.person_code, operator=world.operator, at=world.clock.now()
        )
        check(len(changed) == 2, "both certificates are concerned")
        response = self._ocsp("ocsp-held.der")
        check(response.certificate_status is read.OCSPCertStatus.REVOKED, "the hold must be visible at once")
        check(response.revocation_reason is ReasonFlags.certificate_hold, "the reason is certificateHold")
        check(world.record(SIGNATURE).crl_reason == "keyCompromise", "the signature certificate is revoked")
        verifier = world.verifier()
        encoded = bytes(world.record(AUTHENTICATION).certificate)
        refused_with("E_CERT_HELD", lambda: verifier.verify_authentication_certificate(encoded))
        held = settings.HONNIN_PUBLICATION / "authentication.crl"
        world.keep("authentication-held.crl", held.read_bytes())
        return self.say(
            "the next OCSP answer says certificateHold; the signature certificate is revoked, as it could "
            "not be released"
        )

    @story_step("found", "S1-C5.1d", "S4-9b", title=message("The card is found"))
    def found(self) -> str:
        world = self.world
        refused_with(
            "E_HOLD_NOT_RELEASABLE",
            lambda: world.release(SIGNATURE),
        )
        world.release(AUTHENTICATION)
        response = self._ocsp("ocsp-released.der")
        check(response.certificate_status is read.OCSPCertStatus.GOOD, "released means good")
        return self.say(
            "the card was found; the hold on the user-authentication certificate was released at the counter"
        )

    @story_step("reissue", "S4-3.5", title=message("A new signature certificate"))
    def reissue(self) -> str:
        world = self.world
        duplicate = world.apply(world.citizen, AUTHENTICATION, SIGNATURE)
        check("E_DUPLICATE_CERT" in world.refusal_codes(duplicate), "one certificate of a kind is enough")
        counter.reject(duplicate, "利用者証明用は有効", clerk=world.clerk, at=world.clock.now())
        application = world.apply(world.citizen, SIGNATURE)
        world.approve(application)
        issued = world.issue(application)
        counter.hand_over(application, clerk=world.clerk, at=world.clock.now())
        for purpose, name in ((SIGNATURE, "signature"), (AUTHENTICATION, "authentication")):
            world.keep_certificate(f"{name}.pem", world.certificate(purpose))
        return self.say(
            "a new signature certificate ({number}); issuing twice was refused",
            number=issued[0].serial_number,
        )

    @story_step("sign", "S1-E1.1", "S4-11.2", title=message("A document is signed"))
    def sign(self) -> str:
        world = self.world
        day = format_era_date(world.today())
        lines = [
            f"{day}",
            "",
            "みほん県知事 様",
            "",
            "架空の補助金の交付を申請します。",
            "",
            f"申請者　{world.citizen.name}",
        ]
        lines += ["", "Test document: invented content, no legal effect."]
        document = sample_document("補助金交付申請書（見本）", lines)
        signed: list[bytes] = []

        def at_home(session: object) -> None:
            from honnin.card.client.session import CardSession

            assert isinstance(session, CardSession)
            now = world.clock.now()
            signed.append(sign_pdf(document, session, PINS[SIGNATURE], reason="申請", when=now))

        world.with_card(at_home)
        world.keep("signed.pdf", signed[0])
        return self.say("a PDF was signed with the card's key (PAdES)")

    @story_step("verify", "S4-2.3", title=message("The signature is verified"))
    def verify(self) -> str:
        world = self.world
        documents = DocumentVerifier(world.verifier())
        pdf = (world.out / "signed.pdf").read_bytes()
        four = documents.verify(pdf).signatures[0].holder.basic_four
        check(four == world.citizen.basic_four(), "the four attributes are the register's")
        spoilt = pdf.replace(b"595", b"596", 1)
        check(spoilt != pdf, "the document has a page size")
        refused_with("E_DOCUMENT_ALTERED", lambda: documents.verify(spoilt))
        return self.say(
            "good: {name}, born {birth_date}\n{address}; an altered copy was refused",
            name=four.name,
            birth_date=four.birth_date,
            address=four.address,
        )

    @story_step("audit", "act/16", "act/35", title=message("Everything agrees"))
    def audit(self) -> str:
        world = self.world
        self._keep_lists_and_card()
        result = audit_status(world.clock)
        check(not result.faults, "; ".join(result.faults))
        sign_journal(world.clock)
        proof = prove_journal()
        check(not proof.faults, "; ".join(proof.faults))
        return self.say(
            "records, journal, responder and lists agree on {certificates} certificates; "
            "{entries} journal entries are whole",
            certificates=result.certificates,
            entries=proof.entries,
        )

    def _keep_lists_and_card(self) -> None:
        world = self.world
        publish(world.clock)
        for name in ("signature.crl", "authentication.crl"):
            world.keep(name, (settings.HONNIN_PUBLICATION / name).read_bytes())
        shutil.copy2(world.card_path, world.out / "card.json")
        pins = {"signature": PINS[SIGNATURE], "authentication": PINS[AUTHENTICATION]}
        world.keep("pins.json", json.dumps(pins, indent=2) + "\n")

    def _ocsp(self, name: str) -> read.OCSPResponse:
        body = self.world.ocsp_answer(AUTHENTICATION)
        self.world.keep(name, body)
        return read.load_der_ocsp_response(body)

    def _token(self, nonce: str, origin: str) -> str:
        tokens: list[str] = []

        def at_home(session: object) -> None:
            from honnin.card.client.session import CardSession

            assert isinstance(session, CardSession)
            tokens.append(json.dumps(answer(nonce, origin, session, PINS[AUTHENTICATION]), indent=2))

        self.world.with_card(at_home)
        return tokens[0]
