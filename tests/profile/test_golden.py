"""Certificates against bytes written by hand from the published descriptions, field by field.

The lengths 1586 (user authentication), 1304 and 1319 (CAs with four-octet serial numbers) were measured
on published certificates; ours, with names of the same length, must come out alike.
"""

from datetime import UTC, date, datetime

import pytest

from honnin.identifiers import MunicipalityCode, SerialNumber
from honnin.law.terms import Purpose
from honnin.pkix import der
from honnin.pkix.certificate import assemble, load, subject_key_identifier
from honnin.profile import certification_authority, ocsp_responder, user_authentication
from honnin.profile.issuance import Issuer, Particulars, Validity
from honnin.profile.names import Place
from tests.support.pki import specimen

PRODUCTION = specimen.PRODUCTION
CPS = b"http://www.jpki.go.jp/cps.html".hex()


def extensions(to_be_signed: bytes) -> list[tuple[str, bool, str]]:
    """OID content, critical, value of each extension, in hexadecimal."""
    listed = der.only(to_be_signed).children()[-1].children(0xA3)[0].children()
    read = []
    for extension in listed:
        oid, *flag, value = extension.children()
        read.append((oid.content.hex(), bool(flag), value.content.hex()))
    return read


def field(to_be_signed: bytes, at: int) -> str:
    return der.only(to_be_signed).children()[at].encoded.hex()


def utf8(text: str) -> str:
    encoded = text.encode()
    assert len(encoded) < 128
    return f"0c{len(encoded):02x}{encoded.hex()}"


def rdn(attribute: str, text: str) -> str:
    value = f"0603{attribute}" + utf8(text)
    pair = f"30{len(value) // 2:02x}{value}"
    return f"31{len(pair) // 2:02x}{pair}"


C_JP = "310b3009060355040613024a50"
AGENCY = "Japan Agency for Local Authority Information Systems"


def name(*rdns: str) -> str:
    content = "".join(rdns)
    length = len(content) // 2
    return ("3081" if length > 127 else "30") + f"{length:02x}{content}"


def authority(purpose: Purpose, serial_number: int) -> Issuer:
    validity = Validity(datetime(2019, 9, 14, 23, 41, 59, tzinfo=UTC), date(2029, 9, 14))
    particulars = Particulars(SerialNumber(serial_number), specimen.key("ca").public_key(), validity)
    tbs = certification_authority.root_to_be_signed(PRODUCTION, purpose, particulars)
    certificate = load(assemble(tbs, specimen.signer("ca")(tbs)))
    return Issuer(PRODUCTION, purpose, certificate)


@pytest.mark.parametrize(
    ("purpose", "unit", "service", "length"),
    [
        (Purpose.SIGNATURE, "JPKI for digital signature", "署名用", 1304),
        (Purpose.USER_AUTHENTICATION, "JPKI for user authentication", "利用者証明用", 1319),
    ],
)
def test_root(purpose: Purpose, unit: str, service: str, length: int) -> None:
    certificate = authority(purpose, 0x0133C349).certificate
    tbs = certificate.tbs_certificate_bytes
    assert len(specimen.encoded(certificate)) == length
    own = name(C_JP, rdn("55040a", "JPKI"), rdn("55040b", unit), rdn("55040b", AGENCY))
    jpki = "公的個人認証サービス"
    japanese = C_JP + rdn("55040a", jpki) + rdn("55040b", jpki + service)
    japanese = name(japanese, rdn("55040b", "地方公共団体情報システム機構"))
    assert field(tbs, 0) == "a003020102"
    assert field(tbs, 1) == "02040133c349"
    assert field(tbs, 2) == "300d06092a864886f70d01010b0500"
    assert field(tbs, 3) == field(tbs, 5) == own
    assert field(tbs, 4) == "301e170d" + b"190914234159Z".hex() + "170d" + b"290914145959Z".hex()
    assert len(extensions(tbs)) == 5
    usage, alternative, constraints, point, identifier = extensions(tbs)
    assert usage == ("551d0f", True, "03020106")
    assert alternative == ("551d11", False, wrapped(wrapped(japanese, "a4"), "30"))
    assert constraints == ("551d13", True, "30030101ff")
    directory = wrapped(wrapped(wrapped(own, "a4"), "a0"), "a0")
    assert point == ("551d1f", False, wrapped(wrapped(directory, "30"), "30"))
    digest = subject_key_identifier(specimen.key("ca").public_key()).hex()
    assert identifier == ("551d0e", False, "0414" + digest)


def wrapped(content: str, tag: str) -> str:
    length = len(content) // 2
    return tag + ("81" if length > 127 else "") + f"{length:02x}{content}"


