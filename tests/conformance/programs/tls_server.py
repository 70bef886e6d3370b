"""Run as a program: a TLS 1.2 server that wants a client certificate and says whose it saw.

Arguments: certificate, key, file of trusted CAs, port. The signature algorithms offered to the client come
from OPENSSL_CONF: a card of this kind signs PKCS#1 v1.5 only. Serves until it is ended.
"""

import json
import ssl
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class SaysWho(BaseHTTPRequestHandler):
    """Answers with the subject and the serial number of the client's certificate, as JSON."""

    def do_GET(self) -> None:
        assert isinstance(self.connection, ssl.SSLSocket)
        seen = self.connection.getpeercert() or {}
        body = json.dumps(
            {"subject": seen.get("subject"), "serial_number": seen.get("serialNumber")}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing: the test reads the answer."""


class Server(HTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A refused handshake is the client's news, not ours."""


def main(certificate: str, key: str, trusted: str, port: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(trusted)
    context.verify_mode = ssl.CERT_REQUIRED
    server = Server(("127.0.0.1", int(port)), SaysWho)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
