"""The later part of the demo's story, on the story's own clock: a move, a marriage, a death, the last day."""

from datetime import datetime, timedelta

from honnin.clock import JAPAN
from honnin.law.certificates.status import Status
from honnin.law.counter.notices import Item, Notice
from honnin.law.terms import Purpose
from honnin.municipality.counter.procedures.change_entry.services import change_entry
from honnin.municipality.counter.procedures.removal.services import remove_entry
from honnin.municipality.residents.changes import EntryChanged
from honnin.simulator.demo.stage import check, refused_with
from honnin.simulator.demo.story_part import StoryPart, story_step
from honnin.simulator.onlooker import relying_party
from honnin.translation import message

AUTHENTICATION, SIGNATURE = Purpose.USER_AUTHENTICATION, Purpose.SIGNATURE
MARRIED_NAME = "婚姻"


class Later(StoryPart):
    """The steps that happen later."""

    @story_step("move", "S1-E3c", "S4-5.1.2", title=message("A year later: a move"))
    def moves(self) -> str:
        world = self.world
        world.clock.move_to(world.clock.now() + timedelta(days=400))
        world.town.move(world.citizen, "みほん県みほん市手本通９－９－９")
        self._only_the_signature_certificate_lapsed()
        world.issue(world.town.approved(world.citizen, frozenset({SIGNATURE})))
        same_day = world.record(SIGNATURE).expiry_date == world.record(AUTHENTICATION).expiry_date
        check(same_day, "the user-authentication certificate caps the new one")
        return self.say(
            "after a move only the signature certificate lapsed; its successor ends with the other one"
        )

    @story_step("marriage", "S2-3b", "S4-8.1.1", title=message("A marriage: another name"))
    def marries(self) -> str:
        world = self.world
        world.take_in_relative()
        world.clock.move_to(world.clock.now() + timedelta(days=30))
        world.citizen.refresh_from_db()
        given = world.citizen.name.partition("\u3000")[2]
        new = EntryChanged({Item.NAME: f"{MARRIED_NAME}\u3000{given}"}, Notice.MARRIAGE, world.today())
        change_entry(world.citizen, new, clerk=world.clerk, at=world.clock.now())
        world.citizen.refresh_from_db()
        self._only_the_signature_certificate_lapsed()
        world.issue(world.town.approved(world.citizen, frozenset({SIGNATURE})))
        return self.say(
            "the notice of marriage revoked the signature certificate; in the same visit one with the new "
            "name was issued"
        )

    def _only_the_signature_certificate_lapsed(self) -> None:
        world = self.world
        check(world.record(SIGNATURE).crl_reason == "affiliationChanged", "the signature certificate lapses")
        is_good = world.record(AUTHENTICATION).status == Status.GOOD
        check(is_good, "the user-authentication certificate does not")


class Ending(StoryPart):
    """The steps with which it ends."""

    @story_step("death", "S4-8.1.1", "act/12", "act/31", title=message("A death"))
    def dies(self) -> str:
        world = self.world
        world.relative.refresh_from_db()
        remove_entry(world.relative, world.today(), clerk=world.clerk, at=world.clock.now())
        for purpose in (SIGNATURE, AUTHENTICATION):
            check(world.record(purpose, world.relative).status == Status.REVOKED, "both are revoked")
        return self.say("the relative has died: both certificates were revoked with the entry's removal")

    @story_step("last-day", "S2-4.1a", "S3-2", title=message("The last day"))
    def last_day(self) -> str:
        world = self.world
        expiry = world.record(AUTHENTICATION).expiry_date
        encoded = bytes(world.record(AUTHENTICATION).certificate)
        world.clock.move_to(datetime(expiry.year, expiry.month, expiry.day, 23, 59, 59, tzinfo=JAPAN))
        relying_party(world.clock).verify_authentication_certificate(encoded)
        world.clock.move_to(world.clock.now() + timedelta(seconds=1))
        verifier = relying_party(world.clock)
        refused_with("E_CERT_EXPIRED", lambda: verifier.verify_authentication_certificate(encoded))
        return self.say("good until {expiry} 23:59:59 in Japan, expired one second later", expiry=expiry)
