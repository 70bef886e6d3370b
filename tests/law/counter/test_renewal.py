"""Terms 6 and the renewal letter: who may renew which certificate, with what, in person and by proxy."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from honnin.law.certificates.status import Status
from honnin.law.counter.channels import Channel
from honnin.law.counter.eligibility import CardFacts
from honnin.law.counter.identity import IdentityDocument, ProxyFacts, ProxyKind
from honnin.law.counter.renewal import (
    PresentCertificate,
    RenewalFacts,
    Thing,
    refusals_foreseen,
    refusals_to_renew,
    renewable,
    things_to_bring,
)
from honnin.law.terms import Purpose
from tests.law.specimen import (
    AGENT,
    AUTHENTICATION,
    BORN,
    BOTH,
    MANDATED,
    NO_EVIDENCE,
    ON,
    PHOTO,
    SIGNATURE,
    evidence,
)

EXPIRY = date(2024, 7, 10)
CARD = CardFacts(expiry=date(2029, 5, 10))
PRESENT = dict.fromkeys(BOTH, PresentCertificate(expiry=EXPIRY))
HOLDERS_CARD = evidence(IdentityDocument.NUMBER_CARD)
BY_PROXY = {"proxy": replace(MANDATED, mandate=False), "identity": HOLDERS_CARD}


def facts(**changes: Any) -> RenewalFacts:
    """An adult resident at the own counter, five weeks before both certificates end, card in hand."""
    usual: dict[str, Any] = {
        "purposes": BOTH,
        "present": PRESENT,
        "birth_date": BORN,
        "resident": True,
        "own_municipality": True,
        "card": CARD,
        "identity": HOLDERS_CARD,
    }
    return RenewalFacts(**{**usual, **changes})


def codes(asked: RenewalFacts, on: date = ON) -> list[str]:
    return [refusal.code for refusal in refusals_to_renew(asked, on)]


def foreseen(asked: RenewalFacts, on: date = ON) -> list[str]:
    return [refusal.code for refusal in refusals_foreseen(asked, on)]


def present(**states: PresentCertificate) -> dict[Purpose, PresentCertificate]:
    return {Purpose[name]: state for name, state in states.items()}


@pytest.mark.clause("S3-7", "S3-13", "S3-15")
def test_a_holder_with_the_card_and_nothing_else_renews() -> None:
    assert codes(facts()) == []
    assert foreseen(facts(purposes=frozenset(), identity=NO_EVIDENCE)) == []


@pytest.mark.clause("S3-13", "S3-14", "S3-P7")
def test_what_is_brought_and_nothing_asks_for_a_photo() -> None:
    assert things_to_bring(by_proxy=False) == {Thing.CARD: True, Thing.EXPIRY_NOTICE: False}
    needed = [thing for thing, needs in things_to_bring(by_proxy=True).items() if needs]
    assert needed == [Thing.CARD, Thing.PROXY_PHOTO_DOCUMENT, Thing.SEALED_FORM]
    assert not things_to_bring(by_proxy=True)[Thing.EXPIRY_NOTICE]


@pytest.mark.clause("S4-6", "S1-E4.2", "S2-4.2")
@pytest.mark.parametrize(
    ("on", "refused"),
    [
        (date(2024, 4, 10), ["E_WINDOW_CLOSED"]),
        (date(2024, 4, 11), []),
        (date(2024, 7, 10), []),
        (date(2024, 7, 11), ["E_CERT_EXPIRED"]),
    ],
    ids=["the day three months before", "the day after", "the last day", "the day after the last"],
)
def test_the_window(on: date, refused: list[str]) -> None:
    assert codes(facts(), on) == refused
    assert foreseen(facts(purposes=frozenset()), on) == refused
    assert renewable(PRESENT, on) == (frozenset() if refused else BOTH)


@pytest.mark.clause("S4-6")
def test_abroad_the_window_is_a_year() -> None:
    abroad = facts(resident_abroad=True)
    assert codes(abroad, date(2023, 7, 10)) == ["E_WINDOW_CLOSED"]
    assert codes(abroad, date(2023, 7, 11)) == []


@pytest.mark.clause("S1-E0", "S4-6")
@pytest.mark.parametrize(
    ("there", "due", "both_refused"),
    [
        ({}, [], ["E_NOTHING_TO_RENEW"]),
        (
            {"USER_AUTHENTICATION": PresentCertificate(expiry=EXPIRY)},
            [AUTHENTICATION],
            ["E_NOTHING_TO_RENEW"],
        ),
        ({"SIGNATURE": PresentCertificate(expiry=EXPIRY)}, [SIGNATURE], ["E_NOTHING_TO_RENEW"]),
        (
            {
                "SIGNATURE": PresentCertificate(expiry=EXPIRY),
                "USER_AUTHENTICATION": PresentCertificate(expiry=date(2026, 5, 10)),
            },
            [SIGNATURE],
            ["E_WINDOW_CLOSED"],
        ),
        (
            {
                "SIGNATURE": PresentCertificate(expiry=EXPIRY, status=Status.REVOKED),
                "USER_AUTHENTICATION": PresentCertificate(expiry=EXPIRY),
            },
            [AUTHENTICATION],
            ["E_CERT_REVOKED"],
        ),
        (
            {
                "SIGNATURE": PresentCertificate(expiry=date(2024, 6, 2)),
                "USER_AUTHENTICATION": PresentCertificate(expiry=EXPIRY),
            },
            [AUTHENTICATION],
            ["E_CERT_EXPIRED"],
        ),
        (
            {
                "SIGNATURE": PresentCertificate(expiry=EXPIRY, status=Status.REVOKED),
                "USER_AUTHENTICATION": PresentCertificate(expiry=EXPIRY, status=Status.HELD),
            },
            [],
            ["E_CERT_HELD", "E_CERT_REVOKED"],
        ),
        ({"SIGNATURE": PresentCertificate(expiry=EXPIRY, status=Status.REVOKED)}, [], ["E_CERT_REVOKED"]),
    ],
    ids=[
        "none",
        "authentication alone",
        "signature alone",
        "one due",
        "one revoked",
        "one expired",
        "held after a loss",
        "the only one revoked",
    ],
)
def test_each_certificate_is_due_by_itself(
    there: dict[str, PresentCertificate], due: list[Purpose], both_refused: list[str]
) -> None:
    found = present(**there)
    assert renewable(found, ON) == frozenset(due)
    if due:
        assert codes(facts(present=found, purposes=frozenset(due))) == []
        assert foreseen(facts(present=found, purposes=frozenset())) == []
    else:
        assert foreseen(facts(present=found, purposes=frozenset())) == both_refused
    both = codes(facts(present=found))
    assert both == (both_refused if len(found) != 1 or due else ["E_NOTHING_TO_RENEW", *both_refused])


def test_what_was_on_hold_when_it_ended_has_expired() -> None:
    held = dict.fromkeys(BOTH, PresentCertificate(expiry=date(2024, 6, 2), status=Status.HELD))
    assert codes(facts(present=held)) == ["E_CERT_EXPIRED"]


@pytest.mark.clause("S3-16")
@pytest.mark.parametrize("channel", [*Channel])
def test_face_to_face_alone(channel: Channel) -> None:
    refused = [] if channel is Channel.COUNTER else ["E_CHANNEL_NOT_ALLOWED"]
    assert codes(facts(channel=channel)) == refused
    by_post = refusals_to_renew(facts(channel=Channel.POST), ON)
    assert [each.clauses for each in by_post] == [("S3-16",)]


@pytest.mark.clause("S3-7", "S3-P4")
@pytest.mark.parametrize("others", [{}, BY_PROXY], ids=["in person", "by proxy"])
def test_at_the_counter_of_the_holders_municipality(others: dict[str, Any]) -> None:
    assert codes(facts(**others, own_municipality=False)) == ["E_OFFICE_WRONG"]
    assert foreseen(facts(**others, own_municipality=False)) == ["E_OFFICE_WRONG"]


@pytest.mark.clause("S3-13", "S4-2.2")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"card": None}, "E_CARD_NONE"),
        ({"card_presented": False}, "E_CARD_MISSING"),
        ({"card": replace(CARD, valid=False)}, "E_CARD_INVALID"),
        ({"card": replace(CARD, belongs_to_applicant=False)}, "E_CARD_OTHERS"),
        ({"card": replace(CARD, expiry=date(2024, 6, 2))}, "E_CARD_EXPIRED"),
        ({"card": replace(CARD, without_pin=True)}, "E_CARD_WITHOUT_PIN"),
        ({"card_outdated": True}, "E_CARD_OUTDATED"),
        ({"reported_lost": True}, "E_CARD_REPORTED_LOST"),
    ],
)
def test_onto_the_present_card(changes: dict[str, Any], code: str) -> None:
    assert codes(facts(**changes)) == [code]
    shown = code == "E_CARD_MISSING"
    assert foreseen(facts(**changes)) == ([] if shown else [code])


def test_nothing_is_said_of_a_card_that_is_not_this_holders() -> None:
    others = replace(CARD, belongs_to_applicant=False)
    assert codes(facts(card=others, card_outdated=True)) == ["E_CARD_OTHERS"]
    assert codes(facts(card=replace(CARD, expiry=ON))) == []


@pytest.mark.clause("S3-15")
def test_the_form_names_the_certificates_and_is_complete() -> None:
    assert codes(facts(purposes=frozenset())) == ["E_FORM_INCOMPLETE"]
    assert codes(facts(form_complete=False)) == ["E_FORM_INCOMPLETE"]
    assert codes(facts(terms_accepted=False)) == ["E_TERMS_NOT_ACCEPTED"]


@pytest.mark.clause("S4-3.2a", "S4-3.2b")
def test_identity_is_proved_in_person() -> None:
    assert codes(facts(identity=NO_EVIDENCE)) == ["E_ID_DOC_MISSING"]
    assert codes(facts(identity=evidence(IdentityDocument.HEALTH_INSURANCE))) == ["E_ID_DOC_MISSING"]
    uncopied = evidence(IdentityDocument.NUMBER_CARD, retained=False)
    assert codes(facts(identity=uncopied)) == ["E_ID_DOC_NOT_RETAINED"]


def test_for_a_child_the_agent_comes_without_an_envelope() -> None:
    child = {"birth_date": date(2012, 5, 10), "purposes": frozenset({AUTHENTICATION})}
    assert codes(facts(**child)) == ["E_AGENT_REQUIRED"]
    assert codes(facts(**child, proxy=AGENT)) == []
    assert codes(facts(birth_date=date(2012, 5, 10), proxy=AGENT)) == ["E_UNDER_AGE"]


@pytest.mark.clause("S3-6", "S3-P1", "S3-P7")
@pytest.mark.parametrize("kind", [ProxyKind.MANDATED, ProxyKind.HOUSEHOLD_MEMBER])
def test_a_proxy_brings_card_photo_document_and_sealed_form(kind: ProxyKind) -> None:
    proxy = ProxyFacts(kind=kind, mandate=False, evidence=PHOTO, seal_intact=True)
    assert codes(facts(proxy=proxy)) == []
    bare = codes(facts(proxy=replace(proxy, seal_intact=None)))
    assert bare == ["E_FORM_INCOMPLETE", "E_ID_DOC_MISSING", "E_PROXY_MANDATE_MISSING"]
    assert codes(facts(proxy=replace(proxy, seal_intact=False))) == ["E_SEAL_BROKEN"]
    health = evidence(IdentityDocument.HEALTH_INSURANCE)
    assert codes(facts(proxy=replace(proxy, evidence=health))) == ["E_PROXY_ID_MISSING"]
    uncopied = replace(proxy, evidence=evidence(IdentityDocument.PASSPORT, retained=False))
    assert codes(facts(proxy=uncopied)) == ["E_ID_DOC_NOT_RETAINED"]
    assert codes(facts(proxy=proxy, card_presented=False)) == ["E_CARD_MISSING"]


def test_of_a_form_with_pins_no_copy_is_asked_for() -> None:
    """Only what else was shown for the holder is copied; with nothing else shown, that is what is missing."""
    assert codes(facts(**BY_PROXY | {"identity": NO_EVIDENCE})) == ["E_ID_DOC_MISSING"]
    uncopied = evidence(IdentityDocument.NUMBER_CARD, retained=False)
    assert codes(facts(**BY_PROXY | {"identity": uncopied})) == ["E_ID_DOC_NOT_RETAINED"]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    wrong = facts(
        own_municipality=False,
        channel=Channel.ONLINE,
        identity=NO_EVIDENCE,
        card_presented=False,
        card_outdated=True,
        present={SIGNATURE: PresentCertificate(expiry=date(2026, 5, 10))},
        purposes=frozenset({SIGNATURE}),
    )
    assert codes(wrong) == [
        *("E_OFFICE_WRONG", "E_CHANNEL_NOT_ALLOWED", "E_ID_DOC_MISSING", "E_WINDOW_CLOSED"),
        *("E_CARD_MISSING", "E_CARD_OUTDATED"),
    ]
