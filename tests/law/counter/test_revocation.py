"""Terms 7: who has which certificate revoked, why, and on which evidence."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from honnin.law.certificates.lapse import HOLDERS_GROUNDS, crl_reason
from honnin.law.certificates.status import Status
from honnin.law.counter.channels import Channel
from honnin.law.counter.identity import IdentityDocument, ProxyKind
from honnin.law.counter.revocation import (
    RevocationFacts,
    WhyRevoked,
    ground_of,
    refusals_foreseen,
    refusals_to_revoke,
)
from honnin.law.terms import LapseGround, Purpose
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
    evidence,
)

GOOD = dict.fromkeys(Purpose, Status.GOOD)
FIFTEENTH = date(2024, 6, 3)
FAMILY = replace(MANDATED, kind=ProxyKind.HOUSEHOLD_MEMBER)


def facts(**changes: Any) -> RevocationFacts:
    """An adult resident at the own counter, with a licence and the signed form."""
    usual: dict[str, Any] = {
        "purposes": BOTH,
        "why": WhyRevoked.STOPS_USING,
        "present": GOOD,
        "birth_date": BORN,
        "resident": True,
        "own_municipality": True,
        "identity": PHOTO,
    }
    return RevocationFacts(**{**usual, **changes})


def codes(asked: RevocationFacts, on: date = ON) -> list[str]:
    return [refusal.code for refusal in refusals_to_revoke(asked, on)]


@pytest.mark.clause("S1-E5", "S2-5", "S4-7.1")
@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({}, []),
        *(({"why": why}, []) for why in WhyRevoked),
        ({"purposes": frozenset({SIGNATURE})}, []),
        ({"why": None}, ["E_FORM_INCOMPLETE"]),
        ({"form_received": False}, ["E_FORM_INCOMPLETE"]),
        ({"purposes": frozenset(), "form_received": False}, ["E_FORM_INCOMPLETE"]),
        ({"resident": False}, ["E_NOT_RESIDENT"]),
        ({"own_municipality": False}, ["E_OFFICE_WRONG"]),
        ({"channel": Channel.TELEPHONE}, ["E_REVOCATION_BY_TELEPHONE"]),
        ({"channel": Channel.ONLINE}, ["E_REVOCATION_UNSIGNED"]),
        ({"channel": Channel.POST}, ["E_CHANNEL_NOT_ALLOWED"]),
        ({"identity": NO_EVIDENCE}, ["E_ID_DOC_MISSING"]),
        ({"identity": replace(PHOTO, retained=False)}, ["E_ID_DOC_NOT_RETAINED"]),
        ({"identity": evidence(IdentityDocument.HEALTH_INSURANCE)}, ["E_ID_DOC_MISSING"]),
        ({"identity": INQUIRY}, []),
        ({"proxy": MANDATED, "identity": INQUIRY}, []),
        ({"proxy": MANDATED}, ["E_ID_DOC_MISSING"]),
        ({"proxy": FAMILY}, ["E_ID_DOC_MISSING"]),
        ({"proxy": FAMILY, "identity": INQUIRY}, []),
        ({"proxy": replace(MANDATED, mandate=False), "identity": INQUIRY}, ["E_PROXY_MANDATE_MISSING"]),
        ({"proxy": replace(MANDATED, evidence=NO_EVIDENCE), "identity": INQUIRY}, ["E_PROXY_ID_MISSING"]),
        ({"proxy": AGENT}, ["E_AGENT_UNKNOWN_TO_LAW"]),
        ({"proxy": AGENT, "adult_ward": True}, []),
        ({"adult_ward": True}, []),
    ],
)
def test_who_has_certificates_revoked_on_what(changes: dict[str, Any], refused: list[str]) -> None:
    assert codes(facts(**changes)) == refused


@pytest.mark.clause("S1-E5", "S2-5")
@pytest.mark.parametrize(
    ("present", "named", "refused"),
    [
        ({SIGNATURE: Status.REVOKED, AUTHENTICATION: Status.HELD}, BOTH, False),
        ({SIGNATURE: Status.REVOKED, AUTHENTICATION: Status.HELD}, {SIGNATURE}, True),
        ({SIGNATURE: Status.REVOKED, AUTHENTICATION: Status.EXPIRED}, BOTH, True),
        ({SIGNATURE: Status.EXPIRED, AUTHENTICATION: Status.GOOD}, BOTH, False),
        ({AUTHENTICATION: Status.GOOD}, {SIGNATURE}, True),
        ({AUTHENTICATION: Status.GOOD}, {AUTHENTICATION}, False),
        ({}, BOTH, True),
    ],
)
def test_something_named_must_stand_and_on_hold_it_does(
    present: dict[Purpose, Status], named: set[Purpose], refused: bool
) -> None:
    asked = facts(present=present, purposes=frozenset(named))
    expected = ["E_NOTHING_TO_REVOKE"] * refused
    assert codes(asked) == expected
    assert [each.code for each in refusals_foreseen(asked)] == expected


@pytest.mark.clause("S1-E5")
@pytest.mark.parametrize(("on", "refused"), [(date(2024, 6, 1), ["E_AGENT_REQUIRED"]), (FIFTEENTH, [])])
def test_for_a_child_under_15_the_statutory_agent_comes(on: date, refused: list[str]) -> None:
    child = facts(birth_date=date(2009, 6, 3))
    assert codes(child, on) == refused
    assert codes(replace(child, proxy=AGENT), on) == []


@pytest.mark.clause("S4-1.3.3", "S4-7.1", "S0-29", "act/10", "act/29")
def test_a_reason_gives_a_ground_and_three_kinds_of_compromise_stay_apart() -> None:
    grounds = {why: ground_of(why) for why in WhyRevoked}
    assert grounds == {
        WhyRevoked.STOPS_USING: LapseGround.REQUEST_OR_NOTICE,
        WhyRevoked.CARD_HANDED_IN: LapseGround.REQUEST_OR_NOTICE,
        WhyRevoked.CARD_LOST: LapseGround.KEY_LEAKED,
        WhyRevoked.KEY_KNOWN: LapseGround.KEY_LEAKED,
        WhyRevoked.KEY_GONE: LapseGround.KEY_LOST,
        WhyRevoked.KEY_DAMAGED: LapseGround.KEY_DAMAGED,
    }
    assert set(grounds.values()) == HOLDERS_GROUNDS - {LapseGround.KEY_COMPROMISE_NOTICE}
    reasons = {crl_reason(ground) for why, ground in grounds.items() if why in list(WhyRevoked)[2:]}
    assert reasons == {"keyCompromise"}
