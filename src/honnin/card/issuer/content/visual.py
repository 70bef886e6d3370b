"""The visual application (券面事項確認): the card's printed face, signed, to compare with card and holder.

Three records are signed, each for who may know no more than it: the age record (0001, 547 bytes), the face
(0002), the picture of the number (0005). Each carries the card's own key, so that a challenge shows that
the card is there. The expiry date and the picture of the security code stand behind the face's signature
and are not covered by it, as on real cards. Pictures are bytes here; nobody in this room draws or opens
them. The 256 bytes of DF35 are opaque on real cards; ours say that they are a test card's.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from honnin.card import tlv
from honnin.card.issuer.content import keys, values
from honnin.card.issuer.content.certificates import RecordIssuer, key_identifier
from honnin.identifiers import MunicipalityCode

AGE: Final = 0x0001
FACE: Final = 0x0002
DESCRIPTION: Final = 0x0003
CERTIFICATE: Final = 0x0004
NUMBER_PICTURE: Final = 0x0005
UNIDENTIFIED: Final = 0x0006
FILE_SIZE_MAX: Final = 0x8000  # READ BINARY reaches offsets of 15 bits

_AGE: Final = tlv.Layout("visual 0001", 0xFF10, (0xDF11, 0xDF12, 0xDF13))
_FACE_TAGS: Final = (0xDF22, 0xDF23, 0xDF24, 0xDF25, 0xDF26, 0xDF27, 0xDF28, 0xDF29, 0xDF2A)
_FACE: Final = tlv.Layout("visual 0002", 0xFF20, _FACE_TAGS, offsets=0xDF21)
_FACE_SEGMENTS: Final = ((0xDF22, 0xDF23, 0xDF24), (0xDF25, 0xDF26), (0xDF27,))
_DESCRIPTION: Final = tlv.Layout("visual 0003", 0xFF30, (0xDF31, 0xDF32, 0xDF33, 0xDF34, 0xDF35))
_NUMBER: Final = tlv.Layout("visual 0005", 0xFF40, (0xDF41, 0xDF42, 0xDF43))
_FORM: Final = bytes.fromhex("06030E01")
_VERSION: Final = b"\x00"
_DESCRIBED_KEY: Final = key_identifier("9000024")
_REFERENCE: Final = key_identifier("9900025") + (b"TEST CARD: NOT A REFERENCE NUMBER. " * 8)[:256]
_PNG, _JP2 = b"\x89PNG\r\n\x1a\n", b"\x00\x00\x00\x0cjP  \r\n\x87\n"


@dataclass(frozen=True)
class Pictures:
    """What is printed on the card, drawn: the photograph a JPEG 2000 file (JP2), the others PNG of 1 bit.

    Raises ValueError for other formats.
    """

    name: bytes = field(repr=False)
    address: bytes = field(repr=False)
    photo: bytes = field(repr=False)
    number: bytes = field(repr=False)
    security_code: bytes = field(repr=False)

    def __post_init__(self) -> None:
        drawn = (self.name, self.address, self.number, self.security_code)
        if not all(picture.startswith(_PNG) for picture in drawn) or not self.photo.startswith(_JP2):
            raise ValueError("the card holds PNG pictures and a JP2 photograph")


@dataclass(frozen=True)
class CardFace:
    """What goes into the application. `sex` is a digit of JIS X 0303."""

    birth_date: date = field(repr=False)
    sex: str = field(repr=False)
    expiry_date: date
    pictures: Pictures


@dataclass(frozen=True)
class AgeRecord:
    """What a reader that needs only the age gets."""

    birth_date: date = field(repr=False)
    card_key: RSAPublicKey


@dataclass(frozen=True)
class FaceRecord:
    """The face of the card as read. `expiry_date` and `security_code` are not signed."""

    birth_date: date = field(repr=False)
    sex: str = field(repr=False)
    card_key: RSAPublicKey
    name: bytes = field(repr=False)
    address: bytes = field(repr=False)
    photo: bytes = field(repr=False)
    expiry_date: date
    security_code: bytes = field(repr=False)


@dataclass(frozen=True)
class NumberRecord:
    """The picture of the individual number as read."""

    picture: bytes = field(repr=False)
    card_key: RSAPublicKey


@dataclass(frozen=True)
class Description:
    """What the application says of itself (0003); nothing signs it."""

    form: bytes
    key_identifier: bytes
    municipality_code: MunicipalityCode
    reference: bytes


def visual_files(
    face: CardFace, municipality_code: MunicipalityCode, card_key: RSAPublicKey, issuer: RecordIssuer
) -> dict[int, bytes]:
    """All files of the application, EF identifier to content. `card_key` is the public half of 001A.

    Raises ValueError for what the card cannot write, such as pictures of more than 32 KiB together.
    """
    public_key = keys.encode_public_key(card_key)
    municipality = values.encode_municipality(municipality_code)
    description = (_FORM, _DESCRIBED_KEY, _VERSION, municipality, _REFERENCE)
    return {
        AGE: _signed(_AGE, values.encode_date(face.birth_date), public_key, issuer),
        FACE: face_file(face, card_key, issuer),
        DESCRIPTION: tlv.encode_file(_DESCRIPTION, description),
        CERTIFICATE: issuer.certificate,
        NUMBER_PICTURE: _signed(_NUMBER, face.pictures.number, public_key, issuer),
        UNIDENTIFIED: values.UNIDENTIFIED,
    }


def face_file(face: CardFace, card_key: RSAPublicKey, issuer: RecordIssuer) -> bytes:
    """The face record (0002): the file to write anew after a move. Raises as `visual_files`."""
    pictures = face.pictures
    signed = (
        values.encode_date(face.birth_date),
        values.encode_sex(face.sex),
        keys.encode_public_key(card_key),
        pictures.name,
        pictures.address,
        pictures.photo,
    )
    encoded = {tag: tlv.encode(tag, value) for tag, value in zip(_FACE_TAGS, signed, strict=False)}
    signature = keys.sign_digests(issuer.private_key, _segments(encoded))
    unsigned = (values.encode_date(face.expiry_date), pictures.security_code)
    content = tlv.encode_file(_FACE, (*signed, signature, *unsigned))
    if len(content) > FILE_SIZE_MAX:
        raise ValueError("the pictures are too large for the card")
    return content


def read_age_record(content: bytes) -> AgeRecord:
    """0001, unchecked. Raises Malformed E_CARD_RECORD_MALFORMED."""
    birth_date, key, _ = (field.value for field in tlv.decode_file(_AGE, content).values())
    return AgeRecord(values.decode_date(birth_date, _AGE.name), keys.decode_public_key(key, _AGE.name))


def verify_age_record(content: bytes, issuer_key: RSAPublicKey) -> AgeRecord:
    """0001, signed by the key that the certificate of 0004 is for.

    Raises Malformed E_CARD_RECORD_MALFORMED or Untrusted E_CARD_RECORD_UNTRUSTED.
    """
    _verify_signed(_AGE, content, issuer_key)
    return read_age_record(content)


def read_face_record(content: bytes) -> FaceRecord:
    """0002, unchecked. Raises Malformed E_CARD_RECORD_MALFORMED."""
    fields = tlv.decode_file(_FACE, content)
    birth, sex, key, name, address, photo, _, expiry, code = (fields[tag].value for tag in _FACE_TAGS)
    return FaceRecord(
        birth_date=values.decode_date(birth, _FACE.name),
        sex=values.decode_sex(sex, _FACE.name),
        card_key=keys.decode_public_key(key, _FACE.name),
        name=name,
        address=address,
        photo=photo,
        expiry_date=values.decode_date(expiry, _FACE.name),
        security_code=code,
    )


def verify_face_record(content: bytes, issuer_key: RSAPublicKey) -> FaceRecord:
    """0002, signed by the key that the certificate of 0004 is for; see FaceRecord for what is not signed.

    Raises Malformed E_CARD_RECORD_MALFORMED or Untrusted E_CARD_RECORD_UNTRUSTED.
    """
    fields = tlv.decode_file(_FACE, content)
    encoded = {tag: field.encoded for tag, field in fields.items()}
    keys.verify_digests(issuer_key, fields[0xDF28].value, _segments(encoded), _FACE.name)
    return read_face_record(content)


def read_number_record(content: bytes) -> NumberRecord:
    """0005, unchecked. Raises Malformed E_CARD_RECORD_MALFORMED."""
    picture, key, _ = (field.value for field in tlv.decode_file(_NUMBER, content).values())
    return NumberRecord(picture, keys.decode_public_key(key, _NUMBER.name))


def verify_number_record(content: bytes, issuer_key: RSAPublicKey) -> NumberRecord:
    """0005, signed by the key that the certificate of 0004 is for. Raises as `verify_age_record`."""
    _verify_signed(_NUMBER, content, issuer_key)
    return read_number_record(content)


def read_description(content: bytes) -> Description:
    """What stands in 0003. Raises Malformed E_CARD_RECORD_MALFORMED."""
    name = _DESCRIPTION.name
    fields = tlv.decode_file(_DESCRIPTION, content)
    form, identifier, version, code, reference = (fields[tag].value for tag in _DESCRIPTION.fields)
    if (len(form), len(identifier), len(version), len(reference)) != (4, 16, 1, 272):
        raise tlv.malformed(name)
    return Description(form, identifier, MunicipalityCode(values.decode_digits(code, 5, name)), reference)


def _signed(layout: tlv.Layout, value: bytes, public_key: bytes, issuer: RecordIssuer) -> bytes:
    """A record of a value, the card's key, and a signature over both as written."""
    value_tag, key_tag, _ = layout.fields
    covered = tlv.encode(value_tag, value) + tlv.encode(key_tag, public_key)
    return tlv.encode_file(layout, (value, public_key, keys.sign(issuer.private_key, covered)))


def _verify_signed(layout: tlv.Layout, content: bytes, issuer_key: RSAPublicKey) -> None:
    value, key, signature = tlv.decode_file(layout, content).values()
    keys.verify(issuer_key, signature.value, value.encoded + key.encoded, layout.name)


def _segments(encoded: dict[int, bytes]) -> list[bytes]:
    """The three parts of the face that are hashed apart: the holder, the printed text, the photograph."""
    return [b"".join(encoded[tag] for tag in segment) for segment in _FACE_SEGMENTS]
