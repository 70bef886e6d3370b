"""Terms art. 3, with arts. 1(2), 2 and 6: who may be issued certificates. Every refusal, not the first."""

from dataclasses import replace
from datetime import date

import pytest

from honnin.law.catalogue import is_known
from honnin.law.counter.channels import Channel
from honnin.law.counter.eligibility import (
    CardFacts,
    EffectiveCertificate,
    OtherOfficeGround,
    refusals_to_issue,
)
from honnin.law.counter.identity import Evidence, IdentityDocument, ProxyFacts
from honnin.law.terms import Purpose
from tests.law.specimen import (
    AGENT,
    AUTHENTICATION,
    BORN,
    BOTH,
    INQUIRY,
    MANDATED,
    NO_EVIDENCE,
    ON,
    PHOTO,
    SIGNATURE,
    application,
    codes,
    evidence,
)

ONLY_SIGNATURE, ONLY_AUTHENTICATION = frozenset({SIGNATURE}), frozenset({AUTHENTICATION})
CARD = CardFacts(expiry=date(2033, 5, 10))


def test_a_complete_application_is_not_refused() -> None:
    assert codes(application()) == []


@pytest.mark.clause("S4-2.1", "act/3", "act/22")
def test_only_persons_in_the_register() -> None:
    assert codes(application(resident=False)) == ["E_NOT_RESIDENT"]


@pytest.mark.clause("S4-3.1", "S1-E4.2", "S3-7", "S3-P4")
@pytest.mark.parametrize("renewed", [frozenset(), BOTH])
def test_only_at_the_counter_of_the_municipality_of_residence(renewed: frozenset[Purpose]) -> None:
    effective = dict.fromkeys(renewed, EffectiveCertificate(expiry=date(2024, 7, 1)))
    facts = application(own_municipality=False, renewed=renewed, effective=effective)
    assert codes(facts) == ["E_OFFICE_WRONG"]


@pytest.mark.clause("S3-P4")
def test_a_proxy_too_goes_to_the_applicants_municipality() -> None:
    assert codes(application(own_municipality=False, proxy=MANDATED, identity=INQUIRY)) == ["E_OFFICE_WRONG"]


@pytest.mark.clause("rules/11-2", "rules/47-2")
@pytest.mark.parametrize(
    "ground",
    [
        OtherOfficeGround.COLLECTED_BY_COMPANY,
        OtherOfficeGround.EVACUEE_OF_2011,
        OtherOfficeGround.VICTIM_OF_VIOLENCE,
        OtherOfficeGround.COMPARABLE_CASE,
    ],
)
def test_another_municipality_on_the_grounds_of_the_rules(ground: OtherOfficeGround) -> None:
    assert codes(application(own_municipality=False, other_office_ground=ground)) == []


@pytest.mark.clause("rules/47-2")
@pytest.mark.parametrize(
    ("birth_date", "purposes", "refused"),
    [
        (date(2023, 6, 4), ONLY_AUTHENTICATION, False),
        (date(2023, 6, 3), ONLY_AUTHENTICATION, True),
        (date(2023, 6, 4), BOTH, True),
    ],
)
def test_another_municipality_for_an_infant_and_authentication_only(
    birth_date: date, purposes: frozenset[Purpose], refused: bool
) -> None:
    facts = application(
        own_municipality=False,
        other_office_ground=OtherOfficeGround.UNDER_ONE_YEAR,
        birth_date=birth_date,
        purposes=purposes,
        proxy=AGENT,
    )
    assert ("E_OFFICE_WRONG" in codes(facts)) is refused


@pytest.mark.clause("S4-3.1")
@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        (Channel.COUNTER, []),
        (Channel.CARD_APPLICATION, []),
        (Channel.ONLINE, ["E_CHANNEL_NOT_ALLOWED"]),
        (Channel.POST, ["E_CHANNEL_NOT_ALLOWED"]),
        (Channel.KIOSK, ["E_CHANNEL_NOT_ALLOWED"]),
    ],
)
def test_two_channels_for_a_first_issue(channel: Channel, expected: list[str]) -> None:
    assert codes(application(channel=channel)) == expected


