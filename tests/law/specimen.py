"""An application that may go through, from which each test takes one thing away. Invented persons only."""

from datetime import date
from typing import Any

from honnin.law.counter.eligibility import ApplicationFacts, CardFacts, refusals_to_issue
from honnin.law.counter.identity import Evidence, IdentityDocument, ProxyFacts, ProxyKind
from honnin.law.terms import Generation, Purpose

ON = date(2024, 6, 3)
BORN = date(1980, 5, 10)
SIGNATURE, AUTHENTICATION = Purpose.SIGNATURE, Purpose.USER_AUTHENTICATION
BOTH = frozenset(Purpose)

PHOTO = Evidence(documents=frozenset({IdentityDocument.DRIVING_LICENCE}), retained=True)
NO_EVIDENCE = Evidence()
INQUIRY = Evidence(
    documents=frozenset({IdentityDocument.INQUIRY_ANSWER, IdentityDocument.HEALTH_INSURANCE}), retained=True
)
AGENT = ProxyFacts(kind=ProxyKind.STATUTORY_AGENT, mandate=True, evidence=PHOTO)
MANDATED = ProxyFacts(kind=ProxyKind.MANDATED, mandate=True, evidence=PHOTO, seal_intact=True)


def evidence(*documents: IdentityDocument, retained: bool = True) -> Evidence:
    return Evidence(documents=frozenset(documents), retained=retained)


def application(**changes: Any) -> ApplicationFacts:
    """A first issue of both certificates to an adult resident at the own counter, with `changes`."""
    facts: dict[str, Any] = {
        "purposes": BOTH,
        "birth_date": BORN,
        "resident": True,
        "own_municipality": True,
        "card": CardFacts(expiry=date(2033, 5, 10)),
        "identity": PHOTO,
    }
    return ApplicationFacts(**{**facts, **changes})


def juki_application(**changes: Any) -> ApplicationFacts:
    """An application for the one certificate of a Juki card."""
    facts = {
        "generation": Generation.JUKI_CARD,
        "purposes": frozenset({SIGNATURE}),
        "card": CardFacts(expiry=date(2018, 1, 1)),
    }
    return application(**{**facts, **changes})


def codes(facts: ApplicationFacts, on: date = ON, **settings: int) -> list[str]:
    return [refusal.code for refusal in refusals_to_issue(facts, on, **settings)]
