"""What commands that check certificates share: pinned CAs and a source of status.

By default both come from the installation's publication folder; `--ca`, `--crl` and `--ocsp` name others.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from cryptography import x509

from honnin.cli.terminal.words import _
from honnin.clock import Clock
from honnin.errors import Malformed, Unavailable, Untrusted
from honnin.faults import named
from honnin.pkix.status import CertificateStatus
from honnin.profile.names import Deployment
from honnin.sites.home import present_home
from honnin.verifier.certificate import CertificateVerifier
from honnin.verifier.status import CRLSource, OCSPClient, StatusSource
from honnin.verifier.trust import TrustStore

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def trust_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--ca FILE …`, `--crl FILE …`, `--ocsp URL`."""
    options = (
        click.option("--ca", "authorities", multiple=True, type=_FILE, help="A CA certificate to trust."),
        click.option("--crl", "lists", multiple=True, type=_FILE, help="A revocation list to look in."),
        click.option("--ocsp", metavar="URL", help="A responder to ask, instead of lists."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def certificate_verifier(
    authorities: tuple[Path, ...], lists: tuple[Path, ...], ocsp: str | None, clock: Clock
) -> CertificateVerifier:
    """A verifier with pinned CAs and a status source. Raises Unavailable E_NOT_PUBLISHED without any."""
    if lists and ocsp is not None:
        raise click.UsageError(_("say one of the two: --crl FILE, or --ocsp URL"))
    folder = present_home().publication
    pinned = authorities or tuple(sorted(folder.glob("*-ca.pem")))
    if not pinned:
        raise Unavailable("E_NOT_PUBLISHED")
    try:
        trust = TrustStore.load(Deployment(), pinned)
    except OSError as error:
        fault = named(error) or Malformed("E_CERT_MALFORMED")
        fault.add_note(str(error.filename or ""))
        raise fault from error
    if lists or ocsp is not None:
        return CertificateVerifier(trust, _status(lists, ocsp), clock)
    own = CRLSource(*sorted(folder.glob("*.crl")))
    return CertificateVerifier(trust, _OfOwnAuthorities(own) if authorities else own, clock)


class _OfOwnAuthorities:
    """The installation's lists, where CAs were named and no list: of other CAs they say nothing."""

    def __init__(self, lists: CRLSource) -> None:
        self._lists = lists

    def status_of(
        self, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime
    ) -> CertificateStatus:
        try:
            return self._lists.status_of(certificate, issuer, at)
        except Untrusted as error:
            if error.code == "E_STATUS_UNTRUSTED":
                raise Untrusted("E_STATUS_NOT_NAMED") from error
            raise


def _status(lists: tuple[Path, ...], ocsp: str | None) -> StatusSource:
    if ocsp is None:
        return CRLSource(*lists)
    try:
        return OCSPClient(ocsp)
    except ValueError as error:
        raise click.UsageError(_("--ocsp takes an http:// or https:// address")) from error
