"""Answers OCSP requests from the issue records: no Django, and no signing when a fresh answer is at hand.

An answer stays in the cache as long as the record says the same and half of its time has not passed;
the record is looked up every time, so that a hold is visible with the next request. Requests with a
nonce are signed on demand. What was never issued has a small place of its own: strangers can ask about it
without end, and push out nothing else.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from honnin.agency.status.answers import Answers, Kept
from honnin.agency.status.index import StatusEntry, StatusIndex
from honnin.clock import Clock, whole_second
from honnin.errors import Malformed, Unavailable
from honnin.law.certificates.status import Status
from honnin.pkix import ocsp
from honnin.pkix.certificate import Sign
from honnin.profile.crl import reason_flag

# Our choice: answers live 15 minutes.
LIFETIME = timedelta(minutes=15)
REFRESH = LIFETIME / 2
MOST_CACHED = 96 * 1024 * 1024  # octets, some 40,000 answers
MOST_UNKNOWN = 4 * 1024 * 1024
# Strangers' questions make us look for new generations, so no more often than this (our choice).
BETWEEN_LOOKS = timedelta(seconds=1)
# A responder's key is renewed weeks before its end: so soon it is noticed, without a restart (our choice).
READ_ANEW = timedelta(minutes=1)


@dataclass(frozen=True)
class Issuer:
    """One generation of a CA, and the delegated responder that speaks for it."""

    purpose: str
    key_id: str
    certificate: x509.Certificate
    responder: ocsp.Responder


@dataclass(frozen=True, slots=True)
class Answer:
    """DER of an OCSPResponse, and for how many seconds others may keep it (0: not at all)."""

    body: bytes
    max_age: int = 0


MALFORMED = Answer(ocsp.error_response(ocsp.ErrorStatus.MALFORMED_REQUEST))
INTERNAL_ERROR = Answer(ocsp.error_response(ocsp.ErrorStatus.INTERNAL_ERROR))
TRY_LATER = Answer(ocsp.error_response(ocsp.ErrorStatus.TRY_LATER))


class StatusResponder:
    """The status service's brain; thread-safe."""

    def __init__(
        self,
        issuers: Iterable[Issuer],
        index: StatusIndex,
        clock: Clock,
        *,
        read_issuers: Callable[[], Iterable[Issuer]] | None = None,
        most_kept: int = MOST_CACHED,
    ) -> None:
        """`read_issuers` reads the issuers anew: every minute, since a responder's key may have been renewed,
        and when asked about one that is not known, which may be a generation that a rollover has opened
        meanwhile. It may raise Unavailable. `most_kept`: octets of answers about certificates that were
        issued.
        """
        self._issuers = _by_cert_id(issuers)
        self._read_issuers = read_issuers
        self._looked_at: datetime | None = None
        self._read_at = clock.now()
        self._index = index
        self._clock = clock
        self._issued = Answers(most_kept)
        self._unknown = Answers(min(most_kept, MOST_UNKNOWN))

    def answer(self, encoded: bytes) -> Answer:
        """The answer to a DER request; never raises. See RFC 6960 2.3 for the error answers."""
        return self._guarded(lambda: ocsp.parse_request(encoded))

    def answer_path(self, path: str) -> Answer:
        """The answer to a GET request's path (RFC 6960 A.1)."""
        return self._guarded(lambda: ocsp.parse_request_path(path))

    def _guarded(self, parse: Callable[[], ocsp.StatusRequest]) -> Answer:
        try:
            return self._answer(parse())
        except Malformed:
            return MALFORMED
        except Unavailable as error:
            return INTERNAL_ERROR if error.code == "E_RECORDS_NOT_UNDERSTOOD" else TRY_LATER

    def _answer(self, request: ocsp.StatusRequest) -> Answer:
        cert_id = request.cert_id
        issuer = self._issuer(cert_id)
        if issuer is None:
            return Answer(ocsp.error_response(ocsp.ErrorStatus.UNAUTHORIZED))
        entry = self._index.find(issuer.purpose, cert_id.serial_number)
        if entry is not None and entry.issuer_key_id != issuer.key_id:
            entry = None  # issued, but by another generation: this one never did
        now = whole_second(self._clock.now())
        if request.nonce is not None:
            return Answer(self._signed(issuer, cert_id, entry, now, request.nonce))
        kept = self._cached(issuer, cert_id, entry, now)
        return Answer(kept.body, max_age=_seconds_left(kept, now))

    def _issuer(self, cert_id: ocsp.CertID) -> Issuer | None:
        asked = (cert_id.hash_name, cert_id.issuer_name_hash, cert_id.issuer_key_hash)
        now = self._clock.now()
        if asked not in self._issuers:
            self._look(now)
        elif not self._read_at <= now < self._read_at + READ_ANEW:
            with suppress(Unavailable):  # what is known does until then
                self._look(now)
        return self._issuers.get(asked)

    def _look(self, now: datetime) -> None:
        """Read the issuers anew, but no more often than strangers may make us."""
        before = self._looked_at
        if self._read_issuers is not None and (before is None or not before <= now < before + BETWEEN_LOOKS):
            self._looked_at = now
            self._issuers = _by_cert_id(self._read_issuers())
            self._read_at = now

    def _cached(self, issuer: Issuer, cert_id: ocsp.CertID, entry: StatusEntry | None, now: datetime) -> Kept:
        answers = self._unknown if entry is None else self._issued
        kept = answers.get(cert_id)
        if kept is not None and kept.entry == entry and kept.signed_at <= now < kept.signed_at + REFRESH:
            return kept
        kept = Kept(entry, self._signed(issuer, cert_id, entry, now, None), now)
        answers.keep(cert_id, kept)
        return kept

    def _signed(
        self,
        issuer: Issuer,
        cert_id: ocsp.CertID,
        entry: StatusEntry | None,
        now: datetime,
        nonce: bytes | None,
    ) -> bytes:
        answer = ocsp.StatusAnswer(
            cert_id, _cert_status(entry, now), this_update=now, next_update=now + LIFETIME
        )
        return issuer.responder.respond(answer, produced_at=now, nonce=nonce)


