"""Whether certificates may be issued: one question, all refusals.

`refusals_to_issue(facts, on)` feeds the clerk's screen and the Organisation's decision alike, so that the
two cannot differ. It looks at facts others have established; it examines no person, and it does not say
whether quota, fee or appointment are settled, which are the counter's own conditions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from honnin.errors import Refusal
from honnin.law.calendar import age_on
from honnin.law.cards.permission import CardStanding, card_refusals
from honnin.law.citation import cites
from honnin.law.counter.channels import Applied, Channel, channel_refusals
from honnin.law.counter.identity import (
    Evidence,
    ProxyFacts,
    ProxyKind,
    agent_refusals,
    identity_refusals,
    proxy_refusals,
)
from honnin.law.counter.registration import Registration, registration_refusals
from honnin.law.terms import Generation, Purpose
from honnin.law.validity import renewal_refusals

_UNDER_AGE = Refusal("E_UNDER_AGE", ("practice/2",))

SIGNATURE_MIN_AGE = 15
JUKI_CERTIFICATES_FROM, JUKI_CERTIFICATES_UNTIL = date(2004, 1, 29), date(2015, 12, 22)
NUMBER_CARD_CERTIFICATES_FROM = date(2016, 1, 1)

_HELD = Refusal("E_CERT_HELD", ("S4-3.5",))
_LOST = Refusal("E_CARD_REPORTED_LOST", ("S1-C5.1b",))
_DUPLICATE = Refusal("E_DUPLICATE_CERT", ("S4-3.5",))


class OtherOfficeGround(StrEnum):
    """Why the counter of another municipality may take an application (Rules 11-2, 47-2)."""

    COLLECTED_BY_COMPANY = "collected_by_company"
    EVACUEE_OF_2011 = "evacuee_of_2011"
    VICTIM_OF_VIOLENCE = "victim_of_violence"
    COMPARABLE_CASE = "comparable_case"
    UNDER_ONE_YEAR = "under_one_year"  # 利用者証明用のみ


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """The card put on the counter. `without_pin`: a card whose PIN check is switched off (顔認証カード)."""

    expiry: date
    valid: bool = True
    belongs_to_applicant: bool = True
    without_pin: bool = False

    def standing(self, *, reported_lost: bool = False, held: bool = False) -> CardStanding:
        """The card with what was reported of it."""
        return CardStanding(
            expiry=self.expiry,
            valid=self.valid,
            belongs_to_applicant=self.belongs_to_applicant,
            reported_lost=reported_lost,
            held=held,
        )


@dataclass(frozen=True, kw_only=True)
class EffectiveCertificate:
    """A certificate of the applicant that has not lapsed; on hold it still counts as effective."""

    expiry: date
    held: bool = False


@dataclass(frozen=True, kw_only=True)
class ApplicationFacts:
    """All that the decision rests on, as established by register, card and clerk.

    `resident`: recorded in the Basic Resident Register, or, with `resident_abroad`, moved abroad and
    recorded in the supplement of the family register.
    `renewed`: purposes for which the old certificate is revoked in the same procedure.
    `effective`: the applicant's effective certificates by purpose. `reported_lost`: the card was reported
    lost by telephone, and the holder has not come to a counter since. `ward_override`: the clerk issues a
    signature certificate to an adult ward on examination. `found_false`: the clerk knows a statement to
    be untrue.
    """

    generation: Generation = Generation.NUMBER_CARD
    purposes: frozenset[Purpose]
    birth_date: date = field(repr=False)
    resident: bool
    own_municipality: bool
    card: CardFacts | None
    identity: Evidence
    resident_abroad: bool = False
    other_office_ground: OtherOfficeGround | None = None
    channel: Channel = Channel.COUNTER
    renewed: frozenset[Purpose] = frozenset()
    effective: Mapping[Purpose, EffectiveCertificate] = field(default_factory=dict)
    reported_lost: bool = False
    proxy: ProxyFacts | None = None
    form_complete: bool = True
    terms_accepted: bool = True
    found_false: bool = False
    adult_ward: bool = False
    ward_override: bool = False
    substitutes_needed: bool = False
    substitutes_consented: bool = False

    def __post_init__(self) -> None:
        if not self.purposes or self.renewed - self.purposes:
            raise ValueError("an application names its purposes, and renews nothing beside them")

    def asks_for(self, purpose: Purpose) -> bool:
        """Whether a certificate of this purpose is applied for."""
        return purpose in self.purposes


def may_sign(birth_date: date, on: date, *, min_age: int = SIGNATURE_MIN_AGE) -> bool:
    """Whether somebody is old enough for a signature certificate.

    Our choice, after the guideline that treats it like the registration of a seal: from 15 years. Neither the
    Act nor the terms draw this line.
    """
    return age_on(birth_date, on) >= min_age


def refusals_to_issue(
    facts: ApplicationFacts, on: date, *, signature_min_age: int = SIGNATURE_MIN_AGE
) -> tuple[Refusal, ...]:
    """Every reason why the certificates applied for cannot be issued on a day; empty when they can.

    `signature_min_age` is the operator's reading of the guideline, in years. A refusal for one purpose
    refuses the application as it stands; without that purpose it may be free to go.
    """
    found = (
        *_generation_refusals(facts, on),
        *_residence_refusals(facts, on),
        *_channel_refusals(facts),
        *_form_refusals(facts),
        *identity_refusals(facts.identity, facts.proxy),
        *proxy_refusals(facts.proxy),
        *_signature_person_refusals(facts, on, signature_min_age),
        *agent_refusals(
            facts.proxy,
            facts.birth_date,
            on,
            adult_ward=facts.adult_ward,
            ward_alone=facts.ward_override,
        ),
        *_substitute_refusals(facts),
        *_card_refusals(facts, on),
        *_certificate_refusals(facts, on),
    )
    return tuple(dict.fromkeys(found))


def refusals_foreseen(facts: ApplicationFacts, on: date) -> tuple[Refusal, ...]:
    """Of `refusals_to_issue` those that nothing helps against that is shown, agreed to or decided at the
    counter: who applies is told them before anything is asked for.
    """
    too_young = facts.asks_for(Purpose.SIGNATURE) and not may_sign(facts.birth_date, on)
    found = (
        *_residence_refusals(facts, on),
        *[_UNDER_AGE] * too_young,
        *_card_refusals(facts, on),
        *_certificate_refusals(facts, on),
    )
    return tuple(dict.fromkeys(found))


@cites("S0-8")
def _generation_refusals(facts: ApplicationFacts, on: date) -> tuple[Refusal, ...]:
    """Which generation issues when, and what: the Juki card carries one kind, for signatures.

    Juki card certificates were issued from 2004-01-29 to 2015-12-22, the Number Card's since 2016-01-01.
    """
    if facts.generation is Generation.NUMBER_CARD:
        early = on < NUMBER_CARD_CERTIFICATES_FROM
        return (Refusal("E_GENERATION_CLOSED", ("S4-2.2",)),) if early else ()
    refusals: tuple[Refusal, ...] = ()
    if not JUKI_CERTIFICATES_FROM <= on <= JUKI_CERTIFICATES_UNTIL:
        refusals += (Refusal("E_GENERATION_CLOSED", ("S0-8",)),)
    if facts.asks_for(Purpose.USER_AUTHENTICATION):
        refusals += (Refusal("E_PURPOSE_NOT_ALLOWED", ("S0-8",)),)
    return refusals


@cites("S4-2.1", "S4-3.1", "S1-E4.2", "S3-7", "S3-P4", "act/3", "act/22", "rules/11-2", "rules/47-2")
def _residence_refusals(facts: ApplicationFacts, on: date) -> tuple[Refusal, ...]:
    """規約第2条第1項・第3条第1項: recorded in the register, and at the counter of that municipality.

    Another municipality's counter takes an application on the grounds of Rules 11-2 and 47-2 only.
    """
    refusals: tuple[Refusal, ...] = () if facts.resident else registration_refusals(Registration.NEVER)
    if not facts.own_municipality and not _other_office_may(facts, on):
        refusals += (Refusal("E_OFFICE_WRONG", ("S4-3.1",)),)
    return refusals


def _other_office_may(facts: ApplicationFacts, on: date) -> bool:
    if facts.other_office_ground is OtherOfficeGround.UNDER_ONE_YEAR:
        return not facts.asks_for(Purpose.SIGNATURE) and age_on(facts.birth_date, on) < 1
    return facts.other_office_ground is not None


def _channel_refusals(facts: ApplicationFacts) -> tuple[Refusal, ...]:
    applied = Applied.RENEWAL if facts.renewed else Applied.ISSUE
    return channel_refusals(applied, facts.channel, juki_card=facts.generation is Generation.JUKI_CARD)


@cites("S4-3.4")
def false_application_refusals(found_false: bool) -> tuple[Refusal, ...]:
    """規約第3条第4項: no application may be false; that one is, is found by whoever examines it."""
    return (Refusal("E_FALSE_APPLICATION", ("S4-3.4",)),) if found_false else ()


@cites("S0-14", "S3-6", "S4-1.2", "S4-3.1", "S4-3.4")
def _form_refusals(facts: ApplicationFacts) -> tuple[Refusal, ...]:
    """The form is complete, not found to be false, the terms accepted (規約第1条第2項・第3条第1項・第4項).

    That it is true nothing here can tell: the facts say what was found. A renewal through a mandated proxy
    includes the inquiry and answer form in its envelope.
    """
    proxy = facts.proxy
    mandated = proxy is not None and proxy.kind is ProxyKind.MANDATED
    form_in_envelope = proxy is not None and proxy.seal_intact is not None
    refusals = [] if facts.form_complete else [Refusal("E_FORM_INCOMPLETE", ("S4-3.1",))]
    if facts.renewed and mandated and not form_in_envelope:
        refusals.append(Refusal("E_FORM_INCOMPLETE", ("S3-6",)))
    if not facts.terms_accepted:
        refusals.append(Refusal("E_TERMS_NOT_ACCEPTED", ("S4-1.2",)))
    return (*refusals, *false_application_refusals(facts.found_false))


@cites("practice/2")
def _signature_person_refusals(facts: ApplicationFacts, on: date, min_age: int) -> tuple[Refusal, ...]:
    """No signature certificate for the young and, unless the clerk decides otherwise, for adult wards.

    Our choice, after the guideline that treats it like the registration of a seal: `may_sign`, and a ward on
    examination by the clerk.
    """
    if not facts.asks_for(Purpose.SIGNATURE):
        return ()
    old_enough = may_sign(facts.birth_date, on, min_age=min_age)
    refusals: tuple[Refusal, ...] = () if old_enough else (_UNDER_AGE,)
    if facts.adult_ward and not facts.ward_override:
        refusals += (Refusal("E_ADULT_WARD", ("practice/2",)),)
    return refusals


@cites("S4-3.3")
def _substitute_refusals(facts: ApplicationFacts) -> tuple[Refusal, ...]:
    """規約第3条第3項: without consent to substitute characters no signature certificate.

    The user-authentication certificate carries no name and no address, and needs no consent.
    """
    needed = facts.substitutes_needed and facts.asks_for(Purpose.SIGNATURE)
    missing = needed and not facts.substitutes_consented
    return (Refusal("E_SUBSTITUTE_CONSENT", ("S4-3.3",)),) if missing else ()


@cites("S0-14", "S3-13", "S4-2.2", "rules/42")
def _card_refusals(facts: ApplicationFacts, on: date) -> tuple[Refusal, ...]:
    """規約第2条第2項: the applicant has a card (E_CARD_NONE), and it is their own, valid and unexpired.

    A card whose PIN check is switched off carries no signature certificate (規則第42条第3項).
    """
    card = facts.card
    if card is None:
        return (Refusal("E_CARD_NONE", ("S4-2.2", "S3-13")),)
    pin_needed = card.without_pin and facts.asks_for(Purpose.SIGNATURE)
    without_pin = [Refusal("E_CARD_WITHOUT_PIN", ("rules/42",))] * pin_needed
    return (*card_refusals(card.standing(), on), *without_pin)


@cites("S4-3.5", "S4-6", "S0-30", "act/6", "act/25")
def _certificate_refusals(facts: ApplicationFacts, on: date) -> tuple[Refusal, ...]:
    """No second certificate of a kind (規約第3条第5項); renewal in its window only (規約第6条).

    A certificate on hold is released or revoked first, whatever is applied for: the card is lost until then
    (our choice, as for a card reported lost). One that has expired or was revoked stands in
    nobody's way: after a loss and its revocation another is applied for (S0-30).
    """
    on_hold = any(each.held and on <= each.expiry for each in facts.effective.values())
    refusals: list[Refusal] = [*[_LOST] * facts.reported_lost, *[_HELD] * on_hold]
    for purpose in sorted(facts.purposes):
        present = facts.effective.get(purpose)
        if purpose in facts.renewed:
            refusals += _renewed_refusals(facts, present, on)
        elif present is not None and on <= present.expiry:
            refusals.append(_HELD if present.held else _DUPLICATE)
    return tuple(refusals)


def _renewed_refusals(
    facts: ApplicationFacts, present: EffectiveCertificate | None, on: date
) -> tuple[Refusal, ...]:
    if present is None:
        return (Refusal("E_NOTHING_TO_RENEW", ("S4-6",)),)
    held = (_HELD,) if present.held else ()
    window = renewal_refusals(present.expiry, on, facts.resident_abroad, generation=facts.generation)
    return (*held, *window)
