"""Terms article 10: a PIN that was forgotten or blocked is set again, at the counter, for whom it is due."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from honnin.law.cards.pins import PinKind
from honnin.law.counter.eligibility import CardFacts
from honnin.law.counter.identity import IdentityDocument, ProxyFacts, ProxyKind
from honnin.law.counter.pin_reset import PinResetFacts, refusals_to_reset_pins
from tests.law.specimen import AGENT, BORN, INQUIRY, MANDATED, NO_EVIDENCE, ON, PHOTO, evidence

CARD = CardFacts(expiry=date(2033, 5, 10))


def facts(**changes: Any) -> PinResetFacts:
    """An adult resident at the own counter, with card and licence, and both PINs forgotten."""
    usual: dict[str, Any] = {
        "pins": frozenset({PinKind.SIGNATURE, PinKind.USER_AUTHENTICATION}),
        "birth_date": BORN,
        "resident": True,
        "own_municipality": True,
        "card": CARD,
        "identity": PHOTO,
    }
    return PinResetFacts(**{**usual, **changes})


def codes(asked: PinResetFacts, on: date = ON) -> list[str]:
    return [refusal.code for refusal in refusals_to_reset_pins(asked, on)]


@pytest.mark.clause("S4-10.1", "S4-10.2")
@pytest.mark.parametrize("kind", set(PinKind) - {PinKind.CARD})
def test_whoever_is_identified_may_have_any_pin_set_again(kind: PinKind) -> None:
    assert codes(facts(pins=frozenset({kind}))) == []


def test_an_application_names_its_pins() -> None:
    assert codes(facts(pins=frozenset())) == ["E_FORM_INCOMPLETE"]


@pytest.mark.clause("S1-C2.2b", "S1-E2.2c", "S2-2.2b")
def test_only_at_the_counter_of_the_municipality_of_residence() -> None:
    assert codes(facts(own_municipality=False)) == ["E_OFFICE_WRONG"]
    assert codes(facts(resident=False, own_municipality=False)) == ["E_NOT_RESIDENT"]


@pytest.mark.clause("S4-10.3")
def test_documents_are_shown_copied_and_kept() -> None:
    licence = IdentityDocument.DRIVING_LICENCE
    for identity, code in (
        (NO_EVIDENCE, "E_ID_DOC_MISSING"),
        (evidence(IdentityDocument.HEALTH_INSURANCE), "E_ID_DOC_MISSING"),
        (evidence(licence, retained=False), "E_ID_DOC_NOT_RETAINED"),
    ):
        (refusal,) = refusals_to_reset_pins(facts(identity=identity), ON)
        assert (refusal.code, refusal.clauses) == (code, ("S4-10.3",))
    assert codes(facts(identity=INQUIRY)) == []


@pytest.mark.clause("S4-10.4")
def test_a_proxy_brings_a_mandate_and_own_documents() -> None:
    assert codes(facts(proxy=MANDATED, identity=INQUIRY)) == []
    bare = ProxyFacts(kind=ProxyKind.MANDATED, mandate=False, evidence=NO_EVIDENCE)
    refusals = refusals_to_reset_pins(facts(proxy=bare, identity=INQUIRY), ON)
    assert [(each.code, each.clauses) for each in refusals] == [
        ("E_PROXY_MANDATE_MISSING", ("S4-10.4",)),
        ("E_PROXY_ID_MISSING", ("S4-10.4",)),
    ]
    kept = replace(MANDATED, evidence=evidence(IdentityDocument.PASSPORT, retained=False))
    assert codes(facts(proxy=kept, identity=INQUIRY)) == ["E_ID_DOC_NOT_RETAINED"]


@pytest.mark.parametrize(
    ("on", "agent", "refused"),
    [
        (date(2024, 5, 9), False, ["E_AGENT_REQUIRED"]),
        (date(2024, 5, 9), True, []),
        (date(2024, 5, 10), False, []),
    ],
    ids=["14 years", "14 years, with the agent", "15 years"],
)
def test_for_a_child_under_15_the_statutory_agent_comes(on: date, agent: bool, refused: list[str]) -> None:
    child = facts(birth_date=date(2009, 5, 10), proxy=AGENT if agent else None)
    assert codes(child, on) == refused


@pytest.mark.clause("S1-C5.1b")
def test_the_card_is_there_valid_the_holders_own_and_not_lost() -> None:
    for changes, code in (
        ({"card": None}, "E_CARD_NONE"),
        ({"card": replace(CARD, valid=False)}, "E_CARD_INVALID"),
        ({"card": replace(CARD, belongs_to_applicant=False)}, "E_CARD_OTHERS"),
        ({"card": replace(CARD, without_pin=True)}, "E_CARD_WITHOUT_PIN"),
        ({"reported_lost": True}, "E_CARD_REPORTED_LOST"),
    ):
        assert codes(facts(**changes)) == [code]
    assert codes(facts(), CARD.expiry) == []
    assert codes(facts(), date(2033, 5, 11)) == ["E_CARD_EXPIRED"]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    wrong = facts(own_municipality=False, identity=NO_EVIDENCE, card=None, pins=frozenset())
    assert codes(wrong) == ["E_OFFICE_WRONG", "E_FORM_INCOMPLETE", "E_ID_DOC_MISSING", "E_CARD_NONE"]
