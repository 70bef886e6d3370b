"""The text application (券面事項入力補助): what a clerk's program reads instead of typing it from the card.

Digests of the number and of the attributes are signed together (0003), so that each can be shown without
the other and neither can be exchanged. Sizes are the real card's: 0001 17 bytes, 0003 336, 0004 568, 0005
256, 0006 269, 0007 536, 0008 16. The reference number in 0005 is opaque on real cards; ours says that it is
a test card's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from honnin.card import tlv
from honnin.card.issuer.content import keys, values
from honnin.card.issuer.content.certificates import RecordIssuer, key_identifier
from honnin.card.issuer.content.individual_number import require_number
from honnin.errors import Malformed, Untrusted

NUMBER: Final = 0x0001
ATTRIBUTES: Final = 0x0002
DIGESTS: Final = 0x0003
CERTIFICATE: Final = 0x0004
DESCRIPTION: Final = 0x0005
SESSION_KEY: Final = 0x0006
SIGNING_KEY: Final = 0x0007
UNIDENTIFIED: Final = 0x0008

_ATTRIBUTES: Final = tlv.Layout("text 0002", 0xFF20, (0xDF22, 0xDF23, 0xDF24, 0xDF25), offsets=0xDF21)
_DIGESTS: Final = tlv.Layout("text 0003", 0xFF30, (0xDF31, 0xDF32, 0xDF33))
_DESCRIPTION: Final = tlv.Layout("text 0005", 0xFF40, (0xDF41, 0xDF42, 0xDF43))
_SESSION_KEY: Final = tlv.Layout("text 0006", 0xA1, (0x90, 0x91))
_SIGNING_KEY: Final = tlv.Layout("text 0007", 0xFF50, (0xDF51, 0xDF52))
_NUMBER_NAME: Final = "text 0001"
_NUMBER_TAG, _NUMBER_FILLER = 0xFF10, b"\xff\xff"
_FORM: Final = bytes.fromhex("01030E01")  # version 1, extension 3, maker 0E, 1
_DESCRIBED_KEY: Final = key_identifier("9000034")
_REFERENCE: Final = b"TEST CARD: NOT A REFERENCE NUMBER".ljust(32)[:32] + b"\xff" * 96
_DESCRIPTION_SIZE: Final = 256


@dataclass(frozen=True)
class Attributes:
    """基本4情報 as the card writes them. `repr` shows nothing.

    `name` has U+3000 between family and given name, `address` full-width digits. `sex` is a digit of
    JIS X 0303: 1 male, 2 female, 0 not known, 9 not applicable.
    """

    name: str = field(repr=False)
    address: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: str = field(repr=False)


@dataclass(frozen=True)
class TextKeys:
    """The public halves of the application's two keys: for signing (0013) and for session keys (0006)."""

    signing: RSAPublicKey
    session: RSAPublicKey


@dataclass(frozen=True)
class Description:
    """What the application says of itself (0005): its form, a key it names, an opaque reference number."""

    form: bytes
    key_identifier: bytes
    reference: bytes


def application_files(card_keys: TextKeys, issuer: RecordIssuer) -> dict[int, bytes]:
    """The files that name no holder: the same on all cards with these keys and this issuer.

    EF identifier to content. With `holder_files` they are all that the application has.
    """
    signing_key = tlv.encode(0xDF51, keys.encode_public_key(card_keys.signing))
    signature = keys.sign(issuer.private_key, signing_key)
    description = tlv.encode_file(_DESCRIPTION, (_FORM, _DESCRIBED_KEY, _REFERENCE))
    return {
        CERTIFICATE: issuer.certificate,
        DESCRIPTION: description.ljust(_DESCRIPTION_SIZE, b"\xff"),
        SESSION_KEY: tlv.encode(0xA1, keys.encode_public_key(card_keys.session)),
        SIGNING_KEY: tlv.encode(0xFF50, signing_key + tlv.encode(0xDF52, signature)),
        UNIDENTIFIED: values.UNIDENTIFIED,
    }


def holder_files(number: str, attributes: Attributes, issuer: RecordIssuer) -> dict[int, bytes]:
    """The three files that say who the holder is, to write anew after a move.

    Raises Malformed E_NUMBER_MALFORMED for a number with a wrong check digit, ValueError for attributes
    that the card cannot write.
    """
    number_file = tlv.encode(_NUMBER_TAG, require_number(number).encode()) + _NUMBER_FILLER
    attributes_file = tlv.encode_file(
        _ATTRIBUTES,
        (
            attributes.name.encode(),
            attributes.address.encode(),
            values.encode_date(attributes.birth_date),
            values.encode_sex(attributes.sex),
        ),
    )
    return {
        NUMBER: number_file,
        ATTRIBUTES: attributes_file,
        DIGESTS: _digests_file(number_file, attributes_file, issuer),
    }


