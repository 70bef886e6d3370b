"""Rules 5, 41 and 75 with terms art. 3: which documents prove whom."""

from dataclasses import replace

import pytest

from honnin.law.counter.identity import (
    Evidence,
    IdentityDocument,
    ProxyFacts,
    ProxyKind,
    identity_refusals,
    proves_identity,
    proxy_refusals,
)
from tests.law.specimen import AGENT, INQUIRY, MANDATED, NO_EVIDENCE, PHOTO, evidence

WITHOUT_PHOTO = [
    IdentityDocument.INQUIRY_ANSWER,
    IdentityDocument.HEALTH_INSURANCE,
    IdentityDocument.PENSION_BOOK,
    IdentityDocument.BIRTH_NOTIFICATION,
    IdentityDocument.OTHER_DOCUMENT,
]


@pytest.mark.clause("S4-3.2a", "rules/5", "rules/41", "rules/75")
@pytest.mark.parametrize("document", list(IdentityDocument))
def test_one_document_suffices_exactly_when_it_has_a_photo(document: IdentityDocument) -> None:
    refusals = identity_refusals(evidence(document))
    assert (refusals == ()) is document.has_photo is (document not in WITHOUT_PHOTO)


@pytest.mark.clause("rules/5", "rules/41")
@pytest.mark.parametrize(
    ("documents", "proven"),
    [
        ({IdentityDocument.INQUIRY_ANSWER, IdentityDocument.HEALTH_INSURANCE}, True),
        ({IdentityDocument.INQUIRY_ANSWER, IdentityDocument.OTHER_DOCUMENT}, True),
        ({IdentityDocument.HEALTH_INSURANCE, IdentityDocument.PENSION_BOOK}, False),
        ({IdentityDocument.INQUIRY_ANSWER}, False),
        (set(), False),
    ],
)
def test_without_a_photo_the_answer_to_an_inquiry_and_one_more(
    documents: set[IdentityDocument], proven: bool
) -> None:
    assert proves_identity(frozenset(documents)) is proven


@pytest.mark.clause("S4-3.2b")
def test_what_was_shown_must_have_been_copied() -> None:
    refusals = identity_refusals(replace(PHOTO, retained=False))
    assert [refusal.code for refusal in refusals] == ["E_ID_DOC_NOT_RETAINED"]


@pytest.mark.clause("rules/5", "rules/41")
@pytest.mark.parametrize(
    ("kind", "shown", "refused"),
    [
        (ProxyKind.MANDATED, PHOTO, True),
        (ProxyKind.MANDATED, evidence(IdentityDocument.INQUIRY_ANSWER), True),
        (ProxyKind.MANDATED, INQUIRY, False),
        (ProxyKind.STATUTORY_AGENT, evidence(IdentityDocument.BIRTH_NOTIFICATION), False),
        (ProxyKind.HOUSEHOLD_MEMBER, evidence(IdentityDocument.HEALTH_INSURANCE), False),
        (ProxyKind.STATUTORY_AGENT, NO_EVIDENCE, True),
        (ProxyKind.HOUSEHOLD_MEMBER, NO_EVIDENCE, True),
    ],
)
def test_an_absent_applicants_documents(kind: ProxyKind, shown: Evidence, refused: bool) -> None:
    """Nobody can compare an absent person with a photo: the inquiry by post stands in for it."""
    refusals = identity_refusals(shown, replace(MANDATED, kind=kind))
    assert [refusal.code for refusal in refusals] == (["E_ID_DOC_MISSING"] if refused else [])


def test_without_a_proxy_nothing_is_asked_of_one() -> None:
    assert proxy_refusals(None) == ()


@pytest.mark.clause("S4-3.6a", "S4-3.6b")
@pytest.mark.parametrize("complete", [MANDATED, AGENT])
def test_a_proxy_shows_authority_and_an_own_photo_document(complete: ProxyFacts) -> None:
    assert proxy_refusals(complete) == ()
    empty = replace(complete, mandate=False, evidence=NO_EVIDENCE)
    found = [refusal.code for refusal in proxy_refusals(empty)]
    assert found == ["E_PROXY_MANDATE_MISSING", "E_PROXY_ID_MISSING"]


@pytest.mark.clause("S4-3.6c")
def test_a_proxys_documents_are_copied_too() -> None:
    refusals = proxy_refusals(replace(MANDATED, evidence=replace(PHOTO, retained=False)))
    assert [refusal.code for refusal in refusals] == ["E_ID_DOC_NOT_RETAINED"]


@pytest.mark.clause("S3-P1")
@pytest.mark.parametrize(("seal_intact", "codes"), [(True, []), (None, []), (False, ["E_SEAL_BROKEN"])])
def test_an_opened_envelope_is_refused(seal_intact: bool | None, codes: list[str]) -> None:
    refusals = proxy_refusals(replace(MANDATED, seal_intact=seal_intact))
    assert [refusal.code for refusal in refusals] == codes
