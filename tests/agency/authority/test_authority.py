"""The authorities: what they were opened with, what they refuse to sign, and the numbers they give."""

from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography import x509
from django.db import DatabaseError, connections, transaction

from honnin.agency.authority.models import IssuingKey, SerialSequence
from honnin.agency.authority.services import (
    Token,
    authority,
    next_crl_number,
    next_serial_number,
    open_authorities,
    renew_responder,
)
from honnin.agency.records.models import JournalEntry
from honnin.clock import FixedClock
from honnin.errors import Conflict, Malformed, Unavailable
from honnin.identifiers import MunicipalityCode, SerialNumber
from honnin.law.terms import Purpose
from honnin.pkix.certificate import ToBeSigned
from honnin.profile import user_authentication
from honnin.profile.holder import user_authentication_common_name
from honnin.profile.issuance import Particulars, Validity
from honnin.profile.layout import Kind
from honnin.profile.names import Place
from tests.support.card.keys import KeyPool
from tests.support.instants import NOW, OPENED_AT
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")


def key_of(purpose: Purpose) -> IssuingKey:
    return IssuingKey.objects.get(purpose=purpose)


def holder_content(key_pool: KeyPool, serial_number: int = 4711) -> ToBeSigned:
    """A user-authentication certificate's content, all in order."""
    issuer = authority().issuing(Purpose.USER_AUTHENTICATION)[1]
    name = user_authentication_common_name("A" * 14, MunicipalityCode("99101"), 3)
    subject = user_authentication.UserAuthenticationSubject(
        name, Place(MunicipalityCode("99101"), "Mihon-ken", "Mihon-shi")
    )
    particulars = Particulars(
        SerialNumber(serial_number), key_pool().public_key(), Validity(NOW, date(2031, 3, 15))
    )
    return user_authentication.to_be_signed(issuer, subject, particulars)


# — Opening ———————————————————————————————————————————————————————————————————————————————————————————


@pytest.mark.clause("S4-1.1a")
def test_there_are_two_authorities_with_keys_and_names_of_their_own() -> None:
    certificates = {
        purpose: x509.load_der_x509_certificate(bytes(key_of(purpose).certificate)) for purpose in Purpose
    }
    signature, authentication = (certificates[purpose] for purpose in Purpose)
    assert signature.subject != authentication.subject
    assert signature.public_key() != authentication.public_key()
    for certificate in certificates.values():
        certificate.verify_directly_issued_by(certificate)
        assert certificate.not_valid_before_utc == OPENED_AT
        # Ten years, the first day counted: the last second of 31 March 2036 in Japan.
        assert certificate.not_valid_after_utc == datetime(2036, 3, 31, 14, 59, 59, tzinfo=UTC)
        assert "JPKI-TEST" in certificate.subject.rfc4514_string()


@pytest.mark.clause("S4-1.1a")
def test_opening_again_keeps_what_is_there() -> None:
    before = list(IssuingKey.objects.values()), JournalEntry.objects.count()
    open_authorities(FixedClock(NOW - timedelta(days=10)))
    assert (list(IssuingKey.objects.values()), JournalEntry.objects.count()) == before


def test_the_opening_stands_in_the_journal() -> None:
    acts = list(JournalEntry.objects.order_by("sequence").values_list("act", "subject"))[:4]
    assert sorted(acts) == [
        ("open CA", "signature CA 1"),
        ("open CA", "user_authentication CA 1"),
        ("renew responder", "signature CA 1"),
        ("renew responder", "user_authentication CA 1"),
    ]


@pytest.mark.alters_records
def test_before_the_opening_nothing_is_issued() -> None:
    IssuingKey.objects.all().delete()
    with pytest.raises(Unavailable, match="E_AUTHORITY_NOT_OPEN"):
        type(authority())(authority().keys, lambda: authority().deployment).issuing(Purpose.SIGNATURE)


# — Responders ————————————————————————————————————————————————————————————————————————————————————————


