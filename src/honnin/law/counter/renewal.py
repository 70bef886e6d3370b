"""Whether certificates may be renewed at the counter (terms 6, letter JD01): one question, all refusals.

A renewal is an issue with the old certificate revoked in the same procedure, so what stands against an issue
stands against it too and is asked of `eligibility`. Here is what a renewal has of its own: which certificates
are due, what the holder or a proxy brings, and what the paper of the proxy counts for. The PINs are in
`renewal_pins`. No fact tells of a face photo, and none of the expiry notice: neither is ever asked for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from honnin.errors import Refusal
from honnin.law.certificates.status import Status, status_on
from honnin.law.citation import cites
from honnin.law.counter import eligibility
from honnin.law.counter.channels import Channel
from honnin.law.counter.eligibility import ApplicationFacts, CardFacts, EffectiveCertificate
from honnin.law.counter.identity import Evidence, IdentityDocument, ProxyFacts, ProxyKind
from honnin.law.terms import Purpose
from honnin.law.validity import renewal_refusals

_REVOKED = Refusal("E_CERT_REVOKED", ("S4-6",))
_NOTHING = Refusal("E_NOTHING_TO_RENEW", ("S4-6",))
_OUTDATED = Refusal("E_CARD_OUTDATED", ("S3-8", "S1-C3"))
_NOT_COPIED = Refusal("E_ID_DOC_NOT_RETAINED", ("S4-3.2b",))


class Thing(StrEnum):
    """What is brought to a renewal."""

    CARD = "card"  # 申請者本人のマイナンバーカード
    SEALED_FORM = "sealed_form"  # 照会書兼回答書を封入封かんした封筒
    PROXY_PHOTO_DOCUMENT = "proxy_photo_document"  # 代理人の顔写真付き本人確認書類
    EXPIRY_NOTICE = "expiry_notice"  # 有効期限通知書


@dataclass(frozen=True, kw_only=True)
class PresentCertificate:
    """The holder's newest certificate of a purpose: its last day, and what is recorded of it."""

    expiry: date
    status: Status = Status.GOOD


@dataclass(frozen=True, kw_only=True)
class RenewalFacts:
    """All that the decision rests on, as established by register, agency, card and clerk.

    `purposes`: what is asked to be renewed. `present`: the newest certificate by purpose, in whatever state;
    a card may have one or none. `resident`, `own_municipality`, `resident_abroad`, `reported_lost`,
    `ward_override`, `found_false` and the substitutes as `eligibility.ApplicationFacts` has them.
    `card`: the card in the records; `card_presented`: it was put on the counter; `card_outdated`: it does not
    show the present entry of the register. `identity`: what is shown for the holder, by the holder or by the
    proxy, without the form in the envelope. `proxy.seal_intact`: None when no envelope came.
    """

    purposes: frozenset[Purpose]
    present: Mapping[Purpose, PresentCertificate]
    birth_date: date = field(repr=False)
    resident: bool
    own_municipality: bool
    card: CardFacts | None
    identity: Evidence
    card_presented: bool = True
    card_outdated: bool = False
    resident_abroad: bool = False
    channel: Channel = Channel.COUNTER
    reported_lost: bool = False
    proxy: ProxyFacts | None = None
    form_complete: bool = True
    terms_accepted: bool = True
    found_false: bool = False
    adult_ward: bool = False
    ward_override: bool = False
    substitutes_needed: bool = False
    substitutes_consented: bool = False


@cites("S3-13", "S3-14", "S3-P7")
def things_to_bring(*, by_proxy: bool) -> Mapping[Thing, bool]:
    """What is brought to a renewal, and whether it is needed; of a face photo it says nothing.

    The card is; the expiry notice helps and is not needed. A proxy brings a photo document of their own and
    the sealed envelope with the form besides.
    """
    if not by_proxy:
        return {Thing.CARD: True, Thing.EXPIRY_NOTICE: False}
    return {
        Thing.CARD: True,
        Thing.PROXY_PHOTO_DOCUMENT: True,
        Thing.SEALED_FORM: True,
        Thing.EXPIRY_NOTICE: False,
    }


@cites("S4-6", "S1-E4.2", "S2-4.2", "S1-E0")
def renewable(
    present: Mapping[Purpose, PresentCertificate], on: date, *, resident_abroad: bool = False
) -> frozenset[Purpose]:
    """The purposes whose certificate may be renewed on a day: effective, not on hold, and in its window.

    規約第6条 speaks of either certificate by itself: one may be due and the other not, or not be there.
    """
    return frozenset(
        purpose
        for purpose, each in present.items()
        if _status(each, on) is Status.GOOD and not renewal_refusals(each.expiry, on, resident_abroad)
    )


def refusals_to_renew(
    facts: RenewalFacts, on: date, *, signature_min_age: int = eligibility.SIGNATURE_MIN_AGE
) -> tuple[Refusal, ...]:
    """Every reason why the certificates cannot be renewed on a day, the PINs aside; empty when they can.

    A certificate that is not due refuses the renewal as it stands; without it, it may be free to go.
    """
    of_issue = eligibility.refusals_to_issue(_as_issue(facts, on), on, signature_min_age=signature_min_age)
    found = (*_form_refusals(facts), *of_issue, *_shown_card_refusals(facts), *_own_refusals(facts, on))
    return _each_once(facts, on, found)