@pytest.mark.clause("S3-16")
@pytest.mark.parametrize("channel", [c for c in Channel if c is not Channel.COUNTER])
def test_a_renewal_is_made_at_the_counter_only(channel: Channel) -> None:
    effective = dict.fromkeys(BOTH, EffectiveCertificate(expiry=date(2024, 7, 1)))
    assert codes(application(renewed=BOTH, effective=effective)) == []
    assert codes(application(renewed=BOTH, effective=effective, channel=channel)) == ["E_CHANNEL_NOT_ALLOWED"]


@pytest.mark.clause("S4-3.1", "S0-14")
def test_the_form_is_complete() -> None:
    assert codes(application(form_complete=False)) == ["E_FORM_INCOMPLETE"]


@pytest.mark.clause("S4-1.2")
def test_the_terms_are_accepted() -> None:
    assert codes(application(terms_accepted=False)) == ["E_TERMS_NOT_ACCEPTED"]


@pytest.mark.clause("S4-3.4")
def test_an_application_known_to_be_false_is_refused() -> None:
    assert codes(application(found_false=True)) == ["E_FALSE_APPLICATION"]


@pytest.mark.clause("S4-3.2a")
def test_without_identity_documents_nothing_is_issued() -> None:
    assert codes(application(identity=NO_EVIDENCE)) == ["E_ID_DOC_MISSING"]


@pytest.mark.clause("S4-3.2b")
def test_without_copies_kept_nothing_is_issued() -> None:
    assert codes(application(identity=replace(PHOTO, retained=False))) == ["E_ID_DOC_NOT_RETAINED"]


@pytest.mark.clause("S4-3.2a", "S4-3.2b")
def test_an_insufficient_document_that_was_not_copied_lacks_both() -> None:
    facts = application(identity=evidence(IdentityDocument.PENSION_BOOK, retained=False))
    assert codes(facts) == ["E_ID_DOC_MISSING", "E_ID_DOC_NOT_RETAINED"]


@pytest.mark.clause("S4-3.3")
@pytest.mark.parametrize(
    ("needed", "consented", "purposes", "expected"),
    [
        (True, False, BOTH, ["E_SUBSTITUTE_CONSENT"]),
        (True, True, BOTH, []),
        (False, False, BOTH, []),
        (True, False, ONLY_AUTHENTICATION, []),
    ],
)
def test_without_consent_to_substitutes_no_signature_certificate(
    needed: bool, consented: bool, purposes: frozenset[Purpose], expected: list[str]
) -> None:
    facts = application(substitutes_needed=needed, substitutes_consented=consented, purposes=purposes)
    assert codes(facts) == expected


@pytest.mark.clause("S4-3.5", "act/6", "act/25")
@pytest.mark.parametrize("purpose", [SIGNATURE, AUTHENTICATION])
@pytest.mark.parametrize(("expiry", "expected"), [(ON, ["E_DUPLICATE_CERT"]), (date(2024, 6, 2), [])])
def test_no_second_certificate_of_a_kind_while_one_is_effective(
    purpose: Purpose, expiry: date, expected: list[str]
) -> None:
    assert codes(application(effective={purpose: EffectiveCertificate(expiry=expiry)})) == expected


@pytest.mark.clause("S4-3.5")
def test_a_certificate_of_the_other_kind_is_no_duplicate() -> None:
    effective = {AUTHENTICATION: EffectiveCertificate(expiry=date(2028, 5, 10))}
    assert codes(application(purposes=ONLY_SIGNATURE, effective=effective)) == []


@pytest.mark.clause("S4-3.5")
@pytest.mark.parametrize("renewed", [frozenset(), ONLY_AUTHENTICATION])
def test_a_certificate_on_hold_is_released_or_revoked_first(renewed: frozenset[Purpose]) -> None:
    effective = {AUTHENTICATION: EffectiveCertificate(expiry=date(2024, 7, 1), held=True)}
    facts = application(purposes=ONLY_AUTHENTICATION, effective=effective, renewed=renewed)
    assert codes(facts) == ["E_CERT_HELD"]


