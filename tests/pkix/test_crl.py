"""Revocation lists joined from ready entries (RFC 5280, 5)."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from hypothesis import given
from hypothesis import strategies as st

from honnin.law.terms import Purpose
from honnin.pkix.crl import (
    REASON_NUMBER,
    CRLParts,
    DigestSigner,
    Scope,
    build_crl,
    crl_tbs,
    revoked_entry,
    write_crl,
)
from tests.support.pki import specimen

THIS_UPDATE = datetime(2026, 5, 31, 15, 0, 0, tzinfo=UTC)
AUTHORITY = specimen.authority(Purpose.SIGNATURE)


def parts(**changes: object) -> CRLParts:
    given_parts: dict[str, object] = {
        "issuer": AUTHORITY.issuer.name,
        "authority_key_identifier": AUTHORITY.issuer.authority_key_identifier,
        "crl_number": 12,
        "this_update": THIS_UPDATE,
        "next_update": THIS_UPDATE + timedelta(hours=48),
    }
    return CRLParts(**(given_parts | changes))  # type: ignore[arg-type]


entries = st.lists(
    st.tuples(
        st.integers(1, 2**64),
        st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1)),  # noqa: DTZ001
        st.sampled_from(sorted(REASON_NUMBER, key=REASON_NUMBER.__getitem__)),
    ),
    max_size=12,
    unique_by=lambda entry: entry[0],
)


@given(entries)
def test_list_is_what_another_builder_writes(
    revoked: list[tuple[int, datetime, x509.ReasonFlags]],
) -> None:
    builder = x509.CertificateRevocationListBuilder(
        AUTHORITY.issuer.name, THIS_UPDATE, THIS_UPDATE + timedelta(hours=48)
    )
    builder = builder.add_extension(AUTHORITY.issuer.authority_key_identifier, critical=False)
    builder = builder.add_extension(x509.CRLNumber(12), critical=False)
    mine = []
    for serial_number, when, reason in revoked:
        when = when.replace(tzinfo=UTC, microsecond=0)
        mine.append(revoked_entry(serial_number, when, reason))
        entry = x509.RevokedCertificateBuilder(serial_number, when)
        if reason is not x509.ReasonFlags.unspecified:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    theirs = builder.sign(specimen.key(AUTHORITY.key_name), hashes.SHA256())
    assert crl_tbs(parts(), b"".join(mine)) == theirs.tbs_certlist_bytes


def test_scope_and_delta_are_critical_extensions_in_their_order() -> None:
    name = AUTHORITY.issuer.deployment.distribution_point(Purpose.SIGNATURE, specimen.PLACE)
    scope = Scope((x509.DirectoryName(name),), only_user_certificates=True)
    crl = x509.load_der_x509_crl(
        build_crl(parts(scope=scope, base_crl_number=10), revoked_entry(5, THIS_UPDATE), AUTHORITY.sign)
    )
    assert crl.is_signature_valid(specimen.key(AUTHORITY.key_name).public_key())
    kinds = [(type(extension.value), extension.critical) for extension in crl.extensions]
    assert kinds == [
        (x509.AuthorityKeyIdentifier, False),
        (x509.CRLNumber, False),
        (x509.DeltaCRLIndicator, True),
        (x509.IssuingDistributionPoint, True),
    ]
    point = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    assert point.full_name == [x509.DirectoryName(name)]
    assert point.only_contains_user_certs
    assert not point.only_contains_ca_certs
    assert (crl.last_update_utc, crl.next_update_utc) == (THIS_UPDATE, THIS_UPDATE + timedelta(hours=48))


@given(st.lists(st.integers(0, 40), max_size=6))
def test_stream_is_the_same_bytes_whatever_the_segments(sizes: list[int]) -> None:
    serial_numbers = iter(range(1, 1000))
    segments = [
        b"".join(revoked_entry(next(serial_numbers), THIS_UPDATE) for _ in range(size)) for size in sizes
    ]
    out = io.BytesIO()
    signer = DigestSigner(specimen.digest_signer(AUTHORITY.key_name))
    written = write_crl(out, parts(), iter(segments), sum(map(len, segments)), signer)
    assert out.getvalue() == build_crl(parts(), b"".join(segments), AUTHORITY.sign)
    assert written == len(out.getvalue())


def test_stream_that_does_not_keep_its_announced_length_is_refused() -> None:
    signer = DigestSigner(specimen.digest_signer(AUTHORITY.key_name))
    entry = revoked_entry(5, THIS_UPDATE)
    with pytest.raises(ValueError, match="announced"):
        write_crl(io.BytesIO(), parts(), [entry], len(entry) + 1, signer)


def test_signature_that_does_not_keep_its_announced_length_is_refused() -> None:
    signer = DigestSigner(specimen.digest_signer(AUTHORITY.key_name), signature_length=384)
    with pytest.raises(ValueError, match="announced"):
        write_crl(io.BytesIO(), parts(), [], 0, signer)
