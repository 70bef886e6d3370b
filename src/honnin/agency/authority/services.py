"""Opening the authorities, and the two steps by which anything gets signed.

`prepare()` lints the bytes to be signed and hands out a token; `sign()` redeems it once and signs those
very bytes. There is no other way to a signature on a certificate.
"""

import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.conf import settings
from django.db import transaction

from honnin.agency.authority.models import IssuingKey, ListSequence, SerialSequence
from honnin.agency.authority.queries import certificate_of, generations, keys_in_service, signs_lists
from honnin.agency.records.journal import DATABASE, JOURNAL, KEY_NAME, Act, append
from honnin.clock import Clock, day_in_japan
from honnin.custody.key_files import KeyFiles
from honnin.errors import Conflict, Unavailable
from honnin.identifiers import SerialNumber
from honnin.journal.binding import Written, changed
from honnin.journal.heads import sign_head
from honnin.law.calendar import last_day_of_years
from honnin.law.certificates.compromise import may_issue_with
from honnin.law.citation import cites
from honnin.law.terms import Compromise, Purpose
from honnin.pkix.certificate import ToBeSigned, assemble, subject_key_identifier
from honnin.pkix.crl import CRLParts, build_crl
from honnin.profile import certification_authority, ocsp_responder
from honnin.profile.issuance import Issuer, Particulars, Validity
from honnin.profile.layout import Kind
from honnin.profile.lint import Linter
from honnin.profile.names import Deployment
from honnin.translation import Sentence

log = logging.getLogger(__name__)
CA_YEARS = 10
RESPONDER_LIFE = timedelta(days=90)
RESPONDER_RENEWAL = timedelta(days=30)
_OF_A_LIST = ("published_at", "published_through")
_OF_A_RESPONDER = ("responder_certificate", "responder_key_name")
# Plain SQL where every issuing passes: it is the one path where the ORM's cost shows.
_NEWEST = (
    f"SELECT key_id, compromise, generation FROM {IssuingKey._meta.db_table} "  # noqa: S608
    "WHERE purpose = %s ORDER BY generation DESC LIMIT 1"
)
_TAKE_NUMBER = (
    f"UPDATE {SerialSequence._meta.db_table} SET next_serial_number = next_serial_number + 1 "  # noqa: S608
    "WHERE purpose = %s RETURNING next_serial_number - 1"
)


_MOST_PREPARED = 1000  # certificates of a kilobyte or two, waiting to be signed in this process


@dataclass(frozen=True)
class Token:
    """Permission to sign one linted content once. Worthless outside the process that made it."""

    number: str


@dataclass(frozen=True)
class _Prepared:
    key_name: str
    to_be_signed: ToBeSigned


class Authority:
    """The two CAs of one deployment. One instance for each process; thread-safe."""

    def __init__(self, keys: KeyFiles, describe: Callable[[], Deployment]) -> None:
        """`describe` is asked each time: the addresses that certificates carry may change meanwhile."""
        self.keys = keys
        self._describe = describe
        self._prepared: OrderedDict[str, _Prepared] = OrderedDict()
        self._lock = threading.Lock()
        self._issuers: dict[str, tuple[IssuingKey, Issuer]] = {}
        self._linters: dict[tuple[Kind, bytes, Deployment], Linter] = {}

    @property
    def deployment(self) -> Deployment:
        """The names and addresses that certificates carry now."""
        return self._describe()

    def issuing(self, purpose: Purpose) -> tuple[IssuingKey, Issuer]:
        """The generation that issues now. Raises Unavailable E_AUTHORITY_NOT_OPEN before it was opened, and
        E_ISSUER_KEY_COMPROMISED where it must not issue any more and no other was opened.

        Asked of the records each time, for another process may have rolled over since.
        """
        with transaction.get_connection(DATABASE).cursor() as cursor:
            cursor.execute(_NEWEST, [purpose])
            row = cursor.fetchone()
        if row is None:
            raise Unavailable("E_AUTHORITY_NOT_OPEN", purpose=purpose)
        key_id, compromise, generation = str(row[0]), row[1], row[2]
        if not may_issue_with(Compromise(compromise) if compromise else None):
            purpose_name = Sentence(purpose)
            raise Unavailable("E_ISSUER_KEY_COMPROMISED", purpose=purpose_name, generation=generation)
        known = self._issuers.get(key_id)
        if known is None:
            newest = IssuingKey.objects.get(key_id=key_id)
            known = self._issuers[key_id] = (newest, self.issuer_of(newest))
        elif known[1].deployment != (deployment := self.deployment):
            known = self._issuers[key_id] = (known[0], replace(known[1], deployment=deployment))
        return known

    def issuer_of(self, key: IssuingKey) -> Issuer:
        """A generation as its certificates name it."""
        return Issuer(self.deployment, Purpose(key.purpose), certificate_of(key))

    def prepare(self, kind: Kind, key: IssuingKey, issuer: Issuer, to_be_signed: ToBeSigned) -> Token:
        """Lint a TBSCertificate against the profile of its kind and keep it for `sign`.

        Raises Malformed E_CERT_NOT_IN_PROFILE; then nothing can be signed.
        """
        profile = (kind, issuer.key_identifier, issuer.deployment)
        linter = self._linters.get(profile)
        if linter is None:
            linter = self._linters[profile] = Linter(kind, issuer)
        linter.require_clean(to_be_signed)
        return self._keep(key.key_name, to_be_signed)

    def prepare_root(self, key_name: str, purpose: Purpose, to_be_signed: ToBeSigned) -> Token:
        """The same for a CA's own certificate, to be signed with the key that it certifies."""
        Linter.of_root(self.deployment, purpose).require_clean(to_be_signed)
        return self._keep(key_name, to_be_signed)

    def _keep(self, key_name: str, to_be_signed: ToBeSigned) -> Token:
        token = Token(secrets.token_hex(16))
        with self._lock:
            self._prepared[token.number] = _Prepared(key_name, to_be_signed)
            if len(self._prepared) > _MOST_PREPARED:  # what an act left behind that failed before it signed
                self._prepared.popitem(last=False)
        return token

    def sign(self, token: Token) -> bytes:
        """The certificate (DER) that was prepared. Raises Conflict E_TOKEN_USED the second time."""
        with self._lock:
            prepared = self._prepared.pop(token.number, None)
        if prepared is None:
            raise Conflict("E_TOKEN_USED")
        return assemble(prepared.to_be_signed, self.keys.sign(prepared.key_name, prepared.to_be_signed))

    def sign_list(self, key: IssuingKey, parts: CRLParts, entries: bytes) -> bytes:
        """A certificate revocation list (DER), signed by the generation it speaks for."""
        return build_crl(parts, entries, lambda tbs: self.keys.sign(key.key_name, tbs))


