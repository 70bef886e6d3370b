"""Two small authorities and their certificates, made once in a test run. All persons are invented."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding

from honnin.identifiers import MunicipalityCode, SerialNumber
from honnin.law.terms import BasicFour, Purpose, Sex
from honnin.pkix.certificate import Sign, ToBeSigned, assemble, load
from honnin.profile import certification_authority, ocsp_responder, signature, user_authentication
from honnin.profile.issuance import Issuer, Particulars, Validity
from honnin.profile.names import Deployment, Place

# The published sizes and values are those of the real service; only tests speak in its name.
PRODUCTION = Deployment(
    organisation="JPKI",
    japanese_organisation="公的個人認証サービス",
    signature_policy="1.2.392.200149.8.5.1.1.20",
    user_authentication_policy="1.2.392.200149.8.5.1.3.30",
    cps_uri="http://www.jpki.go.jp/cps.html",
    ocsp_uri="http://ocspauthnorm.jpki.go.jp",
)

DEPLOYMENT = Deployment()
PLACE = Place(MunicipalityCode("99101"), "Mihon-ken", "Aoba-shi")
OTHER_PLACE = Place(MunicipalityCode("99102"), "Mihon-ken", "Wakaba-machi")
NOW = datetime(2026, 6, 1, 3, 0, 0, tzinfo=UTC)
HANAKO = BasicFour("見本　花子", date(1980, 2, 17), Sex.FEMALE, "みほん県あおば市みどり町１丁目２番３号")
AUTHENTICATION_CN = "0123456789ABCD99101003A"
SIGNATURE_CN = "2026020310111200000000000001"
HOLDER_VALIDITY = Validity(datetime(2026, 2, 3, 1, 11, 12, tzinfo=UTC), date(2031, 2, 17))
AUTHORITY_VALIDITY = Validity(datetime(2024, 7, 16, 0, 50, 27, tzinfo=UTC), date(2034, 7, 15))


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """The RSA-2048 key that goes by a name in this run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def signer(name: str) -> Sign:
    """Signs with the key of that name."""
    return lambda content: key(name).sign(content, padding.PKCS1v15(), hashes.SHA256())


def digest_signer(name: str) -> Sign:
    """Signs ready SHA-256 digests with the key of that name."""
    return lambda digest: key(name).sign(digest, padding.PKCS1v15(), Prehashed(hashes.SHA256()))


@dataclass(frozen=True)
class Authority:
    """One generation of one CA together with the name of its key."""

    issuer: Issuer
    key_name: str

    @property
    def certificate(self) -> x509.Certificate:
        return self.issuer.certificate

    def certify(self, to_be_signed: ToBeSigned) -> x509.Certificate:
        return load(assemble(to_be_signed, self.sign(to_be_signed)))

    def sign(self, content: bytes) -> bytes:
        return signer(self.key_name)(content)


@cache
def authority(purpose: Purpose, generation: int = 1, deployment: Deployment = DEPLOYMENT) -> Authority:
    """A CA; generations have the same name and different keys."""
    key_name = f"ca {purpose} {generation}"
    particulars = Particulars(SerialNumber(generation * 1000), key(key_name).public_key(), AUTHORITY_VALIDITY)
    tbs = certification_authority.root_to_be_signed(deployment, purpose, particulars)
    return Authority(Issuer(deployment, purpose, load(assemble(tbs, signer(key_name)(tbs)))), key_name)


def particulars(serial_number: int, key_name: str, validity: Validity = HOLDER_VALIDITY) -> Particulars:
    return Particulars(SerialNumber(serial_number), key(key_name).public_key(), validity)


def user_authentication_tbs(
    issuer: Authority | None = None, serial_number: int = 0x018C453E, validity: Validity = HOLDER_VALIDITY
) -> ToBeSigned:
    issuer = issuer or authority(Purpose.USER_AUTHENTICATION)
    subject = user_authentication.UserAuthenticationSubject(AUTHENTICATION_CN, PLACE)
    return user_authentication.to_be_signed(
        issuer.issuer, subject, particulars(serial_number, "holder authentication", validity)
    )


def signature_tbs(
    issuer: Authority | None = None, serial_number: int = 0x018C453F, validity: Validity = HOLDER_VALIDITY
) -> ToBeSigned:
    issuer = issuer or authority(Purpose.SIGNATURE)
    subject = signature.SignatureSubject(SIGNATURE_CN, HANAKO, PLACE, name_flags="10000")
    return signature.to_be_signed(
        issuer.issuer, subject, particulars(serial_number, "holder signature", validity)
    )


@cache
def user_authentication_certificate(serial_number: int = 0x018C453E, generation: int = 1) -> x509.Certificate:
    issuer = authority(Purpose.USER_AUTHENTICATION, generation)
    return issuer.certify(user_authentication_tbs(issuer, serial_number))


@cache
def signature_certificate(serial_number: int = 0x018C453F, generation: int = 1) -> x509.Certificate:
    issuer = authority(Purpose.SIGNATURE, generation)
    return issuer.certify(signature_tbs(issuer, serial_number))


@cache
def responder_certificate(purpose: Purpose, generation: int = 1) -> x509.Certificate:
    validity = Validity(datetime(2026, 5, 1, tzinfo=UTC), date(2026, 7, 15))
    issuer = authority(purpose, generation)
    return issuer.certify(
        ocsp_responder.to_be_signed(issuer.issuer, particulars(77, f"responder {purpose}", validity))
    )


def encoded(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


@cache
def link_certificate(purpose: Purpose) -> x509.Certificate:
    """The second generation's key, certified by the first."""
    first = authority(purpose)
    validity = Validity(datetime(2025, 7, 16, tzinfo=UTC), date(2034, 7, 15))
    second_key = particulars(1001, authority(purpose, 2).key_name, validity)
    return first.certify(certification_authority.link_to_be_signed(first.issuer, second_key))
