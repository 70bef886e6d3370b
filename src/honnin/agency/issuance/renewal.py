"""Renewing onto the card that its holder has: issuing in the place of what is there (terms 6, Act 6, 25).

    OPENING   SELECT, INITIALIZE UPDATE                    → the card proves its keys
    KEYS      EXTERNAL AUTHENTICATE, READ STATE, NEW KEYS  → the old ones are revoked, the new ones recorded
    WRITING   certificates, ACTIVATE                       → delivered

Until the keys arrive nothing has changed but that keys are pending on the card, beside the old ones, which
work; and the card makes none where a PIN cannot be used. Afterwards the same request writes what was recorded
then, and nothing else, however often it takes: by the stages of issuing, for what the card has by then is to
be known first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import ClassVar

from honnin.agency.card_channel.channel import OpenedCard
from honnin.agency.issuance.models import Stage
from honnin.agency.issuance.procedure import Issuing
from honnin.agency.issuance.renewal_permission import (
    Known,
    renewed,
    require_card_at_hand,
    require_renewable,
)
from honnin.agency.issuance.services import RENEWED, Order
from honnin.agency.records.journal import Act
from honnin.agency.records.models import IssuanceRecord, Person
from honnin.agency.records.queries import status_of
from honnin.agency.records.services import Change
from honnin.card.issuer import commands as card_commands
from honnin.card.issuer.commands import CardReport
from honnin.card.kinds.declaration import KeySlot
from honnin.clock import day_in_japan
from honnin.errors import Conflict, Refusal, Refused
from honnin.law.certificates.status import hand_over_refusals
from honnin.law.terms import Purpose
from honnin.wire.messages.card_updates import SLOT
from honnin.wire.messages.issuance import IssuanceStep


class Renewing(Issuing):
    """One request's view of a renewal."""

    begun: ClassVar[str] = "begin renewal"
    writing: ClassVar[str] = "write renewed certificates"
    finished: ClassVar[str] = "finish renewal"

    def to_write(self, records: Mapping[Purpose, IssuanceRecord]) -> list[Purpose]:
        """What stands of that which was recorded; before, what was applied for."""
        return [each for each in self.purposes if each in records] if self.row.recorded else self.purposes

    def records(self) -> dict[Purpose, IssuanceRecord]:
        """What this renewal brought and has not lapsed since.

        What lapsed alone, by a move or a report, keeps nobody from the rest. What is on hold is written too,
        for only with its key can the card sign for its release. Raises Conflict E_CERT_REVOKED or
        E_CERT_EXPIRED when nothing is left.
        """
        if not self.row.recorded:
            return {}
        today, records = day_in_japan(self.at), self.brought()
        statuses = {purpose: status_of(record, today) for purpose, record in records.items()}
        standing = {purpose: record for purpose, record in records.items() if statuses[purpose].stands}
        if not standing:
            raise Conflict(hand_over_refusals(statuses.values())[0].code)
        return standing

    def require_allowed(self) -> None:
        self.require()

    def require(self, reports: Person | None = None) -> None:
        """Raises Refused with what stands against renewing or, once that was recorded, against writing.

        `reports`: what was reported about the person, where that was just read. Else as `records`.
        """
        if self.row.recorded:
            require_card_at_hand(self.card, self.at)
            self.records()
        else:
            known = Known.now(self.row.person_code, reports)
            require_renewable(self.row, self.card, known, self.at)

    def questions(self) -> tuple[bytes, ...]:
        return () if self.row.recorded else (card_commands.new_keys(self._slots),)

    def asking(self) -> tuple[str, str]:
        return super().asking() if self.row.recorded else (Stage.KEYS, "ask card for keys")

    @property
    def _slots(self) -> list[KeySlot]:
        return [SLOT[purpose] for purpose in self.purposes]

    def keys_made(self) -> IssuanceStep:
        """Before the recording: the card has told its state, and made keys if the PINs can be used.

        Raises Refused E_PIN_LOCKED, else as `certify`.
        """
        if self.row.recorded:
            return self.keys_answered()
        opened = self.opened()
        self._require_usable_pins(opened.report)
        made = card_commands.public_keys(opened.answers[0], self._slots)
        return self.certify(opened.channel, {purpose: made[SLOT[purpose]] for purpose in self.purposes})

    def read(self, opened: OpenedCard) -> IssuanceStep:
        """Once it was recorded: from what the card holds."""
        with self.claimed_for_delivery():
            questions = self._key_questions(opened.report)
            return self.ask_for_keys(opened.channel, questions) if questions else self.done(self.records())

    def _require_usable_pins(self, report: CardReport) -> None:
        """Who can use the old keys can use the new ones. Raises Refused E_PIN_LOCKED."""
        slots = [report.slots[slot] for slot in self._slots]
        if not all(slot.pin_is_set and slot.tries_left for slot in slots):
            raise Refused(Refusal("E_PIN_LOCKED", ("S3-9", "S3-11")))

    def _require_free(self, records: Mapping[Purpose, IssuanceRecord]) -> None:
        """What is there is to be replaced: that it is due, the law was asked."""

    def replaced(self, person: Person) -> Iterable[tuple[IssuanceRecord, Change]]:
        """The certificates that are renewed, as long as none was.

        Raises Refused as `require_renewable`, which is asked once more: now nothing can be reported in
        between, and the day is that of the new ones.
        """
        if self.row.recorded:
            return ()
        known = Known.held(person)
        require_renewable(self.row, self.card, known, self.at)
        return [(record, RENEWED) for record in renewed(self.row, known, day_in_japan(self.at))]

    def order(self, lost: Mapping[Purpose, IssuanceRecord]) -> Order:
        not_after = {purpose: record.expiry_date for purpose, record in lost.items()}
        return replace(super().order(lost), renewal=True, not_after=not_after)

    def permissions(self) -> list[bytes]:
        """None: the PINs are the holder's, and stay."""
        return []

    def _keep(self, act: Act, fields: Mapping[str, object]) -> None:
        """The certificates are recorded with the step to their writing."""
        recorded = {"recorded": True} if fields["stage"] == Stage.WRITING else {}
        super()._keep(act, {**fields, **recorded})

    stages: ClassVar = {**Issuing.stages, Stage.KEYS: keys_made}