@cache
def authority() -> Authority:
    """The authorities of this process, as its settings describe them."""
    return Authority(
        KeyFiles(settings.HONNIN_KEYS, settings.HONNIN_KEY_PASSPHRASE), settings.HONNIN_DEPLOYMENT
    )


def next_serial_number(purpose: Purpose) -> SerialNumber:
    """Take the next serial number of a CA. Must run inside the issuing transaction: a number that was not
    used is given again, one that was used never.
    """
    if not transaction.get_connection(DATABASE).in_atomic_block:
        raise RuntimeError("a serial number belongs to the transaction of its certificate")
    # One statement takes the number and the row's lock.
    with transaction.get_connection(DATABASE).cursor() as cursor:
        cursor.execute(_TAKE_NUMBER, [purpose])
        row = cursor.fetchone()
    if row is None:
        SerialSequence.objects.create(purpose=purpose, next_serial_number=2)
        return SerialNumber(1)
    return SerialNumber(row[0])


def numbers_taken(purpose: Purpose, last: SerialNumber) -> Written:
    """What the entry of a certificate binds of the numbers that its transaction took, `last` the last."""
    sequence = SerialSequence(purpose=purpose, next_serial_number=last + 1)
    return sequence if last == 1 else changed(sequence, "next_serial_number")


def next_crl_number(key: IssuingKey) -> tuple[int, Written]:
    """Take the next CRLNumber of a generation (RFC 5280 5.2.3); and what its entry binds.

    Must run inside the transaction of that entry.
    """
    sequence, new = ListSequence.objects.select_for_update().get_or_create(issuing_key=key)
    number = sequence.next_crl_number
    sequence.next_crl_number = number + 1
    sequence.save(update_fields=["next_crl_number"])
    return number, sequence if new else changed(sequence, "next_crl_number")


def note_list(key: IssuingKey, this_update: datetime, through: int, *, actor: str, at: datetime) -> None:
    """A list of that instant, with all acts up to that entry of the journal, is where anyone may read it."""
    with transaction.atomic(using=DATABASE):
        sequence = ListSequence.objects.select_for_update().get(issuing_key=key)
        sequence.published_at, sequence.published_through = this_update, through
        sequence.save(update_fields=_OF_A_LIST)
        detail: dict[str, str | int] = {"this_update": this_update.isoformat(), "through": through}
        append(Act(actor, "list is published", str(key), detail), at, changed(sequence, *_OF_A_LIST))


@cites("S4-1.1a")
def open_authorities(clock: Clock, *, actor: str = "ceremony") -> None:
    """Make the first generation of both CAs where there is none, and responders that are fresh enough.

    Before the first act the file of the journal's signed heads begins. Runs again without harm: what exists
    is kept, and key files of former versions are put under a stretched passphrase.
    """
    for name in authority().keys.stretch_old_files():
        log.warning("the passphrase of %s.pem is stretched by scrypt now; put its old copies away", name)
    if not IssuingKey.objects.exists():
        authority().keys.create_journal_key(KEY_NAME)
        sign_head(JOURNAL, clock.now())
    for purpose in Purpose:
        if not generations(purpose).exists():
            _open_first_generation(purpose, clock.now(), actor)
    for key in keys_in_service(clock.now()):
        renew_responder(key, clock.now(), actor)


