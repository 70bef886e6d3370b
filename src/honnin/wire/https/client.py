"""The sending end of a line between two machines."""

import socket
import ssl
import time
from collections.abc import Iterable
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from tempfile import NamedTemporaryFile
from typing import Final, TypeVar
from urllib.parse import urlsplit

from honnin.errors import HonninError, Malformed, Unavailable, Untrusted
from honnin.identifiers import MunicipalityCode
from honnin.wire.codec import LONGEST_MESSAGE
from honnin.wire.envelope import new_number, read_answer, write_request
from honnin.wire.https import CONTENT_TYPE, PATH
from honnin.wire.invitations import Invitation
from honnin.wire.line import Message
from honnin.wire.peers import AGENCY_HOST

R = TypeVar("R")
TIMEOUT: Final = 30.0
"""Seconds for a connection, and between two octets of an answer (our choice)."""
PAUSES: Final = (0.2, 1.0)
"""Seconds before a request is sent again whose answer did not come whole (our choice)."""


class HttpsLine:
    """A line to the agency, bound to one party by its certificate."""

    def __init__(self, invitation: Invitation, *, timeout: float = TIMEOUT) -> None:
        self.party = invitation.party
        self._host, self._port = _host_and_port(invitation.address)
        self._address = f"{self._host}:{self._port}"
        self._context = client_context(invitation)
        self._timeout = timeout

    def ask(self, message: Message[R], staff: str) -> R:
        """Send a message and wait for its reply; sent again with the same number where none came.

        Raises the errors of the tree as they were raised there; Unavailable E_LINE_UNREACHABLE where nothing
        was sent, E_LINE_CUT where it is not known whether it was carried out; Untrusted E_LINE_UNTRUSTED for
        whoever is not the agency, E_LINE_REFUSED where the agency does not accept our certificate.
        """
        number = new_number()
        request = write_request(number, staff, message)
        for pause in PAUSES:
            try:
                return read_answer(number, message.reply, self._exchange(request))
            except Unavailable as error:
                if error.code not in ("E_LINE_CUT", "E_LINE_UNREACHABLE"):
                    raise
            time.sleep(pause)
        return read_answer(number, message.reply, self._exchange(request))

    def _exchange(self, request: bytes) -> bytes:
        connection = HTTPConnection(self._host, self._port, timeout=self._timeout)
        with closing(self._connected()) as connection.sock:
            try:
                connection.request("POST", PATH, request, {"Content-Type": CONTENT_TYPE})
                with connection.getresponse() as response:
                    kind, content = response.headers.get_content_type(), response.read(LONGEST_MESSAGE + 1)
            except ssl.SSLError as error:
                raise _refused(error) from error
            except (OSError, HTTPException) as error:
                raise Unavailable("E_LINE_CUT") from error
        if kind != CONTENT_TYPE:  # a server that is too busy, or something between
            raise Unavailable("E_LINE_UNREACHABLE", address=self._address)
        return content

    def _connected(self) -> ssl.SSLSocket:
        """A connection to a server that proved by its certificate to be the agency."""
        try:
            plain = socket.create_connection((self._host, self._port), timeout=self._timeout)
            return self._context.wrap_socket(plain, server_hostname=AGENCY_HOST, suppress_ragged_eofs=False)
        except ssl.SSLCertVerificationError as error:
            raise Untrusted("E_LINE_UNTRUSTED", reason=error.verify_message) from error
        except ssl.SSLError as error:
            raise _refused(error) from error
        except OSError as error:
            raise Unavailable("E_LINE_UNREACHABLE", address=self._address) from error


def _host_and_port(address: str) -> tuple[str, int]:
    """Raises Malformed E_LINE_ADDRESS."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port or 443
    except ValueError as error:
        raise Malformed("E_LINE_ADDRESS", address=address) from error
    if parts.scheme != "https" or not host or parts.path not in ("", "/"):
        raise Malformed("E_LINE_ADDRESS", address=address)
    return host, port


class HttpsLines:
    """HTTPS lines to the agency for several municipalities, by an invitation for each."""

    def __init__(self, invitations: Iterable[Invitation]) -> None:
        self._lines = {each.party.municipality_code: HttpsLine(each) for each in invitations}

    def of(self, municipality_code: MunicipalityCode | None) -> HttpsLine:
        """Raises Unavailable E_LINE_MISSING for a municipality without a line."""
        line = self._lines.get(municipality_code)
        if line is None:
            raise Unavailable("E_LINE_MISSING", party=municipality_code or "-")
        return line


def client_context(invitation: Invitation) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_verify_locations(cadata=invitation.authority)
        with NamedTemporaryFile("w", suffix=".pem") as file:  # the library reads keys from files alone
            file.write(invitation.certificate + invitation.key)
            file.flush()
            context.load_cert_chain(file.name)
    except (ssl.SSLError, ValueError) as error:
        raise Malformed("E_INVITATION") from error
    return context


def _refused(error: ssl.SSLError) -> HonninError:
    """The error for a TLS failure: an alert means that the other end does not accept our certificate."""
    if "ALERT" in (error.reason or ""):
        return Untrusted("E_LINE_REFUSED", reason=(error.reason or "").replace("_", " ").lower())
    return Unavailable("E_LINE_CUT")