def _by_cert_id(issuers: Iterable[Issuer]) -> dict[tuple[str, bytes, bytes], Issuer]:
    """Issuers by each form in which a request may name them."""
    named = {}
    for issuer in issuers:
        for hash_name in ("sha1", "sha256"):
            known = ocsp.cert_id_of(issuer.certificate, 1, hash_name)
            named[hash_name, known.issuer_name_hash, known.issuer_key_hash] = issuer
    return named


def _cert_status(entry: StatusEntry | None, now: datetime) -> ocsp.RevokedInfo | ocsp.CertStatus:
    if entry is None:
        return ocsp.CertStatus.UNKNOWN
    if entry.status is Status.GOOD:
        return ocsp.CertStatus.GOOD
    try:
        reason = reason_flag(entry.crl_reason)
    except ValueError as error:
        raise Unavailable("E_RECORDS_NOT_UNDERSTOOD") from error
    since = min(whole_second(entry.status_changed_at), now)  # or it was recorded by a clock that was set back
    return ocsp.RevokedInfo(since, reason)


def _seconds_left(kept: Kept, now: datetime) -> int:
    """Others may keep "revoked" until the answer's nextUpdate, but a hold must show within seconds."""
    if kept.entry is None or kept.entry.status is not Status.REVOKED:
        return 0
    return int((kept.signed_at + LIFETIME - now).total_seconds())


def responder_for(certificate: bytes, sign: Sign) -> ocsp.Responder:
    """The writer of responses in the name of a delegated responder's certificate (DER)."""
    return ocsp.Responder(x509.load_der_x509_certificate(certificate), certificate, sign)
