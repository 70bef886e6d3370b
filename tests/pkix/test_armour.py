"""Certificates and lists from files: DER and PEM, one or several, and what is neither."""

import base64
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs7,
    pkcs12,
)
from cryptography.x509 import ocsp

from honnin.citizen.sample_document import sample_document
from honnin.errors import Malformed, Untrusted
from honnin.law.terms import Purpose
from honnin.pkix.armour import certificates_in, lists_in, require_list
from tests.support.pki import specimen

CERTIFICATE = specimen.signature_certificate()
PEM, DER = CERTIFICATE.public_bytes(Encoding.PEM), CERTIFICATE.public_bytes(Encoding.DER)
KEY = specimen.key("holder signature")
CA = specimen.authority(Purpose.SIGNATURE).certificate
TRY_LATER, RESPONSE = ocsp.OCSPResponseStatus.TRY_LATER, "OCSP RESPONSE"
PKCS8, OPENSSL = PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL
LOCKED = BestAvailableEncryption(b"secret")


def request(encoding: Encoding) -> bytes:
    return x509.CertificateSigningRequestBuilder(x509.Name([])).sign(KEY, SHA256()).public_bytes(encoding)


def list_of(encoding: Encoding) -> bytes:
    builder = x509.CertificateRevocationListBuilder(CA.subject, specimen.NOW, specimen.NOW)
    return builder.sign(KEY, SHA256()).public_bytes(encoding)


@pytest.mark.parametrize(
    "octets",
    [
        DER,
        PEM,
        b"Certificate:\n    Data: \xe8\xa6\x8b\n" + PEM,
        PEM.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + PEM,
        KEY.private_bytes(Encoding.PEM, PKCS8, NoEncryption()) + PEM,
        PEM.replace(b"CERTIFICATE", b"X509 CERTIFICATE"),
        PEM.replace(b" CERTIFICATE", b" TRUSTED CERTIFICATE"),
        b"0 s:/C=JP\n" + PEM,
        b"00000004 my certificate\n" + PEM,
        PEM.decode().encode("utf-16"),
        PEM.decode().replace("\n", "\r\n").encode("utf-16"),
        b"\xfe\xff" + PEM.decode().encode("utf-16-be"),
        base64.encodebytes(DER),
        base64.b64encode(DER),
    ],
)
def test_a_certificate_is_found_in_whatever_form(octets: bytes) -> None:
    assert certificates_in(octets) == [CERTIFICATE]


def test_all_certificates_of_a_file_are_found_also_with_settings_of_openssl() -> None:
    settings = base64.encodebytes(DER + bytes.fromhex("300c300a06082b06010505070301"))
    trusted = b"-----BEGIN TRUSTED CERTIFICATE-----\n%b-----END TRUSTED CERTIFICATE-----\n" % settings
    assert certificates_in(PEM + trusted + CA.public_bytes(Encoding.PEM)) == [CERTIFICATE, CERTIFICATE, CA]


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda: KEY.private_bytes(Encoding.PEM, PKCS8, NoEncryption()), "PRIVATE KEY"),
        (lambda: KEY.private_bytes(Encoding.PEM, PKCS8, LOCKED), "ENCRYPTED PRIVATE KEY"),
        (lambda: KEY.private_bytes(Encoding.PEM, OPENSSL, NoEncryption()), "RSA PRIVATE KEY"),
        (lambda: KEY.private_bytes(Encoding.DER, PKCS8, NoEncryption()), "PRIVATE KEY"),
        (lambda: KEY.private_bytes(Encoding.DER, PKCS8, LOCKED), "PRIVATE KEY"),
        (lambda: KEY.private_bytes(Encoding.DER, OPENSSL, NoEncryption()), "PRIVATE KEY"),
        (
            lambda: KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            "PUBLIC KEY",
        ),
        (lambda: request(Encoding.PEM), "CERTIFICATE REQUEST"),
        (lambda: request(Encoding.DER), "CERTIFICATE REQUEST"),
        (lambda: list_of(Encoding.PEM), "X509 CRL"),
        (lambda: list_of(Encoding.DER), "X509 CRL"),
        (lambda: pkcs7.serialize_certificates([CERTIFICATE], Encoding.PEM), "CMS"),
        (lambda: pkcs7.serialize_certificates([CERTIFICATE], Encoding.DER), "CMS"),
        (
            lambda: pkcs12.serialize_key_and_certificates(None, KEY, CERTIFICATE, None, NoEncryption()),
            "PKCS12",
        ),
        (lambda: sample_document("契約書", ["1000 yen"]), "PDF"),
        (lambda: ocsp.OCSPResponseBuilder.build_unsuccessful(TRY_LATER).public_bytes(Encoding.DER), RESPONSE),
    ],
)
def test_a_file_of_another_kind_is_called_what_it_is(make: Callable[[], bytes], found: str) -> None:
    with pytest.raises(Malformed, match="E_NOT_A_CERTIFICATE") as caught:
        certificates_in(make())
    assert caught.value.context["found"] == found


def test_pem_without_its_end_is_called_cut_off() -> None:
    for cut in (PEM[:400], PEM.rstrip()[:-3], PEM.splitlines()[0]):
        with pytest.raises(Malformed, match="E_CERT_CUT"):
            certificates_in(cut)
    with pytest.raises(Untrusted, match=r"E_LIST_UNREADABLE file=a.crl found=cut off"):
        lists_in(list_of(Encoding.PEM)[:200], NAME)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"hello",
        b"{}",
        DER[:-1],
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\n!\xff\n-----END CERTIFICATE-----\n",
    ],
)
def test_what_nobody_knows_cannot_be_read(octets: bytes) -> None:
    with pytest.raises(Malformed, match="E_CERT_MALFORMED"):
        certificates_in(octets)


NAME = "a.crl"


def test_lists_come_in_both_forms_one_or_several() -> None:
    pem, encoded = list_of(Encoding.PEM), list_of(Encoding.DER)
    assert lists_in(encoded, NAME) == [encoded]
    again = x509.load_pem_x509_crl(pem).public_bytes(Encoding.DER)
    assert lists_in(b"text\n" + pem + PEM + pem, NAME) == [again] * 2
    for form in (b"0 of 1\n" + pem, pem.decode().encode("utf-16"), base64.encodebytes(encoded)):
        assert lists_in(form, NAME) == [again]
    require_list(encoded, NAME)
    with pytest.raises(Untrusted, match=r"E_LIST_UNREADABLE file=a.crl found=CERTIFICATE"):
        lists_in(PEM, NAME)
    with pytest.raises(Untrusted, match=r"E_LIST_UNREADABLE file=a.crl found=CERTIFICATE"):
        require_list(DER, NAME)
    with pytest.raises(Untrusted, match=r"E_LIST_UNREADABLE file=a.crl found=damaged, or"):
        require_list(b"hello", NAME)
