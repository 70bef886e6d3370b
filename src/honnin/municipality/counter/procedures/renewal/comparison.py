"""The certificates there are beside those that come: numbers, days, and the reason of each day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from honnin.clock import day_in_japan
from honnin.law.terms import Purpose
from honnin.law.validity import ExpiryReason, expiry_reasons
from honnin.municipality.counter.applications.facts import brought_by, purposes_of
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.cards.outcomes import newest
from honnin.municipality.counter.cards.standing import standing, status_of
from honnin.municipality.counter.cards.wording import effect_badge, short_names
from honnin.municipality.counter.procedures.renewal.facts import expected_expiries
from honnin.municipality.counter.wording import Row, day
from honnin.wire.messages.certificates import CertificateState, PersonState

REASON = {
    ExpiryReason.FIFTH_BIRTHDAY: gettext_lazy("5th birthday after the day of issue"),
    ExpiryReason.SIXTH_BIRTHDAY: gettext_lazy("6th birthday after the day of issue"),
    ExpiryReason.CARD: gettext_lazy("Same day as the card"),
    ExpiryReason.AUTHENTICATION: gettext_lazy("Same day as the user-authentication certificate"),
}


@dataclass(frozen=True)
class _Side:
    """One certificate as a column shows it: its number (empty before it is issued), state and days."""

    number: str
    badge: tuple[object, str]
    issued_on: date
    expiry: date
    reasons: Sequence[ExpiryReason]
    stands: bool = True


def rows(application: Application, state: PersonState, today: date) -> list[Row]:
    """A row is `label`, and for `old` and `new` lines of `text`, some `badge`, `strong` or `small`.

    What both certificates have in common is one row.
    """
    certificates = _Certificates(application, state, today)
    old, new = certificates.present(), certificates.coming()
    names = short_names()
    asked = sorted(purposes_of(application))
    numbers: list[Row] = [
        {"label": names[each], "old": _number(old.get(each)), "new": _number(new.get(each))} for each in asked
    ]
    both: Mapping[Purpose, Row] = {
        each: {"old": _issued(old.get(each), today), "new": _issued(new.get(each), today)} for each in asked
    }
    until: Mapping[Purpose, Row] = {
        each: {"old": _until(old.get(each), today), "new": _until(new.get(each), None)} for each in asked
    }
    return [*numbers, *_together(_("Day of issue"), both), *_together(_("Valid until"), until)]


def _together(label: str, each: Mapping[Purpose, Row]) -> list[Row]:
    """One row where all say the same, else one for each certificate."""
    found = list(each.values())
    if all(row == found[0] for row in found):
        return [{"label": label, **row} for row in found[:1]]
    words, names = _("%(what)s (%(certificate)s)"), short_names()
    return [
        {"label": words % {"what": label, "certificate": names[purpose]}, **row}
        for purpose, row in each.items()
    ]


def _number(side: _Side | None) -> list[Row]:
    if side is None:
        return [{"text": "–"}]
    word, badge = side.badge
    number: list[Row] = [{"text": _("No. %(number)s") % {"number": side.number}}] if side.number else []
    return [*number, {"text": word, "badge": badge}]


def _issued(side: _Side | None, today: date) -> list[Row]:
    if side is None:
        return [{"text": "–"}]
    words = _("%(day)s, today") if side.issued_on == today else "%(day)s"
    return [{"text": words % {"day": day(side.issued_on)}}]


def _until(side: _Side | None, today: date | None) -> list[Row]:
    """`today` where it is said how many days are left, while it stands."""
    if side is None:
        return [{"text": "–"}]
    found: list[Row] = [{"text": day(side.expiry), "strong": True}]
    found += [{"text": REASON[reason], "small": True} for reason in side.reasons]
    left = (side.expiry - today).days if today else 0
    if today and side.stands:
        words = ngettext("%(days)s day left from today", "%(days)s days left from today", left)
        found.append({"text": words % {"days": left}, "small": True})
    return found


@dataclass(frozen=True)
class _Certificates:
    """Those of one application on a day: what is renewed, and what comes."""

    application: Application
    state: PersonState
    today: date

    def present(self) -> dict[Purpose, _Side]:
        """The certificates that are renewed, or were."""
        brought = brought_by(self.application, self.state)
        found = {
            purpose: _before(self.state, purpose, brought.get(purpose))
            or newest(self.state, purpose, self.today)
            for purpose in purposes_of(self.application)
        }
        return {purpose: self._side(each) for purpose, each in found.items() if each is not None}

    def coming(self) -> dict[Purpose, _Side]:
        """The new ones as they were recorded; before, as they would be if they were issued today."""
        if brought := brought_by(self.application, self.state):
            return {purpose: self._side(each) for purpose, each in brought.items()}
        expected, badge = expected_expiries(self.application, self.state, self.today), _("Not issued yet")
        authentication = expected.get(Purpose.USER_AUTHENTICATION) or self._authentication_expiry()
        return {
            purpose: _Side(
                number="",
                badge=(badge, "neutral"),
                issued_on=self.today,
                expiry=expiry,
                reasons=self._reasons(purpose, expiry, self.today, authentication),
            )
            for purpose, expiry in expected.items()
        }

    def _side(self, each: CertificateState) -> _Side:
        to_write = not each.delivered and each.application_number == self.application.number
        badge = (_("To be written to the card"), "warning") if to_write else effect_badge(each, self.today)
        issued_on = day_in_japan(each.issued_at)
        reasons = self._reasons(each.purpose, each.expiry_date, issued_on, self._authentication_expiry())
        stands = status_of(each, self.today).stands
        return _Side(str(each.serial_number), badge, issued_on, each.expiry_date, reasons, stands)

    def _authentication_expiry(self) -> date | None:
        present = standing(self.state, self.today).get(Purpose.USER_AUTHENTICATION)
        return present.expiry_date if present else None

    def _reasons(
        self, purpose: Purpose, expiry: date, issued_on: date, authentication_expiry: date | None
    ) -> Sequence[ExpiryReason]:
        card = next(iter(self.state.cards), None)
        return expiry_reasons(
            expiry,
            birth_date=self.application.resident.birth_date,
            issued_on=issued_on,
            card_expiry=card.expiry_date if card else None,
            authentication_expiry=authentication_expiry if purpose is Purpose.SIGNATURE else None,
        )


def _before(state: PersonState, purpose: Purpose, new: CertificateState | None) -> CertificateState | None:
    """The certificate that a recorded one took the place of."""
    if new is None:
        return None
    others = (each for each in state.certificates if each.purpose == purpose and each != new)
    return next(others, None)
