"""Documents that are small and would become large: read as far as the library's limits go, and no further."""

import resource
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

PROGRAM = """
import sys
from pathlib import Path
from honnin.clock import SystemClock
from honnin.errors import HonninError
from honnin.verifier import CertificateVerifier, CRLSource, DocumentVerifier, TrustStore
from tests.support.pki import specimen
trust = TrustStore(specimen.DEPLOYMENT, [])
verifier = DocumentVerifier(CertificateVerifier(trust, CRLSource(), SystemClock()))
try:
    verifier.verify(Path(sys.argv[1]).read_bytes())
except HonninError as error:
    print(error.code)
"""
ROOM = 1024 * 1024 * 1024  # octets of addresses, the interpreter and its libraries included


def document(stream: str, inflated: bytes) -> bytes:
    """A document whose cross-reference or object stream inflates to a thousand times its length."""
    compressor = zlib.compressobj(9)
    packed = b"".join(compressor.compress(inflated) for _ in range(1024)) + compressor.flush()
    catalog = b"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    objects = b"%PDF-1.7\n" + catalog + b"2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n"
    start = len(objects)
    about = (
        f"<</Type/{stream}/N 9/First 99/Size 4/W[1 4 2]/Root 1 0 R/Filter/FlateDecode/Length {len(packed)}>>"
    )
    body = f"3 0 obj\n{about}\nstream\n".encode() + packed + b"\nendstream\nendobj\n"
    return objects + body + f"startxref\n{start}\n%%EOF\n".encode()


@pytest.mark.parametrize("stream", ["XRef", "ObjStm"])
def test_a_stream_that_inflates_without_end_is_unreadable(tmp_path: Path, stream: str) -> None:
    path = tmp_path / "bomb.pdf"
    path.write_bytes(document(stream, bytes(1024 * 1024)))  # 1 GiB
    assert path.stat().st_size < 2 * 1024 * 1024
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM)),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout.strip() == "E_DOCUMENT_UNREADABLE", done.stderr[-2000:]
