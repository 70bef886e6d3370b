"""The linter passes what follows the profile and refuses what does not, down to the last octet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.errors import Malformed
from honnin.law.terms import Purpose
from honnin.pkix import der
from honnin.pkix.certificate import assemble
from honnin.profile.layout import Kind
from honnin.profile.lint import Finding, Linter
from tests.profile.departures import (
    ATTRIBUTES,
    AUTHENTICATION,
    AUTHENTICATION_CA,
    AUTHENTICATION_TBS,
    EVERY,
    LINK,
    RESPONDER,
    ROOT,
    ROOT_TBS,
    SIGNATURE,
    SIGNATURE_CA,
    SIGNATURE_TBS,
    codes,
)
from tests.support.pki import specimen


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


@given(st.binary(max_size=300))
def test_any_bytes_are_not_der_and_nothing_is_raised(encoded: bytes) -> None:
    assert codes(SIGNATURE.findings(encoded)) == {"L_DER"}
    assert codes(SIGNATURE.certificate_findings(encoded)) == {"L_DER"}


@pytest.mark.parametrize("encoded", [b"", b"\x30\x00", b"\x30\x02\x05\x00", SIGNATURE_TBS])
def test_no_certificate_at_all(encoded: bytes) -> None:
    assert codes(SIGNATURE.certificate_findings(encoded)) <= {"L_DER", "L_SIGNATURE"}
    assert SIGNATURE.certificate_findings(encoded)


@pytest.mark.parametrize("signature", [bytes(255), bytes(512)])
def test_signature_of_another_length(signature: bytes) -> None:
    encoded = assemble(SIGNATURE_TBS, signature)
    assert codes(SIGNATURE.certificate_findings(encoded)) == {"L_SIGNATURE"}


def test_outer_algorithm_that_is_not_the_inner() -> None:
    encoded = assemble(SIGNATURE_TBS, bytes(256))
    at = encoded.rindex(bytes.fromhex("2a864886f70d01010b"))
    changed = encoded[: at + 8] + b"\x0c" + encoded[at + 9 :]
    assert codes(SIGNATURE.certificate_findings(changed)) == {"L_SIGNATURE"}


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