def refusals_foreseen(facts: RenewalFacts, on: date) -> tuple[Refusal, ...]:
    """Of these the ones that nothing helps against that is shown or agreed to: told before anything is asked
    for. No `purposes` stand for every certificate that is due, and where none is, for those there are.
    """
    of_issue = eligibility.refusals_foreseen(_as_issue(facts, on), on)
    return _each_once(facts, on, (*of_issue, *_own_refusals(facts, on)))


def _asked(facts: RenewalFacts, on: date) -> frozenset[Purpose]:
    due = renewable(facts.present, on, resident_abroad=facts.resident_abroad)
    return facts.purposes or due or frozenset(facts.present) or frozenset(Purpose)


@cites("S3-6", "S3-7", "S3-16", "S3-P4")
def _as_issue(facts: RenewalFacts, on: date) -> ApplicationFacts:
    """The application for the new certificates: at the own counter, in person or by proxy, face to face.

    What was revoked has lapsed and is no certificate there; what has expired is told as expired.
    """
    purposes = _asked(facts, on)
    effective = {
        purpose: EffectiveCertificate(expiry=each.expiry, held=_status(each, on) is Status.HELD)
        for purpose, each in facts.present.items()
        if _status(each, on) is not Status.REVOKED
    }
    return ApplicationFacts(
        purposes=purposes,
        renewed=purposes,
        effective=effective,
        birth_date=facts.birth_date,
        resident=facts.resident,
        own_municipality=facts.own_municipality,
        resident_abroad=facts.resident_abroad,
        channel=facts.channel,
        card=facts.card,
        reported_lost=facts.reported_lost,
        identity=_shown_for_the_holder(facts),
        proxy=proxy_of_renewal(facts.proxy),
        form_complete=facts.form_complete,
        terms_accepted=facts.terms_accepted,
        found_false=facts.found_false,
        adult_ward=facts.adult_ward,
        ward_override=facts.ward_override,
        substitutes_needed=facts.substitutes_needed,
        substitutes_consented=facts.substitutes_consented,
    )


@cites("S3-6", "S3-P1", "S3-P7")
def proxy_of_renewal(proxy: ProxyFacts | None) -> ProxyFacts | None:
    """A proxy as a renewal takes one: what somebody brings is card, own photo document and sealed envelope.

    Our choice: the form in the envelope names the proxy, so that no other mandate is asked for, as the letter
    lists none. A member of the household brings the envelope like anybody else, for it is the moving notice
    that needs less. The statutory agent proves the agency and knows or sets the PINs: no envelope is needed.
    """
    if proxy is None or proxy.kind is ProxyKind.STATUTORY_AGENT:
        return proxy
    in_form = proxy.seal_intact is not None
    return replace(proxy, kind=ProxyKind.MANDATED, mandate=proxy.mandate or in_form)


def _shown_for_the_holder(facts: RenewalFacts) -> Evidence:
    """The form in the envelope (照会書兼回答書) answers an inquiry that reached the holder by post."""
    proxy = facts.proxy
    if proxy is None or proxy.seal_intact is None:
        return facts.identity
    return replace(facts.identity, documents=facts.identity.documents | {IdentityDocument.INQUIRY_ANSWER})


def _each_once(facts: RenewalFacts, on: date, found: Iterable[Refusal]) -> tuple[Refusal, ...]:
    """Each reason once, without what would be said wrongly of a renewal.

    Where something is there that was revoked, that is said, and not that there is nothing. No copy is made of
    a form that has PINs on it, so none is missing where nothing else was shown.
    """
    untrue = set()
    if _asked(facts, on) <= facts.present.keys():
        untrue.add(_NOTHING)
    if not facts.identity.documents:
        untrue.add(_NOT_COPIED)
    return tuple(dict.fromkeys(each for each in found if each not in untrue))


@cites("S3-15")
def _form_refusals(facts: RenewalFacts) -> tuple[Refusal, ...]:
    """電子証明書更新申請書 says which certificates; that it is complete is asked as of any form."""
    return () if facts.purposes else (Refusal("E_FORM_INCOMPLETE", ("S3-15",)),)


@cites("S3-13")
def _shown_card_refusals(facts: RenewalFacts) -> tuple[Refusal, ...]:
    """E_CARD_MISSING when there is a card and nobody brought it; the notice is not asked for."""
    missing = facts.card is not None and not facts.card_presented
    return (Refusal("E_CARD_MISSING", ("S3-13", "S3-P7")),) if missing else ()


@cites("S4-6")
def _own_refusals(facts: RenewalFacts, on: date) -> tuple[Refusal, ...]:
    """What of card and certificates no issue asks: new certificates go onto the holder's present card.

    E_CERT_REVOKED for what lapsed: no renewal, but a new issue. E_CARD_OUTDATED: our choice, for a change is
    written onto the card as soon as it is handed in, and at a renewal it is at hand.
    """
    usable = facts.card is not None and facts.card.valid and facts.card.belongs_to_applicant
    asked = [each for purpose, each in facts.present.items() if purpose in _asked(facts, on)]
    refusals = [_OUTDATED] * (usable and facts.card_outdated)
    refusals += [_REVOKED for each in asked if _status(each, on) is Status.REVOKED]
    return tuple(dict.fromkeys(refusals))


def _status(present: PresentCertificate, on: date) -> Status:
    return status_on(present.status, present.expiry, on)
