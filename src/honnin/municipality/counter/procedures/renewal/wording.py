"""The words for what an application for a renewal records, and for the old and the new certificates."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.law.cards.pins import PinKind
from honnin.law.counter.renewal import Thing, things_to_bring
from honnin.law.counter.renewal_pins import PinProof
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.facts import brought_by, purposes_of
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.cards.outcomes import newest
from honnin.municipality.counter.cards.wording import PIN, short_names
from honnin.municipality.counter.guards.staff import names_of
from honnin.municipality.counter.procedures.renewal.facts import (
    NO_ENVELOPE,
    NOT_SEALED,
    SEALED,
    proofs_of,
)
from honnin.municipality.counter.wording import Row, day, moment
from honnin.wire.messages.certificates import CertificateState, PersonState

_ENVELOPE = {
    NO_ENVELOPE: gettext_lazy("Not brought"),
    SEALED: gettext_lazy("Sealed"),
    NOT_SEALED: gettext_lazy("Not sealed, or opened"),
}
_PROOF = {
    PinProof.WANTED: (gettext_lazy("Not confirmed yet"), "neutral"),
    PinProof.PROVED: (gettext_lazy("Confirmed"), "success"),
    PinProof.SET_ANEW: (gettext_lazy("Set anew"), "success"),
    PinProof.MISMATCHED: (gettext_lazy("The form does not match"), "warning"),
}


_THING = {
    Thing.CARD: gettext_lazy("The card"),
    Thing.SEALED_FORM: gettext_lazy("The envelope with the inquiry form, sealed"),
    Thing.PROXY_PHOTO_DOCUMENT: gettext_lazy("A document of the proxy with a photograph"),
    Thing.EXPIRY_NOTICE: gettext_lazy("The expiry notice"),
}


def brings() -> list[Row]:
    """What a holder and a proxy bring, and what helps only; a photograph is not among it."""
    words = ((_("The holder brings"), False), (_("A proxy brings"), True))
    return [{"label": label, "value": _brought(by_proxy=by_proxy)} for label, by_proxy in words]


def _brought(*, by_proxy: bool) -> str:
    things = things_to_bring(by_proxy=by_proxy)
    needed = _(", ").join(str(_THING[each]) for each, is_needed in things.items() if is_needed)
    helps = _(", ").join(str(_THING[each]) for each, is_needed in things.items() if not is_needed)
    return _("%(needed)s. Not needed, but helpful: %(helps)s") % {"needed": needed, "helps": helps}


def yes_or_no(value: object) -> str:
    return _("Yes") if value else _("No")


def envelope(value: str) -> object:
    return _ENVELOPE[value]


def proofs(kept: Mapping[str, str]) -> str:
    return _(", ").join(f"{PIN[PinKind(kind)]}: {_PROOF[PinProof(kept[kind])][0]}" for kind in kept)


def opened_by(user_names: Sequence[str]) -> str:
    names = names_of(user_names)
    return _(", ").join(names.get(each, each) for each in user_names)


def opened_at(instant: str) -> str:
    return moment(datetime.fromisoformat(instant))


def inquiry(kept: Mapping[str, str]) -> str:
    """What became of a document inquiry, in words."""
    words = {
        "letter": kept["letter"],
        "ordered": day(date.fromisoformat(kept["ordered_on"])),
        "until": day(date.fromisoformat(kept["answer_by"])),
        "answered": day(date.fromisoformat(kept["answered_on"])) if kept.get("answered_on") else "",
    }
    if words["answered"]:
        return _("Letter %(letter)s, ordered %(ordered)s, answered %(answered)s") % words
    return _("Letter %(letter)s, ordered %(ordered)s, to be answered by %(until)s") % words


def envelope_rows(application: Application) -> list[Row]:
    """Who opened the envelope and when, and the document inquiry, as far as there are."""
    details, rows = application.details, list[Row]()
    if details.get("opened_by"):
        value = f"{opened_at(details['opened_at'])} {opened_by(details['opened_by'])}"
        rows.append({"label": _("Envelope opened"), "value": value})
    if details.get("inquiry"):
        rows.append({"label": _("Document inquiry"), "value": inquiry(details["inquiry"])})
    return rows


def proof_rows(application: Application) -> list[Row]:
    """What became of each PIN that the renewal needs."""
    found = ((PIN[kind], *_PROOF[proof]) for kind, proof in proofs_of(application).items())
    return [{"label": name, "value": word, "badge": badge} for name, word, badge in found]


def done_rows(application: Application) -> list[Row]:
    """Those of them that are proved or set anew."""
    return [row for row in proof_rows(application) if row["badge"] == "success"]


def brought_rows(application: Application) -> list[Row]:
    """What was brought, as far as the application says it."""
    details = application.details
    rows: list[Row] = [{"label": _("The card is here"), "value": yes_or_no(details.get("card_presented"))}]
    if application.proxy_kind:
        value = envelope(details.get("envelope", NO_ENVELOPE))
        rows.append({"label": _("Envelope with the inquiry form"), "value": value})
    if details.get("pins"):
        rows.append({"label": _("PINs"), "value": proofs(details["pins"])})
    return rows + envelope_rows(application)


def certificate_rows(
    application: Application, state: PersonState, expiries: Mapping[Purpose, date], today: date
) -> list[Row]:
    """Each certificate that is renewed: the one there is, and the one that comes.

    `expiries`: until when the new one would be valid, by purpose.
    """
    brought = brought_by(application, state)
    rows: list[Row] = []
    for purpose in sorted(purposes_of(application)):
        new = brought.get(purpose)
        old = _before(state, purpose, new) or newest(state, purpose, today)
        words = {"old": day(old.expiry_date) if old else "–", "new": _new(new, expiries.get(purpose))}
        value = _("Until now valid until %(old)s. New: %(new)s") % words
        rows.append({"label": short_names()[purpose], "value": value})
    return rows


def _before(state: PersonState, purpose: Purpose, new: CertificateState | None) -> CertificateState | None:
    """The certificate that a recorded one took the place of."""
    if new is None:
        return None
    others = (each for each in state.certificates if each.purpose == purpose and each != new)
    return next(others, None)


def _new(new: CertificateState | None, expiry: date | None) -> str:
    if new is not None:
        words = (
            _("valid until %(day)s, on the card")
            if new.delivered
            else _("valid until %(day)s, to be written to the card")
        )
        return words % {"day": day(new.expiry_date)}
    return _("valid until %(day)s, not issued yet") % {"day": day(expiry)} if expiry else "–"
