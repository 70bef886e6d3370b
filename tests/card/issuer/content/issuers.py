"""A hierarchy to sign test content with, and one card's content signed by it. Keys are made once."""

from dataclasses import dataclass, field
from datetime import date
from functools import cache

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key

from honnin.card.issuer.content.certificates import (
    TEXT_ROOT,
    VISUAL_ROOT,
    CertificateIssuer,
    RecordIssuer,
    municipality_identifier,
)
from honnin.card.issuer.content.text import Attributes, TextKeys, application_files, holder_files
from honnin.card.issuer.content.visual import CardFace, Pictures, visual_files
from honnin.identifiers import MunicipalityCode

MUNICIPALITY = MunicipalityCode("99101")
NUMBER = "999999990018"
ATTRIBUTES = Attributes("見本　花子", "みほん県みほん市見本町１－２－３４５", date(1980, 2, 17), "2")
PNG, JP2 = b"\x89PNG\r\n\x1a\n", b"\x00\x00\x00\x0cjP  \r\n\x87\n"
PICTURES = Pictures(
    name=PNG + b"name" * 20,
    address=PNG + b"address" * 40,
    photo=JP2 + b"photo" * 60,
    number=PNG + b"number" * 5,
    security_code=PNG + b"code",
)
FACE = CardFace(date(1980, 2, 17), "2", date(2035, 2, 17), PICTURES)


@dataclass(frozen=True)
class InternalKeys:
    """The keys of one card outside the JPKI application."""

    text_signing: RSAPrivateKey = field(repr=False)  # text 0013
    text_session: RSAPrivateKey = field(repr=False)  # the private half of text 0006
    visual_signing: RSAPrivateKey = field(repr=False)  # visual 001A
    common_authentication: RSAPrivateKey = field(repr=False)  # common 0019


@dataclass(frozen=True)
class Issuers:
    """Who signs, whom to trust for it, and the keys of one card."""

    text: RecordIssuer
    visual: RecordIssuer
    trusted: dict[bytes, RSAPublicKey]
    card: InternalKeys

    @property
    def text_keys(self) -> TextKeys:
        return TextKeys(self.card.text_signing.public_key(), self.card.text_session.public_key())


def new_key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@cache
def issuers() -> Issuers:
    roots = {name: CertificateIssuer(name, new_key()) for name in (TEXT_ROOT, VISUAL_ROOT)}
    below = {name: new_key() for name in roots}
    subject = municipality_identifier(MUNICIPALITY)
    text, visual = (
        RecordIssuer(below[name], root.certify(subject, below[name].public_key()))
        for name, root in roots.items()
    )
    trusted = {name: root.private_key.public_key() for name, root in roots.items()}
    return Issuers(text, visual, trusted, InternalKeys(*(new_key() for _ in range(4))))


@cache
def text_content() -> dict[int, bytes]:
    ours = issuers()
    return application_files(ours.text_keys, ours.text) | holder_files(NUMBER, ATTRIBUTES, ours.text)


@cache
def visual_content() -> dict[int, bytes]:
    card_key = issuers().card.visual_signing.public_key()
    return visual_files(FACE, MUNICIPALITY, card_key, issuers().visual)
