"""The linter catches each single mutation that another builder writes: fields, and the list of extensions."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from honnin.identifiers import SerialNumber
from honnin.law.terms import Purpose
from honnin.profile import ocsp_responder
from honnin.profile.issuance import Particulars, Validity
from honnin.profile.lint import Finding, Linter
from tests.profile.departures import (
    EVERY,
    RESPONDER,
    SIGNATURE_CA,
    Draft,
    codes,
    country,
    draft,
    printable,
)
from tests.support.pki import specimen


@pytest.mark.parametrize(("linter", "tbs"), EVERY)
def test_another_builder_writes_the_same(linter: Linter, tbs: bytes) -> None:
    assert draft(tbs).tbs() == tbs
    assert linter.findings(draft(tbs).tbs()) == ()


@pytest.mark.parametrize(("linter", "tbs"), EVERY)
def test_each_extension_removed_doubled_moved_or_flipped(linter: Linter, tbs: bytes) -> None:
    whole = draft(tbs)
    for at, (value, critical) in enumerate(whole.extensions):
        removed = whole.extensions[:at] + whole.extensions[at + 1 :]
        assert codes(linter.findings(replace(whole, extensions=removed).tbs())) == {"L_EXTENSION_MISSING"}
        flipped = (*whole.extensions[:at], (value, not critical), *whole.extensions[at + 1 :])
        assert codes(linter.findings(replace(whole, extensions=flipped).tbs())) == {"L_EXTENSION_CRITICALITY"}
        moved = (
            (*removed, (value, critical)) if at + 1 < len(whole.extensions) else ((value, critical), *removed)
        )
        assert codes(linter.findings(replace(whole, extensions=moved).tbs())) == {"L_EXTENSION_ORDER"}


EXTRA: list[x509.ExtensionType] = [
    x509.BasicConstraints(ca=False, path_length=None),
    x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]),
    x509.SubjectAlternativeName([x509.DNSName("example.jp")]),
    x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(
                AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://example.jp")
            )
        ]
    ),
    x509.OCSPNoCheck(),
    x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"),
]


@pytest.mark.parametrize(("linter", "tbs"), EVERY)
def test_extension_too_many(linter: Linter, tbs: bytes) -> None:
    whole = draft(tbs)
    present = {value.oid for value, _ in whole.extensions}
    too_many = [extra for extra in EXTRA if extra.oid not in present]
    assert len(too_many) >= 4
    for extra in too_many:
        extended = replace(whole, extensions=(*whole.extensions, (extra, False)))
        assert codes(linter.findings(extended.tbs())) == {"L_EXTENSION_EXTRA"}


OTHER_KEY = specimen.key("somebody else's").public_key()
MUTATIONS: dict[str, tuple[Callable[[Draft], Draft], str]] = {
    "ends one second late": (
        lambda d: replace(d, not_after=d.not_after.replace(hour=15, minute=0, second=0)),
        "L_VALIDITY_END",
    ),
    "ends at midnight UTC": (lambda d: replace(d, not_after=d.not_after.replace(hour=23)), "L_VALIDITY_END"),
    "GeneralizedTime": (
        lambda d: replace(d, not_after=datetime(2051, 1, 1, 14, 59, 59, tzinfo=UTC)),
        "L_VALIDITY",
    ),
    "SHA-384": (lambda d: replace(d, algorithm=hashes.SHA384()), "L_ALGORITHM"),
    "EC key": (lambda d: replace(d, key=ec.generate_private_key(ec.SECP256R1()).public_key()), "L_KEY"),
    "RSA-1024": (
        lambda d: replace(d, key=rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()),
        "L_KEY",
    ),
    "exponent 3": (
        lambda d: replace(d, key=rsa.generate_private_key(public_exponent=3, key_size=2048).public_key()),
        "L_KEY",
    ),
    "another key than its identifier": (lambda d: replace(d, key=OTHER_KEY), "L_EXTENSION_VALUE"),
    "issuer of production": (
        lambda d: replace(d, issuer=specimen.PRODUCTION.ca_name(Purpose.SIGNATURE)),
        "L_ISSUER",
    ),
    "issuer in another order": (
        lambda d: replace(d, issuer=x509.Name(list(reversed(list(d.issuer))))),
        "L_ISSUER",
    ),
    "issuer as PrintableString": (lambda d: replace(d, issuer=printable(d.issuer)), "L_ISSUER"),
    "subject in another order": (
        lambda d: replace(d, subject=x509.Name(list(reversed(list(d.subject))))),
        "L_SUBJECT",
    ),
    "subject as PrintableString": (lambda d: replace(d, subject=printable(d.subject)), "L_SUBJECT"),
    "subject with another country": (
        lambda d: replace(d, subject=x509.Name([country("XX"), *list(d.subject)[1:]])),
        "L_SUBJECT",
    ),
    "subject with an attribute more": (
        lambda d: replace(d, subject=x509.Name([*d.subject, country("JP")])),
        "L_SUBJECT",
    ),
    "subject with an attribute less": (
        lambda d: replace(d, subject=x509.Name(list(d.subject)[:-1])),
        "L_SUBJECT",
    ),
    "subject in one RDN": (
        lambda d: replace(d, subject=x509.Name([x509.RelativeDistinguishedName(list(d.subject)[-2:])])),
        "L_DER",
    ),
}


@pytest.mark.parametrize(("linter", "tbs"), EVERY)
@pytest.mark.parametrize("name", MUTATIONS)
def test_single_mutation(linter: Linter, tbs: bytes, name: str) -> None:
    mutate, code = MUTATIONS[name]
    whole = draft(tbs)
    mutated = mutate(whole).tbs()
    assert mutated != tbs
    assert code in codes(linter.findings(mutated))


def test_responder_profile_catches_a_missing_nocheck() -> None:
    particulars = Particulars(
        SerialNumber(9), specimen.key("responder").public_key(), Validity(specimen.NOW, date(2026, 7, 15))
    )
    tbs = ocsp_responder.to_be_signed(SIGNATURE_CA.issuer, particulars)
    assert RESPONDER.findings(tbs) == ()
    whole = draft(tbs)
    without = tuple(pair for pair in whole.extensions if not isinstance(pair[0], x509.OCSPNoCheck))
    assert RESPONDER.findings(replace(whole, extensions=without).tbs()) == (
        Finding("L_EXTENSION_MISSING", "ocspNoCheck"),
    )
