"""The holder as certificates write them, there and back."""

from datetime import UTC, date, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from honnin.errors import Malformed
from honnin.identifiers import MunicipalityCode
from honnin.law.terms import BasicFour, Purpose, Sex
from honnin.pkix import der
from honnin.pkix.certificate import assemble, load
from honnin.profile import names, ocsp_responder, signature, user_authentication
from honnin.profile.holder import (
    SubstituteFlags,
    basic_four,
    common_name,
    decode_birth_date,
    encode_birth_date,
    signature_common_name,
    substitute_flags,
    user_authentication_common_name,
)
from honnin.profile.issuance import Validity
from tests.support.pki import specimen

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=60)


@pytest.mark.clause("S4-1.3.1")
@given(texts, st.dates(date(1850, 1, 1)), st.sampled_from(Sex), texts, st.data())
def test_four_attributes_read_back(
    name: str, birth_date: date, sex: Sex, address: str, data: st.DataObject
) -> None:
    person = BasicFour(name, birth_date, sex, address)
    flags = data.draw(st.text("01", min_size=len(name), max_size=len(name)))
    subject = signature.SignatureSubject(specimen.SIGNATURE_CN, person, specimen.PLACE, name_flags=flags)
    issuer = specimen.authority(Purpose.SIGNATURE)
    tbs = signature.to_be_signed(issuer.issuer, subject, specimen.particulars(5, "holder signature"))
    certificate = load(assemble(tbs, bytes(256)))
    assert basic_four(certificate) == person
    assert substitute_flags(certificate) == SubstituteFlags(flags, "0" * len(address))
    assert common_name(certificate) == specimen.SIGNATURE_CN


@pytest.mark.parametrize(
    ("birth_date", "written"),
    [
        (date(1980, 2, 17), "319800217"),
        (date(2019, 4, 30), "420190430"),
        (date(2019, 5, 1), "520190501"),
        (date(1989, 1, 7), "319890107"),
        (date(1989, 1, 8), "419890108"),
        (date(1926, 12, 24), "219261224"),
        (date(1926, 12, 25), "319261225"),
        (date(1912, 7, 29), "119120729"),
        (date(1912, 7, 30), "219120730"),
        (date(1867, 12, 31), "018671231"),
    ],
)
def test_birth_dates_carry_the_digit_of_their_era(birth_date: date, written: str) -> None:
    assert encode_birth_date(birth_date) == written
    assert decode_birth_date(written) == birth_date


@given(st.dates())
def test_birth_dates_read_back(birth_date: date) -> None:
    assert decode_birth_date(encode_birth_date(birth_date)) == birth_date


def test_unknown_era_is_accepted_with_any_date() -> None:
    assert decode_birth_date("019800217") == date(1980, 2, 17)


@pytest.mark.parametrize(
    "text", ["419800217", "619800217", "319800230", "31980021", "３１９８００２１７", "3198002170", ""]
)
def test_birth_dates_that_contradict_themselves_are_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="E_CERT_NOT_IN_PROFILE"):
        decode_birth_date(text)


def test_common_name_of_user_authentication() -> None:
    assert (
        user_authentication_common_name("997794E9AGCIEG", MunicipalityCode("99101"), 3)
        == "997794E9AGCIEG99101003A"
    )


@pytest.mark.parametrize(
    ("random", "code", "sequence"),
    [
        ("997794E9AGCIE", "99101", 3),
        ("997794e9agcieg", "99101", 3),
        ("997794E9AGCIEG", "9910", 3),
        ("997794E9AGCIEG", "99101", 1000),
        ("997794E9AGCIEG", "99101", -1),
        ("９97794E9AGCIEG", "99101", 3),
    ],
)
def test_common_name_of_user_authentication_of_another_form(random: str, code: str, sequence: int) -> None:
    with pytest.raises(ValueError, match="common name"):
        user_authentication_common_name(random, MunicipalityCode(code), sequence)


def test_common_name_of_a_signature_certificate_is_in_japan_time() -> None:
    issued_at = datetime(2026, 2, 2, 15, 0, 1, tzinfo=UTC)
    assert signature_common_name(issued_at, "00000000000042") == "2026020300000100000000000042"
    with pytest.raises(ValueError, match="common name"):
        signature_common_name(issued_at, "42")