def user_authentication_of_production() -> bytes:
    place = Place(MunicipalityCode("14103"), "Kanagawa-ken", "Yokohama-shi-Naka-ku")
    subject = user_authentication.UserAuthenticationSubject("0123456789ABCD14103003A", place)
    validity = Validity(datetime(2023, 5, 20, 1, 2, 3, 999_999, tzinfo=UTC), date(2028, 4, 5))
    particulars = Particulars(SerialNumber(0x06BFC341), specimen.key("holder").public_key(), validity)
    issuer = authority(Purpose.USER_AUTHENTICATION, 0x0133C349)
    return user_authentication.to_be_signed(issuer, subject, particulars)


def test_user_authentication() -> None:
    tbs = user_authentication_of_production()
    assert len(assemble(tbs, bytes(256))) == 1586
    assert field(tbs, 1) == "020406bfc341"
    assert field(tbs, 4) == "301e170d" + b"230520010203Z".hex() + "170d" + b"280405145959Z".hex()
    assert field(tbs, 5) == name(C_JP, rdn("550403", "0123456789ABCD14103003A"))
    assert field(tbs, 6).startswith("30820122300d06092a864886f70d01010105000382010f003082010a0282010100")
    assert field(tbs, 6).endswith("0203010001")


def test_extensions_of_user_authentication() -> None:
    read = extensions(user_authentication_of_production())
    assert [(oid, critical) for oid, critical, _ in read] == [
        ("551d0f", True),
        ("551d25", False),
        ("551d20", True),
        ("551d12", False),
        ("551d1f", False),
        ("2b06010505070101", False),
        ("551d23", False),
        ("551d0e", False),
    ]
    values = [value for _, _, value in read]
    assert values[0] == "03020780"
    assert values[1] == "300a06082b06010505070302"
    assert values[2] == "303d303b060b2a83088c9b55080501031e" + "302c302a06082b06010505070201161e" + CPS
    point = name(
        C_JP,
        rdn("55040a", "JPKI"),
        rdn("55040b", "JPKI for user authentication"),
        rdn("55040b", "CRL Distribution Points"),
        rdn("55040b", "Kanagawa-ken"),
        rdn("550403", "Yokohama-shi-Naka-ku CRLDP"),
    )
    directory = wrapped(wrapped(wrapped(point, "a4"), "a0"), "a0")
    assert values[4] == wrapped(wrapped(directory, "30"), "30")
    address = b"http://ocspauthnorm.jpki.go.jp".hex()
    assert values[5] == "302c302a" + "06082b06010505073001" + "861e" + address
    digest = subject_key_identifier(specimen.key("ca").public_key()).hex()
    own = name(
        C_JP,
        rdn("55040a", "JPKI"),
        rdn("55040b", "JPKI for user authentication"),
        rdn("55040b", AGENCY),
    )
    identifier = "8014" + digest + wrapped(wrapped(own, "a4"), "a1") + "82040133c349"
    assert values[6] == wrapped(identifier, "30")


def test_signature() -> None:
    tbs = specimen.signature_tbs()
    assert field(tbs, 5) == name(
        C_JP,
        rdn("550407", "Mihon-ken"),
        rdn("550407", "Aoba-shi"),
        rdn("550403", specimen.SIGNATURE_CN),
    )
    read = extensions(tbs)
    assert [(oid, critical) for oid, critical, _ in read] == [
        ("551d0f", True),
        ("551d11", False),
        ("551d20", True),
        ("551d12", False),
        ("551d1f", False),
        ("551d23", False),
        ("551d0e", False),
    ]
    assert read[0][2] == "030206c0"
    assert "060b2a83088c9b550805010014" in read[2][2]  # …8.5.1.0.20: the test policy
    attributes = (
        ("01", "見本　花子"),
        ("04", "319800217"),
        ("03", "2"),
        ("05", "みほん県あおば市みどり町１丁目２番３号"),
        ("02", "10000"),
        ("06", "0" * 19),
    )
    other_names = "".join(
        wrapped("060a2a83088c9b55080505" + number + wrapped(utf8(text), "a0"), "a0")
        for number, text in attributes
    )
    assert read[1][2] == wrapped(other_names, "30")


def test_a_test_deployment_says_so_in_every_name() -> None:
    tbs = specimen.signature_tbs()
    assert rdn("55040a", "JPKI-TEST") in field(tbs, 3)
    assert "公的個人認証サービステスト".encode().hex() in extensions(tbs)[3][2]
    assert rdn("55040a", "JPKI-TEST") in extensions(tbs)[4][2]


def test_responder() -> None:
    issuer = specimen.authority(Purpose.SIGNATURE).issuer
    validity = Validity(datetime(2026, 5, 1, tzinfo=UTC), date(2026, 7, 15))
    tbs = ocsp_responder.to_be_signed(issuer, specimen.particulars(9, "responder", validity))
    assert [extension[:2] for extension in extensions(tbs)] == [
        ("551d0f", True),
        ("551d25", False),
        ("2b0601050507300105", False),
        ("551d23", False),
        ("551d0e", False),
    ]
    assert [extension[2] for extension in extensions(tbs)][:3] == [
        "03020780",
        "300a06082b06010505070309",
        "0500",
    ]
