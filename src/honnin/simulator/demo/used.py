"""Today, once there are certificates: they are used, lost and found; in the end everything agrees.

It happens at the instant the demo began, so that outside tools accept the evidence.
"""

import json
import shutil

from cryptography.x509 import ReasonFlags
from cryptography.x509 import ocsp as read
from django.conf import settings

from honnin.agency.publication.services import prove_journal, publish, sign_journal
from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.citizen.login import answer
from honnin.citizen.sample_document import sample_document
from honnin.citizen.signing import sign_pdf
from honnin.law.era import format_era_date
from honnin.law.terms import Purpose
from honnin.pin import Pin
from honnin.simulator.demo.stage import check, refused_with
from honnin.simulator.demo.story_part import StoryPart, story_step
from honnin.simulator.demo.world import PINS
from honnin.simulator.onlooker import answer_about, relying_party
from honnin.sites.audit.comparison import audit_status
from honnin.translation import message
from honnin.verifier.document import DocumentVerifier
from honnin.verifier.login import ChallengeStore, LoginVerifier

ORIGIN = "https://portal.honnin.example"
AUTHENTICATION, SIGNATURE = Purpose.USER_AUTHENTICATION, Purpose.SIGNATURE


class Used(StoryPart):
    """The steps from the first answer of the status service to the audit."""

    @story_step("status-good", "act/18", "act/37", title=message("The status service answers"))
    def good(self) -> str:
        response = self._ocsp("ocsp-good.der")
        check(response.certificate_status is read.OCSPCertStatus.GOOD, "the responder must say good")
        return self.say("the responder says: good")

    @story_step("login", "S1-E1.2", "S2-1.2", title=message("Logging in with the card"))
    def login(self) -> str:
        challenges = ChallengeStore(self.world.clock)
        logins = LoginVerifier(relying_party(self.world.clock), challenges)
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
        def try_wrong(session: CardSession) -> None:
            wrong, cut = Pin("0000"), Pin("１２３")
            error = refused_with("E_PIN_WRONG", lambda: session.verify_pin(KeySlot.AUTHENTICATION, wrong))
            check(error.context["tries_left"] == 2, "two tries must be left")
            refused_with("E_PIN_FORMAT", lambda: session.verify_pin(KeySlot.AUTHENTICATION, cut))
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
        changed = world.town.report_loss(world.citizen.person_code)
        check(len(changed) == 2, "both certificates are concerned")
        response = self._ocsp("ocsp-held.der")
        check(response.certificate_status is read.OCSPCertStatus.REVOKED, "the hold must be visible at once")
        check(response.revocation_reason is ReasonFlags.certificate_hold, "the reason is certificateHold")
        check(world.record(SIGNATURE).crl_reason == "keyCompromise", "the signature certificate is revoked")
        verifier = relying_party(world.clock)
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
        with world.holder() as holder:
            refused_with("E_HOLD_NOT_RELEASABLE", lambda: world.town.release(holder, SIGNATURE))
            world.town.release(holder, AUTHENTICATION)
        response = self._ocsp("ocsp-released.der")
        check(response.certificate_status is read.OCSPCertStatus.GOOD, "released means good")
        return self.say(
            "the card was found; the hold on the user-authentication certificate was released at the counter"
        )

    @story_step("reissue", "S4-3.5", title=message("A new signature certificate"))
    def reissue(self) -> str:
        world = self.world
        duplicate = world.town.receive(world.citizen)
        check("E_DUPLICATE_CERT" in world.town.refusals(duplicate), "one certificate of a kind is enough")
        world.town.reject(duplicate, "利用者証明用は有効")
        application = world.town.approved(world.citizen, frozenset({SIGNATURE}))
        issued = world.issue(application)
        world.town.hand_over(application)
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

        def at_home(session: CardSession) -> None:
            now = world.clock.now()
            signed.append(sign_pdf(document, session, PINS[SIGNATURE], reason="申請", when=now))

        world.with_card(at_home)
        world.keep("signed.pdf", signed[0])
        return self.say("a PDF was signed with the card's key (PAdES)")

    @story_step("verify", "S4-2.3", title=message("The signature is verified"))
    def verify(self) -> str:
        world = self.world
        documents = DocumentVerifier(relying_party(world.clock))
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
        pins = {"signature": PINS[SIGNATURE].text, "authentication": PINS[AUTHENTICATION].text}
        world.keep("pins.json", json.dumps(pins, indent=2) + "\n")

    def _ocsp(self, name: str) -> read.OCSPResponse:
        body = answer_about(self.world.record(AUTHENTICATION), self.world.clock)
        self.world.keep(name, body)
        return read.load_der_ocsp_response(body)

    def _token(self, nonce: str, origin: str) -> str:
        tokens: list[str] = []

        def at_home(session: CardSession) -> None:
            tokens.append(json.dumps(answer(nonce, origin, session, PINS[AUTHENTICATION]), indent=2))

        self.world.with_card(at_home)
        return tokens[0]
