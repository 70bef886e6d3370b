"""People in every state that a page is about, and what is sent to each page there is.

All of them are residents of みほん市 and have one name, birth date and address, by which what a page shows is
recognised.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse

from honnin.agency.hotline.models import Holder as Caller
from honnin.agency.revocation.services import hold, record_lapse
from honnin.card.transport.card_file import CardFile
from honnin.law.cards.pins import PinKind
from honnin.law.counter.notices import Item
from honnin.law.terms import LapseGround
from honnin.law.validity import Stay, StayStatus
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.procedures.renewal.envelope import order_inquiry
from honnin.municipality.residents.models import Resident
from honnin.simulator.brought import AUTHENTICATION, BY_PROXY
from tests.support.applications import mismatched
from tests.support.console import PIN_FIELDS, REQUEST, REVOCATION, Console, scan
from tests.support.town import PHOTO, Holder

NAME, BORN, ADDRESS = "標本　千代", date(1933, 8, 9), "みほん県みほん市標本町７－７－７"
_ENTRY: Mapping[str, Any] = {"name": NAME, "birth_date": BORN, "address": ADDRESS}
_NEW_PINS = {PinKind.SIGNATURE: "NEWPIN1", PinKind.USER_AUTHENTICATION: "8642"}
_TYPED_PINS = {f"{kind}_pin{again}": pin for kind, pin in _NEW_PINS.items() for again in ("", "_again")}
_MOVE = {"destination": "みほん県ためし市１", "moved_on": "2026-01-05", "confirmed": "1"}
_STAY = Stay(StayStatus.MEDIUM_OR_LONG_TERM, date(2026, 7, 21))
"""Of whom has a card whose certificates are due for renewal."""
_KNOWN_PINS = {
    "resident_register_known": "1234",
    "user_authentication_known": "1234",
    "signature_known": "ABC123",
}
_ABROAD = {"destination": "ドイツ", "moved_on": "2026-12-01", "confirmed": "1"}
_BIRTH = {
    "name": "標本　三郎",
    "kana": "ヒョウホン　サブロウ",
    "birth_date": "2026-06-01",
    "sex": "1",
    "relationship": "子",
    "confirmed": "1",
}
_DEATH = {"why": "death", "removed_on": "2026-01-05", "confirmed": "1"}
_NEWCOMER = {
    "person_code": "99000765432",
    "name": "例示　次郎",
    "kana": "レイジ　ジロウ",
    "birth_date": "1980-05-01",
    "sex": "1",
    "origin": "ほかの県ほかの市１",
    "left_on": "2026-06-01",
    "address": "みほん県みほん市見本町３",
    "moved_in_on": "2026-06-01",
    "confirmed": "1",
}
_COLLEAGUE = {"colleague-username": "jiro", "colleague-password": "a long enough password"}
_REASON = {"why": "official_inquiry", "explanation": "asked for at the window"}

MARKS: Mapping[str, tuple[str, ...]] = {
    "name": (NAME,),
    "birth date": ("1933", "昭和8"),
    "address": ("標本町",),
    "card number": ("TEST000",),
    "certificates": ("2030", "2026-07-21"),  # when they end
    "a copy": (PHOTO.decode("latin-1"),),
}
"""What personal data is recognised by on a page."""


@dataclass(frozen=True)
class Page:
    """One page or act: where it is, what is sent there, and whom it is about (None: nobody or everybody)."""

    name: str
    method: str
    address: str
    sent: Callable[[], Mapping[str, object]] = dict
    subject: Resident | None = None
    after: "Page | None" = None

    @property
    def label(self) -> str:
        """How the table names it."""
        name = self.name.replace(":", ": ").replace("_", " ")
        return f"{name}, sent" if self.method == "post" else name


def _changed(resident: Resident) -> dict[str, object]:
    """The form of a change of an entry, in which the household was typed over."""
    stands = {item.value: getattr(resident, item.value) or "" for item in Item}
    typed = {"notice": "request", "changed_on": "2026-06-01", "household": "42", "confirmed": "1"}
    return stands | typed


class Scene:
    """The people, and every page about them."""

    def __init__(self, console: Console) -> None:
        town = self._town = console.town
        self._cards = console.cards
        self.holder = self._with_card_file(town.with_certificates(**_ENTRY))
        self.held = self._with_card_file(town.with_certificates(**_ENTRY))
        hold(self.held.code, actor="hotline/denwa", at=town.clock.now())
        self.newcomer = town.move_in(**_ENTRY)
        self.examined = town.receive(town.holder(**_ENTRY).resident)
        ready = self._with_card_file(town.holder(**_ENTRY))
        self.approved = town.approved(ready.resident)
        forgetful = town.give_complete_card(town.move_in(**_ENTRY))
        town.issue(town.approved(forgetful.resident), forgetful.reader())
        self._with_card_file(forgetful)
        self.pins = town.approved(forgetful.resident, frozenset(), pins=frozenset(_NEW_PINS))
        self.pins_card = forgetful.card.state.card_number
        examined = self._due()
        self.unproved = town.received_renewal(examined.resident)
        self.unproved_card = self._with_card_file(examined).card.state.card_number
        self.due = self._due()
        self.renewal = town.received_renewal(self.due.resident)
        town.prove_pins(self.renewal, self.due.reader())
        self._with_card_file(self.due)
        town.approve(self.renewal)
        renewed = self._due()
        self.renewed = town.received_renewal(renewed.resident)
        town.approve(self.renewed)
        town.renew(self.renewed, renewed.reader())
        self.revocation = town.received_revocation(town.with_certificates(**_ENTRY).resident)
        town.approve(self.revocation)
        self.revoked = town.revoke(town.with_certificates(**_ENTRY).resident)
        self.sealed = town.received_renewal(self._due().resident, **BY_PROXY)
        town.approve(self.sealed)
        self.mismatched, self.asked = mismatched(town, self._due()), mismatched(town, self._due())
        User.objects.create_user("jiro", password=_COLLEAGUE["colleague-password"])
        order_inquiry(self.asked, clerk=town.clerk(), at=town.clock.now())
        town.post_letters()
        self.ready_card = ready.card.state.card_number
        self.issued = Application.objects.get(resident=self.holder.resident)
        gone = town.with_certificates(AUTHENTICATION, **_ENTRY)
        record_lapse(gone.code, LapseGround.REQUEST_OR_NOTICE, (), actor="test", at=town.clock.now())
        self.lapsed = Application.objects.get(resident=gone.resident)

    def _due(self) -> Holder:
        """Somebody whose certificates are due for renewal."""
        holder = self._town.give_complete_card(self._town.move_in(**_ENTRY), stay=_STAY)
        self._town.issue(self._town.approved(holder.resident), holder.reader())
        return holder

    def _with_card_file(self, holder: Holder) -> Holder:
        state = holder.card.state
        CardFile.create(self._cards / f"{state.card_number}.json", state).close()
        return holder

    @property
    def card_files(self) -> Path:
        return self._cards

    def pages(self) -> list[Page]:
        """Every page of the counter and of the telephone line, looked at and sent."""
        return [*self._of_residents(), *self._of_applications(), *self._of_holders()]

    def _of_residents(self) -> list[Page]:
        holder, held, new = self.holder.resident, self.held.resident, self.newcomer
        evidence = {"document_1": "driving_licence", "proxy_kind": ""}
        application = REQUEST | {"purposes": ["user_authentication"]}
        card = {"card": self.holder.card.state.card_number}
        found = {"card": self.held.card.state.card_number, "pin": "1234"}
        reason = about("counter:give_reason", "post", holder, sent=lambda: _REASON)
        revocation = REVOCATION | {"purposes": ["signature"]}
        return [
            Page("counter:residents", "get", reverse("counter:residents")),
            Page("counter:residents", "post", reverse("counter:residents"), lambda: {"text": NAME}),
            about("counter:resident", "get", holder),
            reason,
            replace(about("counter:resident", "get", holder), name="counter:resident after it", after=reason),
            about("counter:new_application", "get", new),
            about("counter:new_application", "post", new, sent=lambda: application | {"copy_1": scan()}),
            about("counter:new_pin_reset", "get", holder),
            about(
                "counter:new_pin_reset",
                "post",
                holder,
                sent=lambda: evidence | {"pins": ["signature"], "copy_1": scan()},
            ),
            about("counter:new_renewal", "get", holder),
            about("counter:new_renewal", "post", holder, sent=lambda: REQUEST | {"copy_1": scan()}),
            about("counter:paper_form", "get", holder, "revocation"),
            about("counter:release", "get", held),
            about("counter:release", "post", held, sent=lambda: found),
            about("counter:report_loss", "post", held),
            about("counter:new_revocation", "get", holder),
            about("counter:new_revocation", "post", holder, sent=lambda: revocation | {"copy_1": scan()}),
            about("counter:record_error", "get", holder),
            about("counter:confirm_record_error", "get", holder, "validity"),
            about("counter:confirm_record_error", "post", holder, "validity"),
            about("counter:change_address", "get", holder),
            about(
                "counter:change_address",
                "post",
                holder,
                sent=lambda: {"address": ADDRESS + "－１", "moved_on": "2026-06-01", "confirmed": "1"},
            ),
            Page("counter:move_in", "get", reverse("counter:move_in")),
            Page("counter:move_in", "post", reverse("counter:move_in"), lambda: _NEWCOMER),
            about("counter:change_entry", "get", holder),
            about("counter:change_entry", "post", holder, sent=lambda: _changed(holder)),
            about("counter:move_abroad", "get", holder),
            about("counter:move_abroad", "post", holder, sent=lambda: _ABROAD),
            about("counter:record_birth", "get", holder),
            about("counter:record_birth", "post", holder, sent=lambda: _BIRTH),
            about("counter:remove_entry", "get", holder),
            about("counter:remove_entry", "post", holder, sent=lambda: _DEATH),
            about("counter:move_out", "get", holder),
            about("counter:move_out", "post", holder, sent=lambda: _MOVE),
            *(about("counter:card_work", "get", holder, work) for work in ("update", "clear", "end")),
            *(
                about("counter:card_work", "post", holder, work, sent=lambda: card)
                for work in ("update", "clear", "end")
            ),
        ]

    def _of_applications(self) -> list[Page]:
        examined, issued = self.examined, self.issued
        corrected = {"purposes": ["user_authentication"], "papers": ["applicant/driving_licence"]}
        added = {"whose": "applicant", "document": "passport"}
        copy = examined.evidence.get()
        own, other = {"card": self.ready_card}, {"card": self.pins_card}
        due = {"card": self.due.card.state.card_number}
        unproved = {"card": self.unproved_card}
        return [
            Page("counter:applications", "get", reverse("counter:applications")),
            *(
                Page(f"counter:{name}", "get", reverse(f"counter:{name}"))
                for name in ("renewals_due", "envelopes", "inquiries")
            ),
            at("counter:application", "get", examined),
            at("counter:amend", "get", examined),
            at("counter:amend", "post", examined, sent=lambda: corrected),
            at("counter:withdraw", "post", examined, sent=lambda: {"because": "applicant"}),
            at("counter:evidence", "post", examined, sent=lambda: added | {"copy": scan()}),
            at("counter:evidence_copy", "get", examined, copy.public_id),
            at("counter:approve", "post", examined),
            at("counter:reject", "post", examined, sent=lambda: {"reason": "papers missing"}),
            at("counter:issue", "get", self.approved),
            at("counter:issue", "post", self.approved, sent=lambda: PIN_FIELDS | own),
            at("counter:set_pins", "get", self.pins),
            at("counter:set_pins", "post", self.pins, sent=lambda: _TYPED_PINS | other),
            at("counter:prove_pins", "get", self.unproved),
            at("counter:prove_pins", "post", self.unproved, sent=lambda: _KNOWN_PINS | unproved),
            at("counter:renew", "get", self.renewal),
            at("counter:renew", "post", self.renewal, sent=lambda: _KNOWN_PINS | due),
            at("counter:renewal_receipt", "get", self.renewed),
            at("counter:revoke", "get", self.revocation),
            at("counter:revoke", "post", self.revocation),
            at("counter:revocation_receipt", "get", self.revoked),
            at("counter:open_envelope", "get", self.sealed),
            at("counter:open_envelope", "post", self.sealed, sent=lambda: _COLLEAGUE),
            at("counter:order_inquiry", "post", self.mismatched),
            at("counter:note_answer", "post", self.asked),
            at("counter:receipt", "get", issued),
            at("counter:hand_over", "post", issued),
            at("counter:end", "post", self.lapsed),
        ]

    def _of_holders(self) -> list[Page]:
        resident = self.holder.resident
        caller = Caller.objects.get_or_create(person_code=resident.pk)[0]
        asked = {"name": NAME, "birth_date": BORN.isoformat(), "address": "標本町"}
        confirm, shown = (reverse(f"hotline:{name}", args=[caller.pk]) for name in ("confirm", "holder"))
        return [
            Page("hotline:search", "get", reverse("hotline:search")),
            Page("hotline:search", "post", reverse("hotline:search"), lambda: asked),
            Page("hotline:confirm", "get", confirm, subject=resident),
            Page("hotline:confirm", "post", confirm, subject=resident),
            Page("hotline:holder", "get", shown, subject=resident),
            Page("hotline:calls", "get", reverse("hotline:calls")),
        ]


def about(
    name: str,
    method: str,
    resident: Resident,
    *words: str,
    sent: Callable[[], Mapping[str, object]] = dict,
) -> Page:
    """A page about a resident; what comes behind the id in its address is part of its name."""
    label = f"{name} {words[0]}" if name == "counter:card_work" else name
    return Page(label, method, reverse(name, args=[resident.public_id, *words]), sent, resident)


def at(
    name: str,
    method: str,
    application: Application,
    *words: str,
    sent: Callable[[], Mapping[str, object]] = dict,
) -> Page:
    """A page about an application."""
    address = reverse(name, args=[application.number, *words])
    return Page(name, method, address, sent, application.resident)
