"""The fixed names of a deployment: distinguished names, identifiers of policies, addresses.

A deployment is a test unless it is configured otherwise on purpose: the default organisation is
`JPKI-TEST`, its policies are those of test certificates, and its Japanese names say テスト. A deployment
cannot mix a production organisation with test policies, or the reverse.
"""

from dataclasses import dataclass, replace
from functools import cache, lru_cache

from cryptography import x509
from cryptography.x509.oid import NameOID

from honnin.identifiers import MunicipalityCode
from honnin.law.terms import Purpose

POLICY_ARC = "1.2.392.200149.8.5.1"
ATTRIBUTE_ARC = "1.2.392.200149.8.5.5"

NAME = f"{ATTRIBUTE_ARC}.1"
NAME_FLAGS = f"{ATTRIBUTE_ARC}.2"
SEX = f"{ATTRIBUTE_ARC}.3"
BIRTH_DATE = f"{ATTRIBUTE_ARC}.4"
ADDRESS = f"{ATTRIBUTE_ARC}.5"
ADDRESS_FLAGS = f"{ATTRIBUTE_ARC}.6"

PRODUCTION_ORGANISATION = "JPKI"
TEST_ORGANISATION = "JPKI-TEST"
_PRODUCTION_POLICIES = (f"{POLICY_ARC}.1.20", f"{POLICY_ARC}.3.30")
_TEST_POLICIES = (f"{POLICY_ARC}.0.20", f"{POLICY_ARC}.0.30")

_UNIT = {
    Purpose.SIGNATURE: "JPKI for digital signature",
    Purpose.USER_AUTHENTICATION: "JPKI for user authentication",
}
_JAPANESE_SERVICE = "公的個人認証サービス"
_JAPANESE_UNIT = {Purpose.SIGNATURE: "署名用", Purpose.USER_AUTHENTICATION: "利用者証明用"}
_AGENCY = "Japan Agency for Local Authority Information Systems"
_JAPANESE_AGENCY = "地方公共団体情報システム機構"
_DISTRIBUTION_POINTS = "CRL Distribution Points"


@dataclass(frozen=True)
class Deployment:
    """Which public key infrastructure this is; the defaults are a test.

    The OID of the test policy for user authentication is our choice (the published one is not known),
    and so are the word テスト in the Japanese names, the reserved example addresses, and an agency other
    than the real one for deployments that are neither.
    """

    organisation: str = TEST_ORGANISATION
    japanese_organisation: str = f"{_JAPANESE_SERVICE}テスト"
    agency: str = _AGENCY
    japanese_agency: str = _JAPANESE_AGENCY
    signature_policy: str = _TEST_POLICIES[0]
    user_authentication_policy: str = _TEST_POLICIES[1]
    cps_uri: str = "http://www.jpki-test.example/cps.html"
    ocsp_uri: str = "http://ocsp.jpki-test.example"

    def __post_init__(self) -> None:
        """Raises ValueError when a production name meets a policy that is not, or the reverse."""
        policies = (self.signature_policy, self.user_authentication_policy)
        if (self.organisation == PRODUCTION_ORGANISATION) != (policies == _PRODUCTION_POLICIES):
            raise ValueError("the production name and the production policies belong together")
        if set(policies) & set(_PRODUCTION_POLICIES) and policies != _PRODUCTION_POLICIES:
            raise ValueError("a policy of production cannot stand beside one that is not")

    def with_ocsp_uri(self, ocsp_uri: str) -> "Deployment":
        """The same deployment with its responder at another address."""
        return replace(self, ocsp_uri=ocsp_uri)

    def policy(self, purpose: Purpose) -> str:
        """The certificate policy OID, dotted."""
        return self.signature_policy if purpose is Purpose.SIGNATURE else self.user_authentication_policy

    def ca_name(self, purpose: Purpose) -> x509.Name:
        """The DN of a CA: C, O, OU, OU, one attribute each; all generations have the same."""
        return _ca_name(self, purpose)

    def japanese_ca_name(self, purpose: Purpose) -> x509.Name:
        """The Japanese DN in the CA's subjectAltName and in its certificates' issuerAltName."""
        return _japanese_ca_name(self, purpose)

    def distribution_point(self, purpose: Purpose, place: "Place") -> x509.Name:
        """The DN of the CRL partition of a municipality."""
        return _distribution_point(self, purpose, place)

    def responder_name(self, purpose: Purpose) -> x509.Name:
        """The DN of a delegated OCSP responder (our choice: the CA's DN and a common name)."""
        common_name = x509.NameAttribute(NameOID.COMMON_NAME, "OCSP Responder")
        return x509.Name([*self.ca_name(purpose), common_name])


@dataclass(frozen=True)
class Place:
    """A municipality as certificates name it: its five-digit code and names in Latin letters.

    For example `Place(MunicipalityCode("14103"), "Kanagawa-ken", "Yokohama-shi-Nishi-ku")`. Raises
    ValueError for a code that is not five digits, and for names that are empty, not ASCII, or over 58
    characters.
    """

    code: MunicipalityCode
    prefecture: str
    municipality: str

    def __post_init__(self) -> None:
        if not MunicipalityCode.has_form(self.code):
            raise ValueError("a municipality code has five digits")
        for name in (self.prefecture, self.municipality):
            if not (name.isascii() and name.isprintable() and 0 < len(name) <= 58):
                raise ValueError("a place is named in 1 to 58 Latin characters")


@cache
def _ca_name(deployment: Deployment, purpose: Purpose) -> x509.Name:
    return _name(
        (NameOID.COUNTRY_NAME, "JP"),
        (NameOID.ORGANIZATION_NAME, deployment.organisation),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, _UNIT[purpose]),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, deployment.agency),
    )


@cache
def _japanese_ca_name(deployment: Deployment, purpose: Purpose) -> x509.Name:
    unit = f"{deployment.japanese_organisation}{_JAPANESE_UNIT[purpose]}"
    return _name(
        (NameOID.COUNTRY_NAME, "JP"),
        (NameOID.ORGANIZATION_NAME, deployment.japanese_organisation),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, deployment.japanese_agency),
    )


@lru_cache(maxsize=4096)
def _distribution_point(deployment: Deployment, purpose: Purpose, place: Place) -> x509.Name:
    return _name(
        (NameOID.COUNTRY_NAME, "JP"),
        (NameOID.ORGANIZATION_NAME, deployment.organisation),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, _UNIT[purpose]),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, _DISTRIBUTION_POINTS),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, place.prefecture),
        (NameOID.COMMON_NAME, f"{place.municipality} CRLDP"),
    )


def _name(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    """One attribute for each RDN; C becomes a PrintableString and all others UTF8String."""
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])
