"""The linter catches each wrong value: of an extension, of a common name, of the six attributes."""

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from honnin.law.terms import Purpose
from honnin.pkix import der
from honnin.profile.lint import Finding
from tests.profile.departures import (
    ATTRIBUTES,
    AUTHENTICATION,
    AUTHENTICATION_TBS,
    ROOT,
    ROOT_TBS,
    SIGNATURE,
    SIGNATURE_CA,
    SIGNATURE_TBS,
    codes,
    country,
    draft,
    printable,
    with_value,
)
from tests.support.pki import specimen


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
