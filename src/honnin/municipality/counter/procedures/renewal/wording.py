"""The words for what an application for a renewal records, and for the old and the new certificates."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from honnin.errors import Refusal
from honnin.law.cards.pins import PinKind, pin_of_key
from honnin.law.counter.renewal import Thing, things_to_bring
from honnin.law.counter.renewal_checks import Check, checks_of_renewal
from honnin.law.counter.renewal_pins import PinProof, unasked
from honnin.law.fees import FeeOccasion, certificate_fee
from honnin.law.terms import Generation
from honnin.municipality.counter.applications.facts import purposes_of
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.counter.cards.outcomes import newest
from honnin.municipality.counter.cards.wording import PIN, rows_of_card, short_names
from honnin.municipality.counter.guards.staff import names_of
from honnin.municipality.counter.procedures.renewal.facts import (
    NO_ENVELOPE,
    NOT_SEALED,
    SEALED,
    by_form,
    proofs_of,
)
from honnin.municipality.counter.wording import Row, day, moment
from honnin.wire.messages.certificates import PersonState

_ENVELOPE = {
    NO_ENVELOPE: gettext_lazy("Not brought"),
    SEALED: gettext_lazy("Sealed"),
    NOT_SEALED: gettext_lazy("Not sealed, or opened"),
}
_PROOF = {
    PinProof.WANTED: (gettext_lazy("Not confirmed yet"), "info"),
    PinProof.NOT_KNOWN: (gettext_lazy("Not known"), "warning"),
    PinProof.BLOCKED: (gettext_lazy("Blocked"), "warning"),
    PinProof.PROVED: (gettext_lazy("Confirmed"), "success"),
    PinProof.SET_ANEW: (gettext_lazy("Set anew"), "success"),
    PinProof.MISMATCHED: (gettext_lazy("The form does not match"), "warning"),
}
_FORM = {PinKind.SIGNATURE: gettext_lazy("6 to 16 letters and digits")}
_AFTER = {
    PinProof.PROVED: gettext_lazy("Stays as it is"),
    PinProof.NOT_KNOWN: gettext_lazy("Set anew in the next step"),
    PinProof.BLOCKED: gettext_lazy("Set anew in the next step"),
    PinProof.MISMATCHED: gettext_lazy("A document inquiry follows"),
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
    words = ({"item": PIN[PinKind(kind)], "value": _PROOF[PinProof(kept[kind])][0]} for kind in kept)
    return _(", ").join(_("%(item)s: %(value)s") % each for each in words)


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


def pin_tiles(application: Application) -> list[dict[str, object]]:
    """Each PIN that the renewal needs: its name, what became of it, its form, and what follows."""
    examined = application.state == ApplicationState.UNDER_EXAMINATION and not by_form(application)
    tries = application.details.get("tries_told", {}) if examined else {}
    return [
        {
            "name": _name_of(kind),
            "state": _PROOF[proof][0],
            "badge": _PROOF[proof][1],
            "form": _FORM.get(kind, _("4 digits")),
            "then": _AFTER.get(proof) or _tries(tries.get(kind)),
            "wanted": examined and proof is PinProof.WANTED,
        }
        for kind, proof in proofs_of(application).items()
    ]


def _tries(left: int | None) -> str:
    """How many tries the card had left of a PIN when it last told, which costs none; None: it has not."""
    if left is None:
        return ""
    if not left:
        return _("Blocked: choose “Forgotten, or cannot be entered”, and it is set anew")
    return ngettext("%(left)s try left", "%(left)s tries left", left) % {"left": left}


def _name_of(kind: PinKind) -> str:
    """What a PIN is called beside the others."""
    names = {pin_of_key(purpose): name for purpose, name in short_names().items()}
    return names.get(kind, str(PIN[kind]))


def missing(application: Application) -> dict[str, object]:
    """What the decision still wants: the PINs nobody was asked for."""
    kinds = unasked(purposes_of(application), proofs_of(application))
    names = _(", ").join(_name_of(kind) for kind in kinds)
    title = ngettext(
        "Once this PIN is confirmed, the application can be accepted: %(pins)s",
        "Once these PINs are confirmed, the application can be accepted: %(pins)s",
        len(kinds),
    )
    return {"title": title % {"pins": names}, "one": kinds[0] if len(kinds) == 1 else ""}


def card_rows(application: Application, state: PersonState, today: date) -> list[Row]:
    """The card, without the certificates on it, which have a table of their own."""
    rows = rows_of_card(state, today)
    matches = not application.resident.card_outdated
    value, badge = (_("As in the register"), "") if matches else (_("Not as in the register"), "warning")
    return [*rows, {"label": _("Entry on the card"), "value": value, "badge": badge}] if state.cards else rows


def check_rows(
    application: Application, against: Sequence[Refusal], state: PersonState, today: date
) -> dict[str, object]:
    """What is checked before the application is accepted, and how much of it is."""
    fee = certificate_fee(Generation.NUMBER_CARD, FeeOccasion.RENEWAL)
    proxied = by_form(application)
    codes = {each.code for each in against}
    left = () if proxied else unasked(purposes_of(application), proofs_of(application))
    if left:
        codes.add("E_PIN_UNPROVED")
    checks = checks_of_renewal(codes, by_form=proxied, free=fee == 0)
    words = _check_words(application, state, today, len(left))
    return {
        "checks": [{"label": words[each], "done": done} for each, done in checks.items()],
        "number": sum(checks.values()),
        "total": len(checks),
    }


def _check_words(
    application: Application, state: PersonState, today: date, pins_left: int
) -> Mapping[Check, str]:
    present = (newest(state, purpose, today) for purpose in purposes_of(application))
    days = min(((each.expiry_date - today).days for each in present if each), default=0)
    copies = application.evidence.count()
    return {
        Check.WINDOW: ngettext(
            "Time of renewal (%(days)s day left)", "Time of renewal (%(days)s days left)", days
        )
        % {"days": days}
        if days >= 0
        else _("Time of renewal"),
        Check.IDENTITY: ngettext(
            "Identity (%(copies)s copy kept)", "Identity (%(copies)s copies kept)", copies
        )
        % {"copies": copies},
        Check.EFFECT: _("Card and certificates in effect"),
        Check.REGISTER: _("Register and card agree"),
        Check.FORM: _("Application form and terms"),
        Check.FEE: _("Fee (a renewal is free)"),
        Check.PINS: ngettext("PINs (%(pins)s to go)", "PINs (%(pins)s to go)", pins_left)
        % {"pins": pins_left}
        if pins_left
        else _("PINs"),
        Check.ENVELOPE: _("Envelope with the inquiry form, sealed"),
    }
