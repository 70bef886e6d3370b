"""Asks the status service on and on: no answer may be older than a hold that was acknowledged."""

import threading
import time
import urllib.request

from cryptography import x509
from cryptography.x509 import ocsp as read

from honnin.pkix import ocsp
from tests.killing.deployments import Deployment
from tests.killing.staff import Ledger


class Watcher:
    """A relying party in a hurry."""

    def __init__(self, deployment: Deployment, ledger: Ledger) -> None:
        self._url = f"http://127.0.0.1:{deployment.ocsp_port}/ocsp"
        self._ledger = ledger
        folder = deployment.home / "publication"
        self._issuers = {
            purpose: x509.load_der_x509_certificate((folder / f"{name}-ca.cer").read_bytes())
            for purpose, name in (("signature", "signature"), ("user_authentication", "authentication"))
        }
        self.asked = 0

    def watch(self, stopped: threading.Event) -> None:
        """Until it is told to stop; who is refused asks again."""
        while not stopped.wait(0.02):
            with self._ledger.lock:
                people = list(self._ledger.people.values())
            for told in people:
                for purpose, serial_number in list(told.serial_numbers.items()):
                    before = told.held_since
                    status = self._status(purpose, int(serial_number, 16))
                    self._judge(serial_number, status, before, told.held_since)
                    if stopped.is_set():
                        return

    def _judge(
        self, serial_number: str, status: str | None, before: float | None, after: float | None
    ) -> None:
        """Both certificates of a holder have no effect from the acknowledgement until a release is begun."""
        if status is None:
            return
        self.asked += 1
        if status == "UNKNOWN":
            self._ledger.wrong.append(f"{serial_number}: issued, and answered as unknown")
        if before is not None and before == after and status == "GOOD":
            self._ledger.wrong.append(
                f"{serial_number}: held {time.monotonic() - before:.2f} s ago, answered good"
            )

    def _status(self, purpose: str, serial_number: int) -> str | None:
        """None where nobody answers, or says to try later."""
        body = ocsp.request(ocsp.cert_id_of(self._issuers[purpose], serial_number))
        try:
            with urllib.request.urlopen(urllib.request.Request(self._url, data=body), timeout=10) as response:
                answer = read.load_der_ocsp_response(response.read())
        except Exception:
            return None
        successful = answer.response_status is read.OCSPResponseStatus.SUCCESSFUL
        return answer.certificate_status.name if successful else None