def _open_first_generation(purpose: Purpose, at: datetime, actor: str) -> None:
    key = drafted_generation(purpose, 1, at)
    with transaction.atomic(using=DATABASE):
        number = certify_root(key)
        key.save(force_insert=True)
        record_opening(key, actor, numbers_taken(purpose, number))


def drafted_generation(purpose: Purpose, generation: int, at: datetime) -> IssuingKey:
    """A generation that has its key in custody and no certificate yet; not saved."""
    # A run that died before its transaction ended leaves a key nobody certified: never use it.
    name = f"{purpose}-ca-{generation}-{secrets.token_hex(4)}"
    public_key = authority().keys.create(name)
    key_id = subject_key_identifier(public_key).hex()
    return IssuingKey(purpose=purpose, generation=generation, key_name=name, key_id=key_id, opened_at=at)


def certify_root(key: IssuingKey) -> SerialNumber:
    """Sign a generation's own certificate; returns its number.

    Must run inside the transaction that saves it.
    """
    office, purpose = authority(), Purpose(key.purpose)
    public_key = office.keys.load(key.key_name).public_key()
    validity = Validity(key.opened_at, last_day_of_years(day_in_japan(key.opened_at), CA_YEARS))
    particulars = Particulars(next_serial_number(purpose), public_key, validity)
    tbs = certification_authority.root_to_be_signed(office.deployment, purpose, particulars)
    key.certificate = office.sign(office.prepare_root(key.key_name, purpose, tbs))
    return particulars.serial_number


def record_opening(key: IssuingKey, actor: str, *written: Written) -> None:
    """The journal's entry of a generation that was put in, and of what else was `written` for it.

    Must run inside the transaction that saves it.
    """
    append(Act(actor, "open CA", str(key), {"key_id": key.key_id}), key.opened_at, key, *written)


def renew_responder(key: IssuingKey, at: datetime, actor: str) -> bool:
    """Give a generation's OCSP responder a new key and certificate when that is due (`responder_is_due`).

    Returns whether it did: then the status service must read its keys anew.
    """
    if not responder_is_due(key, at):
        return False
    name = responder_key_name(key, at)
    public_key = authority().keys.create(name)
    with transaction.atomic(using=DATABASE):
        certificate, number = certified_responder(key, public_key, at)
        present = IssuingKey.objects.select_for_update().get(pk=key.pk)
        present.responder_certificate, present.responder_key_name = certificate, name
        present.save(update_fields=_OF_A_RESPONDER)
        numbers = numbers_taken(Purpose(key.purpose), number)
        record_responder(key, name, at, actor, changed(present, *_OF_A_RESPONDER), numbers)
    # The caller keeps this object: what was rolled back must not stay in it.
    key.responder_certificate, key.responder_key_name = certificate, name
    return True


def responder_is_due(key: IssuingKey, at: datetime) -> bool:
    """Whether a responder has no certificate, one with under 30 days left, or one that begins in the future:
    it was made before the clock was set back, and no answer that it signs can be relied on.

    Not when it ends with its CA, nor where the CA's key is lost or damaged and can certify no other.
    """
    if not signs_lists(key):
        return False
    if key.responder_certificate is None:
        return True
    certificate, last = certificate_of_responder(key), certificate_of(key).not_valid_after_utc
    if at < certificate.not_valid_before_utc:
        return True
    left = certificate.not_valid_after_utc - at
    return left <= RESPONDER_RENEWAL and certificate.not_valid_after_utc != last


def certificate_of_responder(key: IssuingKey) -> x509.Certificate:
    """The certificate of a generation's OCSP responder, which has one."""
    return x509.load_der_x509_certificate(bytes(key.responder_certificate or b""))


def certified_responder(
    key: IssuingKey, public_key: RSAPublicKey, at: datetime
) -> tuple[bytes, SerialNumber]:
    """A certificate (DER) for a generation's responder, which ends no later than its CA, and its number.

    Must run inside the transaction that keeps it.
    """
    office = authority()
    issuer = office.issuer_of(key)
    last = min(at + RESPONDER_LIFE, issuer.certificate.not_valid_after_utc)
    validity = Validity(at, day_in_japan(last))
    particulars = Particulars(next_serial_number(issuer.purpose), public_key, validity)
    tbs = ocsp_responder.to_be_signed(issuer, particulars)
    return office.sign(office.prepare(Kind.OCSP_RESPONDER, key, issuer, tbs)), particulars.serial_number


def record_responder(key: IssuingKey, name: str, at: datetime, actor: str, *written: Written) -> None:
    """The journal's entry of a responder's new key, and of what was `written` for it.

    Must run inside the transaction that keeps it.
    """
    append(Act(actor, "renew responder", str(key), {"key": name}), at, *written)


def responder_key_name(key: IssuingKey, at: datetime) -> str:
    """A name never used before: a run that died leaves its key file, and that key is certified by nobody."""
    return f"{key.purpose}-responder-{key.generation}-{at:%Y%m%d%H%M%S}-{secrets.token_hex(4)}"
