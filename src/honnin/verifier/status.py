"""Sources of certificate status: the responder, and lists from files or addresses.

A source answers with what was proved, or raises: `Unavailable` when it cannot be reached in time
(E_STATUS_UNAVAILABLE) or something else is at its address (E_STATUS_ADDRESS), `Malformed` for a list in a
file that is larger than is read (E_FILE_TOO_LARGE), `Untrusted` when what it said proves nothing
(E_STATUS_UNTRUSTED, E_STATUS_STALE, E_STATUS_FUTURE, E_LIST_UNREADABLE). No source guesses.
"""

import secrets
import threading
import urllib.request
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from honnin.clock import is_recent
from honnin.errors import HonninError, Malformed, Unavailable, Untrusted
from honnin.files import read_file
from honnin.pkix.armour import lists_in, require_list
from honnin.pkix.ocsp import CertStatus, cert_id_of, request
from honnin.pkix.status import (
    CertificateStatus,
    StatusQuestion,
    VerifiedCRL,
    check_ocsp_response,
)
from honnin.translation import reason_of
from honnin.verifier.fetching import fetch

_NONCE_OCTETS = 32  # RFC 9654, 2.1
_LONGEST_RESPONSE = 64 * 1024
LONGEST_LIST = 256 * 1024 * 1024
"""Octets of a list that are read, some seven million entries (our choice)."""
_UNAVAILABLE = "E_STATUS_UNAVAILABLE"
_UNTRUSTED = "E_STATUS_UNTRUSTED"
# Our choice: nobody fetches the list of another generation for every certificate, and one that was damaged on
# the way is soon fetched again.
_REFUSED_FOR = timedelta(minutes=1)


class StatusSource(Protocol):
    """A source that can prove the status of a certificate."""

    def status_of(
        self, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime
    ) -> CertificateStatus:
        """The status at an instant of a certificate that `issuer` signed. Raises Untrusted, Unavailable."""
        ...


class OCSPClient:
    """Asks a responder over HTTP, with a fresh nonce that must come back (RFC 6960, RFC 9654)."""

    def __init__(self, url: str, *, timeout: float = 5.0) -> None:
        """`timeout` in seconds. Raises ValueError for an address that is not http or https."""
        self._url = _http_address(url)
        self._timeout = timeout

    def status_of(
        self, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime
    ) -> CertificateStatus:
        """As `StatusSource.status_of`; one request each time, nothing is kept."""
        nonce = secrets.token_bytes(_NONCE_OCTETS)
        encoded = request(cert_id_of(issuer, certificate.serial_number), nonce)
        asked = urllib.request.Request(  # noqa: S310 – the scheme was checked
            self._url, data=encoded, headers={"Content-Type": "application/ocsp-request"}
        )
        response = fetch(asked, timeout=self._timeout, longest=_LONGEST_RESPONSE)
        try:
            return check_ocsp_response(response, StatusQuestion(certificate, issuer, at, nonce))
        except Unavailable as error:  # whose address only this client knows
            raise Unavailable(error.code, **{**error.context, "address": self._url}) from error


@dataclass(frozen=True)
class _Kept:
    """A list that was verified for one issuer, or why there is none; and when it was fetched."""

    crl: VerifiedCRL | None
    problem: Untrusted | None
    fetched_at: datetime
    version: object


class CRLSource:
    """Looks certificates up in lists at files or addresses, and keeps the lists it has verified.

    A file is read again when it changed; an address is fetched again after `refresh`, or after a minute where
    the list was another issuer's, for example another generation's. Where several lists speak for a
    certificate, revoked in one is revoked.
    """

    def __init__(
        self,
        *locations: Path | str,
        refresh: timedelta = timedelta(hours=1),
        timeout: float = 30.0,
        longest: int = LONGEST_LIST,
    ) -> None:
        """Locations are paths, or strings with an http or https address (ValueError otherwise).

        `timeout` in seconds, to which the list's length adds; `longest` in octets, for each list. As many
        lists are kept as there are locations and issuers.
        """
        self._locations = tuple(
            location if isinstance(location, Path) else _http_address(location) for location in locations
        )
        self._refresh = refresh
        self._timeout = timeout
        self._longest = longest
        self._kept: dict[tuple[Path | str, bytes], _Kept] = {}
        self._lock = threading.Lock()

    def status_of(
        self, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime
    ) -> CertificateStatus:
        """As `StatusSource.status_of`. When no list answers, a reason is raised that says most about it."""
        answers: list[CertificateStatus] = []
        failure: HonninError = Untrusted(_UNTRUSTED)
        for location in self._locations:
            try:
                answers.append(self._list(location, issuer, at).status_of(certificate, at))
            except (Untrusted, Unavailable, Malformed) as error:
                # A list that is not this issuer's is the usual case; whatever else happened is the reason.
                failure = error if failure.code == _UNTRUSTED else failure
        revoked = [answer for answer in answers if answer.cert_status is CertStatus.REVOKED]
        if revoked:
            return revoked[0]
        if answers:
            return answers[0]
        raise failure

    def _list(self, location: Path | str, issuer: x509.Certificate, at: datetime) -> VerifiedCRL:
        key = (location, issuer.fingerprint(SHA256()))
        version = _file_version(location) if isinstance(location, Path) else None
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or not self._is_current(kept, version, at):
                kept = _Kept(*_verified(self._read(location), issuer, str(location)), at, version)
                self._kept[key] = kept
        if kept.crl is None:
            raise kept.problem or Untrusted(_UNTRUSTED)
        return kept.crl

    def _is_current(self, kept: _Kept, version: object, at: datetime) -> bool:
        if version is not None:
            return kept.version == version
        if kept.crl is None or at < kept.crl.this_update:
            return is_recent(kept.fetched_at, at, min(self._refresh, _REFUSED_FOR))
        return is_recent(kept.fetched_at, at, self._refresh) and at <= kept.crl.next_update

    def _read(self, location: Path | str) -> bytes:
        if isinstance(location, str):
            asked = urllib.request.Request(location)  # noqa: S310 – the scheme was checked
            return fetch(asked, timeout=self._timeout, longest=self._longest)
        try:
            return read_file(location, self._longest)
        except OSError as error:
            raise _not_read(location, error) from error


def _verified(
    octets: bytes, issuer: x509.Certificate, name: str
) -> tuple[VerifiedCRL | None, Untrusted | None]:
    """The issuer's list among those of a file (DER or PEM), or why there is none."""
    try:
        lists = lists_in(octets, name)
    except Untrusted as error:
        return None, error
    problem = Untrusted(_UNTRUSTED)
    for encoded in lists:
        try:
            return VerifiedCRL(encoded, issuer), None
        except Untrusted:
            problem = _what_it_is(encoded, name) or problem
    return None, problem


def _what_it_is(encoded: bytes, name: str) -> Untrusted | None:
    """E_LIST_UNREADABLE for what is no list; None for another's."""
    try:
        require_list(encoded, name)
    except Untrusted as error:
        return error
    return None


def _not_read(path: Path, error: OSError) -> Unavailable:
    return Unavailable(_UNAVAILABLE, address=str(path), reason=reason_of(error))


def _file_version(path: Path) -> object:
    try:
        status = path.stat()
    except OSError as error:
        raise _not_read(path, error) from error
    return (status.st_mtime_ns, status.st_size, status.st_ino)


def _http_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a source of status has an http or https address")
    return url
