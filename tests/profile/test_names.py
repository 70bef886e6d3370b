"""Deployments and places: a test stays a test."""

import pytest

from honnin.identifiers import MunicipalityCode
from honnin.law.terms import Purpose
from honnin.profile.issuance import Issuer, Validity
from honnin.profile.names import Deployment, Place
from tests.support.pki import specimen

ARC = "1.2.392.200149.8.5.1"


def test_default_is_a_test_deployment() -> None:
    deployment = Deployment()
    assert deployment.organisation == "JPKI-TEST"
    assert deployment.policy(Purpose.SIGNATURE) == f"{ARC}.0.20"
    assert deployment.policy(Purpose.USER_AUTHENTICATION) == f"{ARC}.0.30"


def test_production_has_its_own_policies() -> None:
    deployment = specimen.PRODUCTION
    assert deployment.policy(Purpose.SIGNATURE) == f"{ARC}.1.20"
    assert deployment.policy(Purpose.USER_AUTHENTICATION) == f"{ARC}.3.30"
    assert deployment.with_ocsp_uri("http://127.0.0.1:1/").ocsp_uri == "http://127.0.0.1:1/"


@pytest.mark.parametrize(
    "mixed",
    [
        {"organisation": "JPKI"},
        {"signature_policy": f"{ARC}.1.20"},
        {"user_authentication_policy": f"{ARC}.3.30"},
        {"signature_policy": f"{ARC}.1.20", "user_authentication_policy": f"{ARC}.3.30"},
        {"organisation": "JPKI", "signature_policy": f"{ARC}.1.20"},
    ],
)
def test_production_and_test_do_not_mix(mixed: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="production"):
        Deployment(**mixed)


def test_another_country_may_have_its_own_names() -> None:
    deployment = Deployment(
        organisation="Elbonia",
        signature_policy="1.3.6.1.4.1.99999.1",
        user_authentication_policy="1.3.6.1.4.1.99999.2",
    )
    assert "O=Elbonia" in deployment.ca_name(Purpose.SIGNATURE).rfc4514_string()


@pytest.mark.parametrize(
    ("code", "prefecture", "municipality"),
    [
        ("9910", "Mihon-ken", "Aoba-shi"),
        ("9910a", "Mihon-ken", "Aoba-shi"),
        ("９９１０１", "Mihon-ken", "Aoba-shi"),
        ("99101", "", "Aoba-shi"),
        ("99101", "みほん県", "Aoba-shi"),
        ("99101", "Mihon-ken", "A" * 59),
        ("99101", "Mihon-ken", "Aoba\nshi"),
    ],
)
def test_places_are_written_in_latin_letters(code: str, prefecture: str, municipality: str) -> None:
    with pytest.raises(ValueError, match=r"code|place"):
        Place(MunicipalityCode(code), prefecture, municipality)


def test_longest_place_fits_the_common_name() -> None:
    place = Place(MunicipalityCode("99101"), "Mihon-ken", "A" * 58)
    name = Deployment().distribution_point(Purpose.SIGNATURE, place)
    assert name.rfc4514_string().startswith(f"CN={'A' * 58} CRLDP,OU=Mihon-ken,OU=CRL Distribution Points")


def test_issuer_of_another_purpose_or_deployment_is_refused() -> None:
    certificate = specimen.authority(Purpose.SIGNATURE).certificate
    with pytest.raises(ValueError, match="another name"):
        Issuer(Deployment(), Purpose.USER_AUTHENTICATION, certificate)
    with pytest.raises(ValueError, match="another name"):
        Issuer(specimen.PRODUCTION, Purpose.SIGNATURE, certificate)


def test_validity_ends_with_the_day_in_japan() -> None:
    validity: Validity = specimen.HOLDER_VALIDITY
    assert validity.last_second.isoformat() == "2031-02-17T14:59:59+00:00"