def read_number(content: bytes) -> str:
    """The individual number of 0001, 12 digits with a right check digit.

    Raises Malformed E_CARD_RECORD_MALFORMED.
    """
    digits = tlv.value_of(content.removesuffix(_NUMBER_FILLER), _NUMBER_TAG) or b""
    if content != tlv.encode(_NUMBER_TAG, digits) + _NUMBER_FILLER:
        raise tlv.malformed(_NUMBER_NAME)
    try:
        return require_number(digits.decode("ascii"))
    except (UnicodeDecodeError, Malformed) as error:
        raise tlv.malformed(_NUMBER_NAME) from error


def read_attributes(content: bytes) -> Attributes:
    """The four attributes of 0002. Raises Malformed E_CARD_RECORD_MALFORMED."""
    fields = tlv.decode_file(_ATTRIBUTES, content)
    name, address, birth_date, sex = (fields[tag].value for tag in _ATTRIBUTES.fields)
    try:
        return Attributes(
            name.decode(),
            address.decode(),
            values.decode_date(birth_date, _ATTRIBUTES.name),
            values.decode_sex(sex, _ATTRIBUTES.name),
        )
    except UnicodeDecodeError:
        raise tlv.malformed(_ATTRIBUTES.name) from None


def read_description(content: bytes) -> Description:
    """What stands in 0005. Raises Malformed E_CARD_RECORD_MALFORMED."""
    fields = tlv.decode_file(_DESCRIPTION, content)
    form, identifier, reference = (fields[tag].value for tag in _DESCRIPTION.fields)
    if (len(form), len(identifier), len(reference)) != (4, 16, 128):
        raise tlv.malformed(_DESCRIPTION.name)
    return Description(form, identifier, reference)


def read_session_key(content: bytes) -> RSAPublicKey:
    """The key of 0006, under which session keys are sent. Raises Malformed E_CARD_RECORD_MALFORMED."""
    return keys.decode_public_key(
        b"".join(field.encoded for field in tlv.decode_file(_SESSION_KEY, content).values()),
        _SESSION_KEY.name,
    )


def verify_text(
    digests: bytes, issuer_key: RSAPublicKey, *, number: bytes | None = None, attributes: bytes | None = None
) -> None:
    """Check 0003 with the key that the certificate of 0004 is for, and whichever of 0001 and 0002 was read.

    Raises Malformed E_CARD_RECORD_MALFORMED; Untrusted E_CARD_RECORD_UNTRUSTED when that key did not sign
    the digests, or they are not those of the files.
    """
    fields = tlv.decode_file(_DIGESTS, digests)
    number_digest, attributes_digest, signature = (fields[tag] for tag in _DIGESTS.fields)
    keys.verify(issuer_key, signature.value, number_digest.encoded + attributes_digest.encoded, _DIGESTS.name)
    if number is not None:
        read_number(number)
        _require_digest(number, number_digest.value, _NUMBER_NAME)
    if attributes is not None:
        read_attributes(attributes)
        _require_digest(_digested_attributes(attributes), attributes_digest.value, _ATTRIBUTES.name)


def verify_signing_key(content: bytes, issuer_key: RSAPublicKey) -> RSAPublicKey:
    """The card's own key in 0007, when the issuer signed it. Raises as `verify_text`.

    A card that signs a challenge with this key (`80 2A`) is the card, not a copy of its files.
    """
    fields = tlv.decode_file(_SIGNING_KEY, content)
    key, signature = fields[0xDF51], fields[0xDF52]
    keys.verify(issuer_key, signature.value, key.encoded, _SIGNING_KEY.name)
    return keys.decode_public_key(key.value, _SIGNING_KEY.name)


def _digests_file(number: bytes, attributes: bytes, issuer: RecordIssuer) -> bytes:
    digests = tlv.encode(0xDF31, sha256(number).digest()) + tlv.encode(
        0xDF32, sha256(_digested_attributes(attributes)).digest()
    )
    return tlv.encode(0xFF30, digests + tlv.encode(0xDF33, keys.sign(issuer.private_key, digests)))


def _digested_attributes(attributes: bytes) -> bytes:
    """What the digest covers: the fields, without the outer header, the table of offsets and any filler."""
    fields: Mapping[int, tlv.Field] = tlv.decode_file(_ATTRIBUTES, attributes)
    return b"".join(fields[tag].encoded for tag in _ATTRIBUTES.fields)


def _require_digest(octets: bytes, digest: bytes, name: str) -> None:
    if sha256(octets).digest() != digest:
        raise Untrusted("E_CARD_RECORD_UNTRUSTED", record=name)