@pytest.mark.parametrize(
    ("days", "renewed"), [(0, False), (59, False), (60, False), (61, True), (90, True), (400, True)]
)
def test_a_responder_is_renewed_when_less_than_thirty_days_are_left(days: int, renewed: bool) -> None:
    key = key_of(Purpose.SIGNATURE)
    before = bytes(key.responder_certificate or b"")
    assert before
    assert renew_responder(key, OPENED_AT + timedelta(days=days), "test") is renewed
    key.refresh_from_db()
    after = bytes(key.responder_certificate or b"")
    assert (after != before) is renewed
    if renewed:
        old, new = map(x509.load_der_x509_certificate, (before, after))
        assert new.serial_number > old.serial_number
        assert new.public_key() != old.public_key()
        assert authority().keys.load(key.responder_key_name).public_key() == new.public_key()
        new.verify_directly_issued_by(x509.load_der_x509_certificate(bytes(key.certificate)))


def test_a_renewal_that_died_leaves_no_name_taken() -> None:
    key, at = key_of(Purpose.SIGNATURE), OPENED_AT + timedelta(days=70)
    for _ in range(2):
        with transaction.atomic(using="agency"):
            renew_responder(key, at, "test")
            transaction.set_rollback(True, using="agency")
        key.refresh_from_db()
    renew_responder(key, at, "test")


def test_a_renewal_that_cannot_be_recorded_is_not_taken_for_done() -> None:
    """A process keeps its key objects: one that showed what was rolled back would never be renewed."""
    key, at = key_of(Purpose.SIGNATURE), OPENED_AT + timedelta(days=70)
    with connections["agency"].cursor() as cursor:
        cursor.execute(
            "CREATE TRIGGER full_journal BEFORE INSERT ON agency_records_journalentry "
            "BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )
        with pytest.raises(DatabaseError, match="no room"):
            renew_responder(key, at, "test")
        cursor.execute("DROP TRIGGER full_journal")
    stored = key_of(Purpose.SIGNATURE)
    assert (key.responder_key_name, key.responder_certificate) == (
        stored.responder_key_name,
        stored.responder_certificate,
    )
    assert renew_responder(key, at, "test") is True
    assert key.responder_key_name == key_of(Purpose.SIGNATURE).responder_key_name


# — What is signed ————————————————————————————————————————————————————————————————————————————————————


def test_what_was_prepared_is_signed_byte_for_byte(key_pool: KeyPool) -> None:
    office = authority()
    key, issuer = office.issuing(Purpose.USER_AUTHENTICATION)
    content = holder_content(key_pool)
    encoded = office.sign(office.prepare(Kind.USER_AUTHENTICATION, key, issuer, content))
    certificate = x509.load_der_x509_certificate(encoded)
    assert certificate.tbs_certificate_bytes == bytes(content)
    certificate.verify_directly_issued_by(issuer.certificate)


def test_a_token_is_redeemed_once(key_pool: KeyPool) -> None:
    office = authority()
    key, issuer = office.issuing(Purpose.USER_AUTHENTICATION)
    token = office.prepare(Kind.USER_AUTHENTICATION, key, issuer, holder_content(key_pool))
    office.sign(token)
    with pytest.raises(Conflict, match="E_TOKEN_USED"):
        office.sign(token)


def test_an_invented_token_is_worth_nothing() -> None:
    with pytest.raises(Conflict, match="E_TOKEN_USED"):
        authority().sign(Token("00" * 16))


def test_a_token_is_worth_nothing_in_another_process(key_pool: KeyPool) -> None:
    office = authority()
    key, issuer = office.issuing(Purpose.USER_AUTHENTICATION)
    token = office.prepare(Kind.USER_AUTHENTICATION, key, issuer, holder_content(key_pool))
    authority.cache_clear()
    with pytest.raises(Conflict, match="E_TOKEN_USED"):
        authority().sign(token)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.USER_AUTHENTICATION])
def test_content_of_another_kind_is_not_signed(kind: Kind, key_pool: KeyPool) -> None:
    office = authority()
    key, issuer = office.issuing(Purpose.USER_AUTHENTICATION)
    # ValueError: a kind that this authority never issues.
    with pytest.raises((Malformed, ValueError), match=r"E_CERT_NOT_IN_PROFILE|does not issue this kind"):
        office.prepare(kind, key, issuer, holder_content(key_pool))