@pytest.mark.clause("S4-6")
@pytest.mark.parametrize(
    ("expiry", "abroad", "expected"),
    [
        (date(2024, 9, 3), False, ["E_WINDOW_CLOSED"]),
        (date(2024, 9, 2), False, []),
        (date(2024, 6, 3), False, []),
        (date(2024, 6, 2), False, ["E_CERT_EXPIRED"]),
        (date(2025, 6, 3), True, ["E_WINDOW_CLOSED"]),
        (date(2025, 6, 2), True, []),
    ],
)
def test_a_renewal_is_taken_in_its_window_only(expiry: date, abroad: bool, expected: list[str]) -> None:
    effective = {SIGNATURE: EffectiveCertificate(expiry=expiry)}
    facts = application(
        purposes=ONLY_SIGNATURE, renewed=ONLY_SIGNATURE, effective=effective, resident_abroad=abroad
    )
    assert codes(facts) == expected


@pytest.mark.clause("S4-6")
def test_what_is_not_there_cannot_be_renewed() -> None:
    effective = {AUTHENTICATION: EffectiveCertificate(expiry=date(2024, 7, 1))}
    assert codes(application(renewed=BOTH, effective=effective)) == ["E_NOTHING_TO_RENEW"]


@pytest.mark.clause("S4-2.2", "S3-13", "S0-14")
def test_the_card_is_brought() -> None:
    assert codes(application(card=None)) == ["E_CARD_NONE"]


@pytest.mark.clause("S4-2.2")
@pytest.mark.parametrize(
    ("card", "code"),
    [
        (replace(CARD, valid=False), "E_CARD_INVALID"),
        (replace(CARD, belongs_to_applicant=False), "E_CARD_OTHERS"),
        (replace(CARD, belongs_to_applicant=False, valid=False), "E_CARD_OTHERS"),
    ],
)
def test_the_card_is_valid_and_the_applicants_own(card: CardFacts, code: str) -> None:
    assert codes(application(card=card)) == [code]


@pytest.mark.clause("S4-2.2")
@pytest.mark.parametrize(("expiry", "expected"), [(ON, []), (date(2024, 6, 2), ["E_CARD_EXPIRED"])])
def test_the_card_is_not_expired(expiry: date, expected: list[str]) -> None:
    assert codes(application(card=CardFacts(expiry=expiry))) == expected


@pytest.mark.clause("rules/42")
@pytest.mark.parametrize(
    ("purposes", "expected"), [(BOTH, ["E_CARD_WITHOUT_PIN"]), (ONLY_AUTHENTICATION, [])]
)
def test_a_card_without_pin_check_carries_no_signature_certificate(
    purposes: frozenset[Purpose], expected: list[str]
) -> None:
    assert codes(application(card=replace(CARD, without_pin=True), purposes=purposes)) == expected


@pytest.mark.parametrize(
    ("birth_date", "purposes", "expected"),
    [
        (date(2009, 6, 4), BOTH, ["E_UNDER_AGE"]),
        (date(2009, 6, 3), BOTH, []),
        (date(2009, 6, 4), ONLY_AUTHENTICATION, []),
        (date(2024, 6, 3), ONLY_AUTHENTICATION, []),
    ],
)
def test_signature_certificates_from_the_age_of_15(
    birth_date: date, purposes: frozenset[Purpose], expected: list[str]
) -> None:
    facts = application(birth_date=birth_date, purposes=purposes, proxy=AGENT)
    assert codes(facts) == expected


def test_the_least_age_is_the_operators_reading() -> None:
    assert codes(application(birth_date=date(2006, 6, 4)), signature_min_age=18) == ["E_UNDER_AGE"]
    assert codes(application(birth_date=date(2006, 6, 3)), signature_min_age=18) == []


@pytest.mark.parametrize("proxy", [None, MANDATED])
def test_for_a_child_the_statutory_agent_applies(proxy: ProxyFacts | None) -> None:
    facts = application(
        birth_date=date(2015, 1, 1), purposes=ONLY_AUTHENTICATION, proxy=proxy, identity=INQUIRY
    )
    assert codes(facts) == ["E_AGENT_REQUIRED"]
    assert codes(replace(facts, proxy=AGENT)) == []


@pytest.mark.parametrize(
    ("birth_date", "expected"), [(date(2009, 6, 4), ["E_AGENT_REQUIRED"]), (date(2009, 6, 3), [])]
)
def test_from_the_age_of_15_a_person_applies_alone(birth_date: date, expected: list[str]) -> None:
    assert codes(application(birth_date=birth_date, purposes=ONLY_AUTHENTICATION)) == expected


