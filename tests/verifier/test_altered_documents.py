"""Signed documents changed in three hundred ways, and their honest brothers: each told as it is."""

from pathlib import Path

import pytest

from honnin.clock import FixedClock
from honnin.errors import HonninError
from honnin.law.terms import Purpose
from honnin.verifier import CertificateVerifier, CRLSource, DocumentVerifier, SignatureReport, TrustStore
from tests.support.altered import corpus, fills, forgeries, honest, packed, roles, signers, structures
from tests.support.altered.alterations import ALL, Alteration
from tests.support.altered.contract import CITIZEN, OBJECTS, PAGE, contract_with
from tests.support.altered.corpus import Maker, altered
from tests.support.altered.increments import first_free, increment, replaced, source_of, with_entry
from tests.support.altered.signing import signed
from tests.support.pki import specimen
from tests.support.pki.sources import write_list

_SHORT = {name for place in ("after", "between", "before") for name, _, _ in altered(place, whole=False)}


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> DocumentVerifier:
    """Knows the specimens' authority and a list in which nobody stands."""
    trust = TrustStore(specimen.DEPLOYMENT, [specimen.authority(purpose).certificate for purpose in Purpose])
    path: Path = tmp_path_factory.mktemp("status") / "signature.crl"
    lists = CRLSource(write_list(path, Purpose.SIGNATURE, {}))
    return DocumentVerifier(CertificateVerifier(trust, lists, FixedClock(specimen.NOW)))


def cases(place: str) -> list[object]:
    """The short form, and the rest marked `long`."""
    return [
        pytest.param(alteration, make, id=name, marks=() if name in _SHORT else pytest.mark.long)
        for name, alteration, make in altered(place)
    ]


def require_told(signature: SignatureReport, alteration: Alteration) -> None:
    assert signature.problem is None
    assert signature.weight.name.lower() == alteration.weight, signature.after
    assert alteration.kind in {change.kind for change in signature.after}
    expected = {"nothing": None, "look": "E_DOCUMENT_CHANGED"}
    code = signature.reservation and signature.reservation.code
    if alteration.weight in expected:
        assert code == expected[alteration.weight]
    else:
        assert code in ("E_APPEARANCE_CHANGED", "E_CHANGE_UNCLEAR")


@pytest.mark.clause("S0-1")
@pytest.mark.parametrize(("alteration", "make"), cases("after"))
def test_what_was_changed_after_a_signature_is_told(
    documents: DocumentVerifier, alteration: Alteration, make: Maker
) -> None:
    (signature,) = documents.examine(make()).signatures
    require_told(signature, alteration)


@pytest.mark.clause("S0-1")
@pytest.mark.parametrize(("alteration", "make"), cases("between"))
def test_what_was_changed_between_is_told_of_the_first_signature_alone(
    documents: DocumentVerifier, alteration: Alteration, make: Maker
) -> None:
    first, second = documents.examine(make()).signatures
    require_told(first, alteration)
    assert second.reservation is None
    assert not second.after


@pytest.mark.parametrize(("alteration", "make"), cases("before"))
def test_what_was_there_before_is_what_was_signed(
    documents: DocumentVerifier, alteration: Alteration, make: Maker
) -> None:
    (signature,) = documents.verify(make()).signatures
    assert signature.holder.basic_four == specimen.HANAKO
    assert not signature.modified_after


@pytest.mark.parametrize(
    "case",
    [
        *forgeries.CASES,
        *structures.CASES,
        *packed.CASES,
        *signers.CASES,
        *roles.CASES,
        *honest.CASES,
        *fills.CASES,
    ],
    ids=lambda case: case.name,
)
def test_forgeries_and_what_honest_people_do(documents: DocumentVerifier, case: forgeries.Case) -> None:
    try:
        reservation: HonninError | None = documents.examine(case.make()).reservation
    except HonninError as error:
        reservation = error
    assert (reservation.code if reservation else "") == case.code


def test_one_foreign_signature_hides_no_other(documents: DocumentVerifier) -> None:
    (case,) = (case for case in signers.CASES if case.name == "company before hanako")
    company, hanako = documents.examine(case.make()).signatures
    assert (company.problem and company.problem.code) == "E_ISSUER_UNKNOWN"
    assert company.signer is not None
    assert company.signer.name == "An invented company"
    assert hanako.holder.basic_four == specimen.HANAKO


def test_the_corpus_has_what_it_promises() -> None:
    whole = dict(corpus.all_files(whole=True))
    assert len(whole) >= 300
    assert len(dict(corpus.all_files(whole=False))) >= 150
    assert len({alteration.name for alteration in ALL}) == len(ALL)


def test_a_prepared_box_that_was_on_no_page_is_told_when_it_comes_onto_one(
    documents: DocumentVerifier,
) -> None:
    page = replaced(OBJECTS[PAGE], rb" 28 0 R", b"")
    pdf = signed(contract_with(o3=page), "Signature1")
    free = first_free(pdf)
    value = b"<< /Type /Sig /SubFilter /ETSI.CAdES.detached /ByteRange [0 1 2 3] /Contents <00> >>"
    grown = increment(
        pdf,
        {
            PAGE: replaced(source_of(pdf, PAGE), rb"/Annots \[", b"/Annots [ 28 0 R "),
            CITIZEN: with_entry(source_of(pdf, CITIZEN), b"/V %d 0 R" % free),
            free: value,
        },
    )
    first = documents.examine(grown).signatures[0]
    assert [(change.kind.value, change.drawn) for change in first.after][:2] == [
        ("signature_field", True),
        ("signature", False),
    ]