def test_one_authoritys_content_is_not_signed_by_the_other(key_pool: KeyPool) -> None:
    office = authority()
    key, issuer = office.issuing(Purpose.SIGNATURE)
    with pytest.raises(ValueError, match="does not issue this kind"):
        office.prepare(Kind.USER_AUTHENTICATION, key, issuer, holder_content(key_pool))
    with pytest.raises(Malformed, match="E_CERT_NOT_IN_PROFILE"):
        office.prepare(Kind.SIGNATURE, key, issuer, holder_content(key_pool))


@pytest.mark.parametrize("content", [b"", b"\x30\x00", b"\x30\x82\xff\xff", bytes(300)])
def test_what_is_no_certificate_is_not_signed(content: bytes) -> None:
    office = authority()
    key, issuer = office.issuing(Purpose.USER_AUTHENTICATION)
    with pytest.raises(Malformed, match="E_CERT_NOT_IN_PROFILE"):
        office.prepare(Kind.USER_AUTHENTICATION, key, issuer, ToBeSigned(content))


def test_no_single_changed_byte_slips_through_into_another_certificate(key_pool: KeyPool) -> None:
    """What still fits the profile after a change differs in what the profile leaves free: the key, mostly."""
    office = authority()
    key, issuer = office.issuing(Purpose.USER_AUTHENTICATION)
    content = bytes(holder_content(key_pool))
    passed = 0
    for place in range(0, len(content), 3):
        altered = content[:place] + bytes((content[place] ^ 0x55,)) + content[place + 1 :]
        try:
            office.prepare(Kind.USER_AUTHENTICATION, key, issuer, ToBeSigned(altered))
        except Malformed as error:
            if error.code != "E_CERT_NOT_IN_PROFILE":
                raise
        else:
            passed += 1
    # The modulus (256 of about 1000 bytes) is anyone's; hardly anything else is.
    assert passed < 0.4 * len(content) / 3


# — Numbers ———————————————————————————————————————————————————————————————————————————————————————————


@pytest.mark.alters_records
def test_serial_numbers_grow_one_by_one_and_each_authority_has_its_own() -> None:
    with transaction.atomic(using="agency"):
        signature = [next_serial_number(Purpose.SIGNATURE) for _ in range(5)]
        authentication = next_serial_number(Purpose.USER_AUTHENTICATION)
    assert signature == list(range(signature[0], signature[0] + 5))
    assert authentication == signature[0]  # both gave one to their CA and one to its responder


@pytest.mark.alters_records
def test_a_number_of_a_transaction_that_failed_is_given_again() -> None:
    numbers = []
    for _ in range(3):
        with transaction.atomic(using="agency"):
            numbers.append(next_serial_number(Purpose.SIGNATURE))
            transaction.set_rollback(True, using="agency")
    assert len(set(numbers)) == 1


@pytest.mark.alters_records
def test_the_first_number_of_a_sequence_is_one() -> None:
    SerialSequence.objects.all().delete()
    with transaction.atomic(using="agency"):
        assert [next_serial_number(Purpose.SIGNATURE) for _ in range(3)] == [1, 2, 3]


def test_numbers_of_authorities_responders_and_holders_never_meet(town: Town) -> None:
    holder = town.with_certificates()
    for purpose in Purpose:
        key = key_of(purpose)
        numbers = [
            x509.load_der_x509_certificate(bytes(content or b"")).serial_number
            for content in (key.certificate, key.responder_certificate)
        ]
        assert town.records(holder)[purpose].serial_number == max(numbers) + 1


@pytest.mark.alters_records
def test_list_numbers_grow_for_each_authority() -> None:
    key, other = (key_of(purpose) for purpose in Purpose)
    with transaction.atomic(using="agency"):
        first, *more = (next_crl_number(key)[0] for _ in range(3))
        assert more == [first + 1, first + 2]
        assert next_crl_number(other)[0] == next_crl_number(other)[0] - 1


def test_a_test_deployment_says_so_in_every_certificate(town: Town) -> None:
    holder = town.with_certificates()
    for record in town.records(holder).values():
        certificate = x509.load_der_x509_certificate(bytes(record.certificate))
        assert "O=JPKI-TEST" in certificate.issuer.rfc4514_string()