@pytest.mark.parametrize(
    "changes",
    [
        {"name_flags": "00"},
        {"name_flags": "0002x"},
        {"address_flags": "1"},
        {"common_name": "2026"},
        {"basic_four": BasicFour("", date(1980, 1, 1), Sex.MALE, "みほん県")},
        {"basic_four": BasicFour("見本", date(1980, 1, 1), Sex.MALE, "")},
        {"basic_four": BasicFour("見本", date(1980, 1, 1), Sex.MALE, "字" * 201)},
    ],
)
def test_subjects_that_cannot_be_certified(changes: dict[str, object]) -> None:
    subject: dict[str, object] = {
        "common_name": specimen.SIGNATURE_CN,
        "basic_four": specimen.HANAKO,
        "place": specimen.PLACE,
    }
    with pytest.raises(ValueError, match=r"flag|common name|empty") as caught:
        signature.SignatureSubject(**(subject | changes))  # type: ignore[arg-type]
    assert "見本" not in str(caught.value)


@pytest.mark.parametrize("common", ["short", "0123456789ABCD99102003A"])
def test_user_authentication_subject_of_another_form_or_place(common: str) -> None:
    with pytest.raises(ValueError, match="common name"):
        user_authentication.UserAuthenticationSubject(common, specimen.PLACE)


def test_each_authority_issues_its_own_kind_only() -> None:
    signing = specimen.authority(Purpose.SIGNATURE)
    with pytest.raises(ValueError, match="does not issue"):
        specimen.user_authentication_tbs(signing)
    with pytest.raises(ValueError, match="does not issue"):
        specimen.signature_tbs(specimen.authority(Purpose.USER_AUTHENTICATION))


def test_responder_certificates_are_short_lived() -> None:
    issuer = specimen.authority(Purpose.SIGNATURE).issuer
    long = Validity(datetime(2026, 1, 1, tzinfo=UTC), date(2026, 4, 4))
    with pytest.raises(ValueError, match="short-lived"):
        ocsp_responder.to_be_signed(issuer, specimen.particulars(5, "responder", long))


def other_name(oid: str, value: bytes) -> x509.OtherName:
    return x509.OtherName(x509.ObjectIdentifier(oid), value)


COMPLETE = (
    other_name(names.NAME, der.utf8_string("見本　花子")),
    other_name(names.BIRTH_DATE, der.utf8_string("319800217")),
    other_name(names.SEX, der.utf8_string("2")),
    other_name(names.ADDRESS, der.utf8_string("みほん県")),
)


def certificate_with(*general_names: x509.GeneralName, common_names: int = 1) -> x509.Certificate:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, "holder")] * common_names
    rdns = [x509.RelativeDistinguishedName([attribute]) for attribute in attributes]
    name = x509.Name(rdns)
    key = specimen.key("any")
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, specimen.NOW, specimen.NOW)
    if general_names:
        builder = builder.add_extension(x509.SubjectAlternativeName(general_names), critical=False)
    return builder.sign(key, hashes.SHA256())


def test_order_and_other_names_do_not_matter_for_reading() -> None:
    certificate = certificate_with(x509.DNSName("example.jp"), *reversed(COMPLETE))
    assert basic_four(certificate).birth_date == date(1980, 2, 17)
    with pytest.raises(Malformed, match="E_CERT_NOT_IN_PROFILE"):
        substitute_flags(certificate)


@pytest.mark.parametrize(
    "general_names",
    [
        (),
        COMPLETE[:3],
        (*COMPLETE, COMPLETE[0]),
        (*COMPLETE[:2], other_name(names.SEX, der.utf8_string("7")), COMPLETE[3]),
        (*COMPLETE[:3], other_name(names.ADDRESS, der.octet_string(b"abc"))),
        (*COMPLETE[:3], other_name(names.ADDRESS, b"\x0c\x01\xff")),
    ],
    ids=["none", "one missing", "one twice", "unknown sex", "not a text", "not UTF-8"],
)
def test_attributes_that_are_not_all_there_once_and_readable(
    general_names: tuple[x509.GeneralName, ...],
) -> None:
    with pytest.raises(Malformed, match="E_CERT_NOT_IN_PROFILE"):
        basic_four(certificate_with(*general_names))


@pytest.mark.parametrize("count", [0, 2])
def test_subject_has_one_common_name(count: int) -> None:
    with pytest.raises(Malformed, match="E_CERT_NOT_IN_PROFILE"):
        common_name(certificate_with(common_names=count))
