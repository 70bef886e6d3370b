"""From what the clerk entered and what others know to the facts that the law asks for."""

from honnin.law.cards.pins import PinKind
from honnin.law.counter.channels import Channel
from honnin.law.counter.identity import Evidence, IdentityDocument, ProxyFacts, ProxyKind
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.evidence.copies import paper
from honnin.municipality.counter.applications.models import Application, EvidenceCopy
from honnin.wire.messages.certificates import CertificateState, PersonState


def channel_of(application: Application) -> Channel:
    """How it has come; those of before it was asked were brought to the counter."""
    return Channel(application.details.get("came_by") or Channel.COUNTER)


def brought_by(application: Application, state: PersonState) -> dict[Purpose, CertificateState]:
    """The newest certificate of each purpose that an application brought, whatever became of it."""
    brought = (each for each in state.certificates if each.application_number == application.number)
    return {each.purpose: each for each in sorted(brought, key=lambda each: each.issued_at)}


def pins_of(application: Application) -> frozenset[PinKind]:
    """The PINs that are to be set again."""
    return frozenset(PinKind(kind) for kind in application.pins)


def purposes_of(application: Application) -> frozenset[Purpose]:
    """What was applied for."""
    chosen = {
        Purpose.SIGNATURE: application.signature,
        Purpose.USER_AUTHENTICATION: application.user_authentication,
    }
    return frozenset(purpose for purpose, asked in chosen.items() if asked)


def evidence_of(application: Application, whose: EvidenceCopy.Whose, documents: list[str]) -> Evidence:
    kept = {copy.document for copy in application.evidence.defer("content") if copy.whose == whose}
    counted = {each for each in documents if paper(whose, each) not in application.papers_set_aside}
    return Evidence(
        documents=frozenset(IdentityDocument(document) for document in counted),
        retained=kept >= counted,
    )


def proxy_of(application: Application) -> ProxyFacts | None:
    if not application.proxy_kind:
        return None
    mandate = any(
        copy.whose == EvidenceCopy.Whose.MANDATE
        and paper(copy.whose, copy.document) not in application.papers_set_aside
        for copy in application.evidence.defer("content")
    )
    return ProxyFacts(
        kind=ProxyKind(application.proxy_kind),
        mandate=mandate,
        evidence=evidence_of(application, EvidenceCopy.Whose.PROXY, application.proxy_documents),
    )
