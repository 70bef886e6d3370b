"""検証者: what a relying party needs to rely on a citizen's card – challenge, verify, status, policy.

Verification raises; nothing here answers a question of trust with a boolean, and nothing is valid by
default: without pinned CA certificates no issuer is known, and without a source of status no certificate
is good. This room keeps no register of people and does not import a web framework.
"""

from honnin.verifier.certificate import CertificateVerifier, VerifiedHolder, VerifiedLogin
from honnin.verifier.document import (
    Change,
    ChangeKind,
    DocumentReport,
    DocumentVerifier,
    SignatureReport,
    TimeStampReport,
    VerifiedDocument,
    VerifiedSignature,
    Weight,
)
from honnin.verifier.login import ChallengeStore, LoginVerifier
from honnin.verifier.status import CRLSource, OCSPClient, StatusSource
from honnin.verifier.trust import TrustStore

__all__ = [
    "CRLSource",
    "CertificateVerifier",
    "ChallengeStore",
    "Change",
    "ChangeKind",
    "DocumentReport",
    "DocumentVerifier",
    "LoginVerifier",
    "OCSPClient",
    "SignatureReport",
    "StatusSource",
    "TimeStampReport",
    "TrustStore",
    "VerifiedDocument",
    "VerifiedHolder",
    "VerifiedLogin",
    "VerifiedSignature",
    "Weight",
]