def test_no_signature_certificate_for_an_adult_ward_unless_the_clerk_decides_otherwise() -> None:
    ward = application(adult_ward=True, proxy=AGENT)
    assert codes(ward) == ["E_ADULT_WARD"]
    assert codes(replace(ward, purposes=ONLY_AUTHENTICATION)) == []
    assert codes(replace(ward, ward_override=True, proxy=None)) == []


def test_for_a_ward_the_statutory_agent_applies() -> None:
    facts = application(adult_ward=True, purposes=ONLY_AUTHENTICATION)
    assert codes(facts) == ["E_AGENT_REQUIRED"]


@pytest.mark.clause("S4-3.6a")
def test_a_proxy_without_mandate() -> None:
    facts = application(proxy=replace(MANDATED, mandate=False), identity=INQUIRY)
    assert codes(facts) == ["E_PROXY_MANDATE_MISSING"]


@pytest.mark.clause("S4-3.6b")
@pytest.mark.parametrize("shown", [NO_EVIDENCE, evidence(IdentityDocument.HEALTH_INSURANCE), INQUIRY])
def test_a_proxy_without_an_own_photo_document(shown: Evidence) -> None:
    facts = application(proxy=replace(MANDATED, evidence=shown), identity=INQUIRY)
    assert codes(facts) == ["E_PROXY_ID_MISSING"]


@pytest.mark.clause("S4-3.6c")
def test_a_proxys_document_that_was_not_copied() -> None:
    facts = application(proxy=replace(MANDATED, evidence=replace(PHOTO, retained=False)), identity=INQUIRY)
    assert codes(facts) == ["E_ID_DOC_NOT_RETAINED"]


@pytest.mark.clause("S3-6")
def test_a_renewal_by_proxy_needs_the_form_in_its_envelope() -> None:
    effective = dict.fromkeys(BOTH, EffectiveCertificate(expiry=date(2024, 7, 1)))
    facts = application(renewed=BOTH, effective=effective, identity=INQUIRY, proxy=MANDATED)
    assert codes(facts) == []
    assert codes(replace(facts, proxy=replace(MANDATED, seal_intact=None))) == ["E_FORM_INCOMPLETE"]


def test_all_refusals_are_answered_together_each_once_and_with_known_clauses() -> None:
    facts = application(
        resident=False,
        own_municipality=False,
        channel=Channel.POST,
        form_complete=False,
        terms_accepted=False,
        found_false=True,
        identity=NO_EVIDENCE,
        proxy=replace(MANDATED, mandate=False, evidence=NO_EVIDENCE, seal_intact=False),
        birth_date=date(2010, 1, 1),
        adult_ward=True,
        card=CardFacts(expiry=date(2024, 1, 1), valid=False, without_pin=True),
        substitutes_needed=True,
        effective=dict.fromkeys(BOTH, EffectiveCertificate(expiry=date(2028, 1, 1))),
    )
    found = refusals_to_issue(facts, ON)
    assert [refusal.code for refusal in found] == [
        *("E_NOT_RESIDENT", "E_OFFICE_WRONG", "E_CHANNEL_NOT_ALLOWED", "E_FORM_INCOMPLETE"),
        *("E_TERMS_NOT_ACCEPTED", "E_FALSE_APPLICATION", "E_ID_DOC_MISSING", "E_PROXY_MANDATE_MISSING"),
        *("E_PROXY_ID_MISSING", "E_SEAL_BROKEN", "E_UNDER_AGE", "E_ADULT_WARD", "E_AGENT_REQUIRED"),
        *("E_SUBSTITUTE_CONSENT", "E_CARD_INVALID", "E_CARD_EXPIRED", "E_CARD_WITHOUT_PIN"),
        "E_DUPLICATE_CERT",
    ]
    assert all(is_known(clause) for refusal in found for clause in refusal.clauses)


@pytest.mark.parametrize(
    "names", [{"purposes": frozenset()}, {"purposes": ONLY_SIGNATURE, "renewed": ONLY_AUTHENTICATION}]
)
def test_an_application_names_its_purposes(names: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="names its purposes"):
        application(**names)


def test_the_facts_do_not_show_the_birth_date() -> None:
    facts = repr(application())
    assert "birth" not in facts
    assert str(BORN.year) not in facts
