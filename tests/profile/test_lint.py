"""The linter catches each single departure from the profile, and passes what follows it.

The departures are written with another builder or by hand, never with the modules under test.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from honnin.errors import Malformed
from honnin.law.terms import Purpose
from honnin.pkix import der
from honnin.pkix.certificate import assemble, load
from honnin.profile import certification_authority, ocsp_responder
from honnin.profile.issuance import Particulars, Validity
from honnin.profile.lint import Finding, Kind, Linter
from tests.profile import specimen

SIGNATURE_CA = specimen.authority(Purpose.SIGNATURE)
AUTHENTICATION_CA = specimen.authority(Purpose.USER_AUTHENTICATION)
SIGNATURE = Linter(Kind.SIGNATURE, SIGNATURE_CA.issuer)
AUTHENTICATION = Linter(Kind.USER_AUTHENTICATION, AUTHENTICATION_CA.issuer)
RESPONDER = Linter(Kind.OCSP_RESPONDER, SIGNATURE_CA.issuer)
ROOT = Linter.of_root(specimen.DEPLOYMENT, Purpose.SIGNATURE)
LINK = Linter(Kind.LINK, SIGNATURE_CA.issuer)

SIGNATURE_TBS = specimen.signature_tbs()
AUTHENTICATION_TBS = specimen.user_authentication_tbs()
RESPONDER_TBS = specimen.responder_certificate(Purpose.SIGNATURE).tbs_certificate_bytes
ROOT_TBS = SIGNATURE_CA.certificate.tbs_certificate_bytes
LINK_TBS = certification_authority.link_to_be_signed(
    SIGNATURE_CA.issuer, specimen.particulars(8, "ca signature 2", Validity(specimen.NOW, date(2034, 7, 15)))
)
EVERY = [
    pytest.param(SIGNATURE, SIGNATURE_TBS, id="signature"),
    pytest.param(AUTHENTICATION, AUTHENTICATION_TBS, id="user authentication"),
    pytest.param(RESPONDER, RESPONDER_TBS, id="responder"),
    pytest.param(ROOT, ROOT_TBS, id="root"),
    pytest.param(LINK, LINK_TBS, id="link"),
]


def codes(found: tuple[Finding, ...]) -> set[str]:
    return {finding.code for finding in found}


@pytest.mark.parametrize(("linter", "tbs"), EVERY)
def test_what_follows_the_profile_is_clean(linter: Linter, tbs: bytes) -> None:
    assert linter.findings(tbs) == ()
    assert linter.certificate_findings(assemble(tbs, bytes(256))) == ()
    linter.require_clean(tbs)


def test_production_is_clean_under_production_only() -> None:
    ca = specimen.authority(Purpose.SIGNATURE, 1, specimen.PRODUCTION)
    tbs = specimen.signature_tbs(ca)
    assert Linter(Kind.SIGNATURE, ca.issuer).findings(tbs) == ()
    assert {"L_ISSUER", "L_EXTENSION_VALUE"} <= codes(SIGNATURE.findings(tbs))


@pytest.mark.parametrize(("linter", "tbs"), EVERY)
def test_every_other_linter_refuses_it(linter: Linter, tbs: bytes) -> None:
    others = {SIGNATURE, AUTHENTICATION, RESPONDER, ROOT, LINK} - {linter}
    assert all(other.findings(tbs) for other in others)


def test_linter_of_the_other_authority_or_generation_refuses() -> None:
    second = specimen.authority(Purpose.SIGNATURE, 2).issuer
    assert Linter(Kind.SIGNATURE, second).findings(SIGNATURE_TBS) == (
        Finding("L_EXTENSION_VALUE", "authorityKeyIdentifier"),
    )
    assert Linter.of_root(specimen.DEPLOYMENT, Purpose.USER_AUTHENTICATION).findings(ROOT_TBS)
    for kind, issuer in (
        (Kind.SIGNATURE, AUTHENTICATION_CA.issuer),
        (Kind.USER_AUTHENTICATION, SIGNATURE_CA.issuer),
    ):
        with pytest.raises(ValueError, match="does not issue"):
            Linter(kind, issuer)


def test_require_clean_names_the_findings_and_no_content() -> None:
    with pytest.raises(Malformed, match="E_CERT_NOT_IN_PROFILE") as caught:
        SIGNATURE.require_clean(AUTHENTICATION_TBS)
    assert "L_ISSUER" in str(caught.value)
    assert specimen.AUTHENTICATION_CN not in str(caught.value)


# — single mutations, with another builder ——————————————————————————————————————————————————————————


@dataclass(frozen=True)
class Draft:
    """A certificate taken apart for another builder, to be put together with one change."""

    issuer: x509.Name
    subject: x509.Name
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
    serial_number: int
    not_before: datetime
    not_after: datetime
    extensions: tuple[tuple[x509.ExtensionType, bool], ...]
    algorithm: hashes.SHA256 | hashes.SHA384 = field(default_factory=hashes.SHA256)

    def tbs(self) -> bytes:
        builder = x509.CertificateBuilder(
            self.issuer, self.subject, self.key, self.serial_number, self.not_before, self.not_after
        )
        for value, critical in self.extensions:
            builder = builder.add_extension(value, critical)
        return builder.sign(specimen.key("any"), self.algorithm).tbs_certificate_bytes


def draft(tbs: bytes) -> Draft:
    certificate = load(assemble(tbs, bytes(256)))
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    return Draft(
        certificate.issuer,
        certificate.subject,
        key,
        certificate.serial_number,
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        tuple((extension.value, extension.critical) for extension in certificate.extensions),
    )


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


def country(code: str) -> x509.NameAttribute[str]:
    return x509.NameAttribute(NameOID.COUNTRY_NAME, code)


def printable(name: x509.Name) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(attribute.oid, attribute.value, _ASN1Type.PrintableString) for attribute in name]
    )


@pytest.mark.parametrize(("linter", "tbs"), EVERY)
@pytest.mark.parametrize("name", MUTATIONS)
def test_single_mutation(linter: Linter, tbs: bytes, name: str) -> None:
    mutate, code = MUTATIONS[name]
    whole = draft(tbs)
    mutated = mutate(whole).tbs()
    assert mutated != tbs
    assert code in codes(linter.findings(mutated))


def with_value(whole: Draft, value: x509.ExtensionType) -> Draft:
    """The draft with the value of one extension exchanged."""
    extensions = tuple(
        (value if present.oid == value.oid else present, critical) for present, critical in whole.extensions
    )
    changed = replace(whole, extensions=extensions)
    assert changed.tbs() != whole.tbs()
    return changed


def usage(*named: str) -> x509.KeyUsage:
    every = "digital_signature content_commitment key_encipherment data_encipherment key_agreement".split()
    every += "key_cert_sign crl_sign encipher_only decipher_only".split()
    return x509.KeyUsage(**{one: one in named for one in every})


def policy(oid: str, uri: str = specimen.DEPLOYMENT.cps_uri) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(oid), [uri])])


def point(name: x509.Name, **changes: object) -> x509.CRLDistributionPoints:
    parts: dict[str, object] = {"relative_name": None, "reasons": None, "crl_issuer": None}
    return x509.CRLDistributionPoints(
        [x509.DistributionPoint([x509.DirectoryName(name)], **(parts | changes))]  # type: ignore[arg-type]
    )


POINT = specimen.DEPLOYMENT.distribution_point(Purpose.SIGNATURE, specimen.PLACE)
ELSEWHERE = specimen.DEPLOYMENT.distribution_point(Purpose.SIGNATURE, specimen.OTHER_PLACE)
TEST_POLICY = specimen.DEPLOYMENT.signature_policy
IDENTIFIER = SIGNATURE_CA.issuer.authority_key_identifier
WRONG_VALUES: dict[str, x509.ExtensionType] = {
    "usage of authentication": usage("digital_signature"),
    "usage with certSign": usage("digital_signature", "content_commitment", "key_cert_sign"),
    "policy of production": policy("1.2.392.200149.8.5.1.1.20"),
    "policy of authentication": policy(specimen.DEPLOYMENT.user_authentication_policy),
    "policy with another address": policy(TEST_POLICY, "http://example.jp/cps.html"),
    "policy without qualifier": x509.CertificatePolicies(
        [x509.PolicyInformation(x509.ObjectIdentifier(TEST_POLICY), None)]
    ),
    "two policies": x509.CertificatePolicies([*policy(TEST_POLICY), *policy("1.2.3.4")]),
    "issuer alternative of authentication": x509.IssuerAlternativeName(
        [x509.DirectoryName(specimen.DEPLOYMENT.japanese_ca_name(Purpose.USER_AUTHENTICATION))]
    ),
    "partition of another municipality": point(ELSEWHERE),
    "partition of the other authority": point(
        specimen.DEPLOYMENT.distribution_point(Purpose.USER_AUTHENTICATION, specimen.PLACE)
    ),
    "partition with reasons": point(POINT, reasons=frozenset({x509.ReasonFlags.key_compromise})),
    "partition with an issuer": point(POINT, crl_issuer=[x509.DirectoryName(POINT)]),
    "partition by address": x509.CRLDistributionPoints(
        [x509.DistributionPoint([x509.UniformResourceIdentifier("http://example.jp/crl")], None, None, None)]
    ),
    "partition as PrintableString": point(printable(POINT)),
    "partition without municipality": point(x509.Name(list(POINT)[:-1])),
    "key identifier without serial": x509.AuthorityKeyIdentifier(
        SIGNATURE_CA.issuer.key_identifier, None, None
    ),
    "serial of another generation": x509.AuthorityKeyIdentifier(
        IDENTIFIER.key_identifier, IDENTIFIER.authority_cert_issuer, 5
    ),
    "another subject key": x509.SubjectKeyIdentifier(b"k" * 20),
}


@pytest.mark.parametrize("value", WRONG_VALUES.values(), ids=WRONG_VALUES)
def test_wrong_value_of_an_extension(value: x509.ExtensionType) -> None:
    found = SIGNATURE.findings(with_value(draft(SIGNATURE_TBS), value).tbs())
    assert codes(found) == {"L_EXTENSION_VALUE"}
    assert len(found) == 1


@pytest.mark.parametrize(
    "value",
    [
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]),
        x509.AuthorityInformationAccess(
            [
                x509.AccessDescription(
                    AuthorityInformationAccessOID.CA_ISSUERS,
                    x509.UniformResourceIdentifier(specimen.DEPLOYMENT.ocsp_uri),
                )
            ]
        ),
        policy("1.2.392.200149.8.5.1.3.30"),
        usage("digital_signature", "content_commitment"),
    ],
)
def test_wrong_value_in_user_authentication(value: x509.ExtensionType) -> None:
    found = AUTHENTICATION.findings(with_value(draft(AUTHENTICATION_TBS), value).tbs())
    assert codes(found) == {"L_EXTENSION_VALUE"}


@pytest.mark.parametrize(
    "value",
    [
        x509.BasicConstraints(ca=True, path_length=0),
        x509.BasicConstraints(ca=False, path_length=None),
        usage("key_cert_sign"),
        x509.SubjectAlternativeName([x509.DirectoryName(SIGNATURE_CA.issuer.name)]),
        point(POINT),
    ],
)
def test_wrong_value_in_a_root(value: x509.ExtensionType) -> None:
    assert codes(ROOT.findings(with_value(draft(ROOT_TBS), value).tbs())) == {"L_EXTENSION_VALUE"}


@pytest.mark.parametrize(
    "common_name",
    [
        "0123456789ABCD99101003B",
        "0123456789abcd99101003A",
        "0123456789ABCD9910100３A",
        "0123456789ABCD99101003AA",
    ],
)
def test_common_name_of_user_authentication_of_another_form(common_name: str) -> None:
    subject = x509.Name([country("JP"), x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    found = AUTHENTICATION.findings(replace(draft(AUTHENTICATION_TBS), subject=subject).tbs())
    assert found == (Finding("L_SUBJECT"),)


@pytest.mark.parametrize("common_name", ["20261303101112" + "0" * 14, "20260203251112" + "0" * 14, "2" * 29])
def test_common_name_of_signature_begins_with_an_instant(common_name: str) -> None:
    whole = draft(SIGNATURE_TBS)
    attributes = [*list(whole.subject)[:-1], x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    found = SIGNATURE.findings(replace(whole, subject=x509.Name(attributes)).tbs())
    assert found == (Finding("L_SUBJECT"),)


ATTRIBUTES = {
    1: "見本　花子",
    4: "319800217",
    3: "2",
    5: "みほん県あおば市みどり町１丁目２番３号",
    2: "10000",
    6: "0" * 19,
}


def attributes(
    written: dict[int, str] | list[tuple[int, str]], arc: str = "1.2.392.200149.8.5.5"
) -> x509.SubjectAlternativeName:
    pairs = written.items() if isinstance(written, dict) else written
    return x509.SubjectAlternativeName(
        [
            x509.OtherName(x509.ObjectIdentifier(f"{arc}.{number}"), der.utf8_string(text))
            for number, text in pairs
        ]
    )


def test_attributes_of_this_test_are_those_of_the_specimen() -> None:
    assert (attributes(ATTRIBUTES), False) in draft(SIGNATURE_TBS).extensions


@pytest.mark.parametrize(
    "value",
    [
        attributes(ATTRIBUTES | {1: ""}),
        attributes(ATTRIBUTES | {1: "　　　　　"}),
        attributes(ATTRIBUTES | {4: "419800217"}),
        attributes(ATTRIBUTES | {4: "319800230"}),
        attributes(ATTRIBUTES | {4: "19800217"}),
        attributes(ATTRIBUTES | {4: "31980021７"}),
        attributes(ATTRIBUTES | {3: "9"}),
        attributes(ATTRIBUTES | {3: ""}),
        attributes(ATTRIBUTES | {5: "", 6: ""}),
        attributes(ATTRIBUTES | {5: "字" * 201, 6: "0" * 201}),
        attributes(ATTRIBUTES | {2: "1000"}),
        attributes(ATTRIBUTES | {2: "10002"}),
        attributes(ATTRIBUTES | {6: "0" * 20}),
        attributes(sorted(ATTRIBUTES.items())),
        attributes(list(ATTRIBUTES.items())[:5]),
        attributes([*ATTRIBUTES.items(), (7, "見本")]),
        attributes(ATTRIBUTES, arc="1.2.392.200149.8.5.6"),
        x509.SubjectAlternativeName([*list(attributes(ATTRIBUTES))[:5], x509.DNSName("example.jp")]),
    ],
)
def test_attributes_that_are_not_the_six(value: x509.SubjectAlternativeName) -> None:
    found = SIGNATURE.findings(with_value(draft(SIGNATURE_TBS), value).tbs())
    assert found == (Finding("L_EXTENSION_VALUE", "subjectAltName"),)


# — mutations that no builder writes ————————————————————————————————————————————————————————————————


def rewritten(tbs: bytes, at: int, element: bytes) -> bytes:
    """The TBSCertificate with one of its eight fields exchanged."""
    fields = [field.encoded for field in der.only(tbs).children()]
    return der.sequence(*fields[:at], element, *fields[at + 1 :])


def utc(text: str) -> bytes:
    return der.tlv(der.UTC_TIME, text.encode())


KEY = specimen.key("holder signature").public_key()
SPKI = KEY.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
MODULUS = KEY.public_numbers().n.to_bytes(256, "big")


def with_modulus(number: int) -> bytes:
    return SPKI.replace(MODULUS, number.to_bytes(256, "big"))


SPKI_WITHOUT_PARAMETERS = der.sequence(
    der.sequence(der.object_identifier("1.2.840.113549.1.1.1")),
    der.bit_string(KEY.public_bytes(Encoding.DER, PublicFormat.PKCS1)),
)


@pytest.mark.parametrize(
    ("at", "element", "code"),
    [
        (0, "a003020101", "L_VERSION"),
        (1, der.integer(0).hex(), "L_SERIAL"),
        (1, der.integer(-5).hex(), "L_SERIAL"),
        (1, der.integer(2**160).hex(), "L_SERIAL"),
        (1, "02020005", "L_SERIAL"),
        (1, "040105", "L_SERIAL"),
        (2, "300b06092a864886f70d01010b", "L_ALGORITHM"),
        (4, der.sequence(utc("260203011112Z"), utc("310217145959+0000")).hex(), "L_VALIDITY"),
        (4, der.sequence(utc("2602030111Z"), utc("310217145959Z")).hex(), "L_VALIDITY"),
        (4, der.sequence(utc("260203011112Z")).hex(), "L_VALIDITY"),
        (4, der.sequence(utc("261303011112Z"), utc("310217145959Z")).hex(), "L_VALIDITY"),
        (4, der.sequence(utc("320203011112Z"), utc("310217145959Z")).hex(), "L_VALIDITY"),
        (4, der.sequence(utc("510203011112Z"), utc("310217145959Z")).hex(), "L_VALIDITY_SPAN"),
        (4, der.sequence(utc("240716005026Z"), utc("310217145959Z")).hex(), "L_VALIDITY_SPAN"),
        (4, der.sequence(utc("260203011112Z"), utc("340716145959Z")).hex(), "L_VALIDITY_SPAN"),
        (5, "3000", "L_SUBJECT"),
        (5, "0500", "L_DER"),
        (6, SPKI_WITHOUT_PARAMETERS.hex(), "L_KEY"),
        (6, SPKI[:-1].hex() + "03", "L_KEY"),
        (6, with_modulus(2**2047 + 2).hex(), "L_KEY"),
        (6, SPKI.replace(MODULUS, b"\x7f" + MODULUS[1:]).hex(), "L_KEY"),
        (6, "3000", "L_KEY"),
        (7, "a3023000", "L_EXTENSION_MISSING"),
        (7, "a300", "L_DER"),
        (7, "30023000", "L_DER"),
        (7, "a3043002" + "3000", "L_DER"),
    ],
)
def test_fields_that_no_builder_writes(at: int, element: str, code: str) -> None:
    assert code in codes(SIGNATURE.findings(rewritten(SIGNATURE_TBS, at, bytes.fromhex(element))))


def extension_field(*extensions: bytes) -> bytes:
    return der.explicit(3, der.sequence(*extensions))


def listed() -> list[bytes]:
    fields = der.only(SIGNATURE_TBS).children()
    return [extension.encoded for extension in fields[7].children(0xA3)[0].children()]


def test_extension_that_comes_twice_is_one_too_many() -> None:
    doubled = extension_field(*listed(), listed()[2])
    assert codes(SIGNATURE.findings(rewritten(SIGNATURE_TBS, 7, doubled))) == {"L_EXTENSION_EXTRA"}


def test_criticality_that_is_false_in_so_many_words_is_not_der() -> None:
    oid, value = der.only(listed()[1]).children()
    spelled = der.sequence(oid.encoded, der.boolean(False), value.encoded)
    field = extension_field(listed()[0], spelled, *listed()[2:])
    assert codes(SIGNATURE.findings(rewritten(SIGNATURE_TBS, 7, field))) == {"L_DER"}


def test_unique_identifiers_are_not_of_version_3_as_we_write_it() -> None:
    fields = [field.encoded for field in der.only(SIGNATURE_TBS).children()]
    assert codes(SIGNATURE.findings(der.sequence(*fields[:7], der.implicit(1, b"\x00x"), fields[7]))) == {
        "L_DER"
    }


@pytest.mark.parametrize("signature", [bytes(255), bytes(512)])
def test_signature_of_another_length(signature: bytes) -> None:
    encoded = assemble(SIGNATURE_TBS, signature)
    assert codes(SIGNATURE.certificate_findings(encoded)) == {"L_SIGNATURE"}


def test_outer_algorithm_that_is_not_the_inner() -> None:
    encoded = assemble(SIGNATURE_TBS, bytes(256))
    at = encoded.rindex(bytes.fromhex("2a864886f70d01010b"))
    changed = encoded[: at + 8] + b"\x0c" + encoded[at + 9 :]
    assert codes(SIGNATURE.certificate_findings(changed)) == {"L_SIGNATURE"}


@pytest.mark.parametrize("encoded", [b"", b"\x30\x00", b"\x30\x02\x05\x00", SIGNATURE_TBS])
def test_no_certificate_at_all(encoded: bytes) -> None:
    assert codes(SIGNATURE.certificate_findings(encoded)) <= {"L_DER", "L_SIGNATURE"}
    assert SIGNATURE.certificate_findings(encoded)


@given(st.sampled_from([(SIGNATURE, SIGNATURE_TBS), (AUTHENTICATION, AUTHENTICATION_TBS)]), st.data())
def test_any_damaged_octet_outside_the_free_fields_is_found(
    pair: tuple[Linter, bytes], data: st.DataObject
) -> None:
    """What may vary without a finding is: serial, dates, the letters of names, flags, and nothing else."""
    linter, tbs = pair
    damaged = bytearray(tbs)
    at = data.draw(st.integers(0, len(tbs) - 1))
    damaged[at] ^= data.draw(st.integers(1, 255))
    if not linter.findings(bytes(damaged)):
        assert at in free_octets(tbs)


def free_octets(tbs: bytes) -> set[int]:
    free: set[int] = set()
    for content in (
        der.only(tbs).children()[1].content,
        *(time.content for time in der.only(tbs).children()[4].children()),
        specimen.AUTHENTICATION_CN.encode(),
        specimen.SIGNATURE_CN.encode(),
        b"Mihon-ken",
        b"Aoba-shi",
        *(text.encode() for text in ATTRIBUTES.values()),
    ):
        start = tbs.find(content)
        while start >= 0:
            free |= set(range(start, start + len(content)))
            start = tbs.find(content, start + 1)
    return free


@given(st.binary(max_size=300))
def test_any_bytes_are_not_der_and_nothing_is_raised(encoded: bytes) -> None:
    assert codes(SIGNATURE.findings(encoded)) == {"L_DER"}
    assert codes(SIGNATURE.certificate_findings(encoded)) == {"L_DER"}


def test_responder_profile_catches_a_missing_nocheck() -> None:
    particulars = Particulars(
        9, specimen.key("responder").public_key(), Validity(specimen.NOW, date(2026, 7, 15))
    )
    tbs = ocsp_responder.to_be_signed(SIGNATURE_CA.issuer, particulars)
    assert RESPONDER.findings(tbs) == ()
    whole = draft(tbs)
    without = tuple(pair for pair in whole.extensions if not isinstance(pair[0], x509.OCSPNoCheck))
    assert RESPONDER.findings(replace(whole, extensions=without).tbs()) == (
        Finding("L_EXTENSION_MISSING", "ocspNoCheck"),
    )
