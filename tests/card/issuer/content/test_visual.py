"""The visual application's files against the public facts: sizes, bytes, what is signed and what is not."""

from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.card.issuer.content import visual
from honnin.card.issuer.content.keys import encode_public_key
from honnin.card.issuer.content.visual import FILE_SIZE_MAX
from honnin.errors import Malformed, Untrusted
from tests.card.issuer.content.issuers import (
    FACE,
    JP2,
    MUNICIPALITY,
    PICTURES,
    PNG,
    issuers,
    new_key,
    visual_content,
)
from tests.card.issuer.content.judges import is_signature, opened, openssl_verifies, padded, unnoticed

ISSUER_KEY = issuers().visual.private_key.public_key()
CARD_KEY = issuers().card.visual_signing.public_key()
HOLDER = bytes.fromhex("DF2208") + b"19800217" + bytes.fromhex("DF2301") + b"2"


def written(tag: str, value: bytes) -> bytes:
    """An element as the real records write it."""
    length = bytes((len(value),)) if len(value) < 128 else b"\x82" + len(value).to_bytes(2, "big")
    return bytes.fromhex(tag) + length + value


KEY = written("DF24", encode_public_key(CARD_KEY))


def test_sizes_are_those_of_the_real_card() -> None:
    files = visual_content()
    assert sorted(files) == [1, 2, 3, 4, 5, 6]
    assert {identifier: len(files[identifier]) for identifier in (1, 3, 4, 6)} == {
        1: 547,
        3: 320,
        4: 568,
        6: 16,
    }
    assert files[6] == b"\xff" * 16
    assert files[4] == issuers().visual.certificate


def test_age_record(tmp_path: Path) -> None:
    content = visual_content()[0x0001]
    assert content[:16] == bytes.fromhex("FF1082021E DF1108") + b"19800217"
    assert content[16:286] == written("DF12", encode_public_key(CARD_KEY))
    assert content[286:291] == bytes.fromhex("DF13820100")
    assert is_signature(ISSUER_KEY, content[291:], content[5:286])
    assert openssl_verifies(tmp_path, ISSUER_KEY, content[291:], content[5:286])
    assert visual.verify_age_record(content, ISSUER_KEY).birth_date == date(1980, 2, 17)
    assert visual.verify_age_record(content, ISSUER_KEY).card_key == CARD_KEY


def test_face_record_in_the_order_of_the_real_card() -> None:
    content = visual_content()[0x0002]
    elements = [HOLDER[:11], HOLDER[11:], KEY]
    elements += [written("DF25", PICTURES.name), written("DF26", PICTURES.address)]
    elements += [written("DF27", PICTURES.photo)]
    signed = b"".join(elements)
    start = content.index(signed)
    signature = content[start + len(signed) :][:261]
    elements += [signature, written("DF29", b"20350217"), written("DF2A", PICTURES.security_code)]
    assert content == (
        bytes.fromhex("FF2082")
        + (len(content) - 5).to_bytes(2, "big")
        + bytes.fromhex("DF2112")
        + b"".join((26 + sum(map(len, elements[:n]))).to_bytes(2, "big") for n in range(9))
        + b"".join(elements)
    )
    assert content[8:10] == bytes.fromhex("001A")
    assert signature[:5] == bytes.fromhex("DF28820100")


def test_the_face_is_signed_in_three_parts() -> None:
    """SHA-256 of each part, the three in one DigestInfo that says 96 bytes."""
    content = visual_content()[0x0002]
    printed = written("DF25", PICTURES.name) + written("DF26", PICTURES.address)
    parts = (HOLDER + KEY, printed, written("DF27", PICTURES.photo))
    signature = content[content.index(bytes.fromhex("DF28820100")) + 5 :][:256]
    info = bytes.fromhex("3071300D06096086480165030402010500") + b"\x04\x60"
    assert opened(ISSUER_KEY, signature) == padded(info + b"".join(sha256(part).digest() for part in parts))


def test_description() -> None:
    content = visual_content()[0x0003]
    assert content[:12] == bytes.fromhex("FF3082013B DF3104 06030E01")
    assert content[12:31] == bytes.fromhex("DF3210") + b"9000024\x08\x05001\x00\x00\x00\x00"
    assert content[31:43] == bytes.fromhex("DF330100 DF3405") + b"99101"
    assert content[43:48] == bytes.fromhex("DF35820110")
    assert content[48:64] == b"9900025\x08\x05001\x00\x00\x00\x00"
    assert content[64:].startswith(b"TEST CARD: NOT A REFERENCE NUMBER. TEST CARD")
    described = visual.read_description(content)
    assert (described.municipality_code, described.reference) == (MUNICIPALITY, content[48:])


def test_number_picture() -> None:
    content = visual_content()[0x0005]
    covered = written("DF41", PICTURES.number) + written("DF42", encode_public_key(CARD_KEY))
    assert content == written("FF40", covered + written("DF43", content[-256:]))
    assert is_signature(ISSUER_KEY, content[-256:], covered)
    assert visual.verify_number_record(content, ISSUER_KEY).picture == PICTURES.number


def test_a_client_reads_what_was_written() -> None:
    face = visual.verify_face_record(visual_content()[0x0002], ISSUER_KEY)
    assert (face.birth_date, face.sex, face.expiry_date) == (FACE.birth_date, FACE.sex, FACE.expiry_date)
    assert (face.name, face.address, face.photo) == (PICTURES.name, PICTURES.address, PICTURES.photo)
    assert face.security_code == PICTURES.security_code
    assert face.card_key == CARD_KEY
    assert "1980" not in repr(face)


def test_every_turned_bit_of_a_signed_record_is_noticed() -> None:
    files = visual_content()
    assert unnoticed(lambda turned: visual.verify_age_record(turned, ISSUER_KEY), files[1]) == []
    assert unnoticed(lambda turned: visual.verify_number_record(turned, ISSUER_KEY), files[5]) == []


def test_every_turned_bit_of_the_face_is_noticed_but_behind_its_signature() -> None:
    """The real card leaves the expiry date and the security code unsigned, and so do we."""
    content = visual_content()[0x0002]
    unsigned = content.index(written("DF29", b"20350217"))
    found = unnoticed(lambda turned: visual.verify_face_record(turned, ISSUER_KEY), content)
    assert found
    assert min(found) >= unsigned


def test_another_issuer_or_the_card_itself_cannot_vouch() -> None:
    files = visual_content()
    for key in (new_key().public_key(), CARD_KEY):
        for verify, identifier in (
            (visual.verify_age_record, 1),
            (visual.verify_face_record, 2),
            (visual.verify_number_record, 5),
        ):
            with pytest.raises(Untrusted) as refused:
                verify(files[identifier], key)
            assert refused.value.context == {"record": f"visual 000{identifier}"}


def test_a_move_changes_the_face_only() -> None:
    moved = replace(FACE, pictures=replace(PICTURES, address=PNG + b"elsewhere"))
    again = visual.visual_files(moved, MUNICIPALITY, CARD_KEY, issuers().visual)
    before = visual_content()
    assert [identifier for identifier in before if before[identifier] != again[identifier]] == [2]
    assert visual.face_file(moved, CARD_KEY, issuers().visual) == again[2]


def test_pictures_have_their_formats() -> None:
    with pytest.raises(ValueError, match="JP2"):
        replace(PICTURES, photo=PNG)
    with pytest.raises(ValueError, match="PNG"):
        replace(PICTURES, name=JP2)


def test_a_face_that_no_client_could_read_to_its_end_is_refused() -> None:
    huge = replace(FACE, pictures=replace(PICTURES, photo=JP2 + bytes(FILE_SIZE_MAX)))
    with pytest.raises(ValueError, match="too large"):
        visual.face_file(huge, CARD_KEY, issuers().visual)
    with pytest.raises(ValueError, match="two bytes"):
        visual.face_file(
            replace(FACE, pictures=replace(PICTURES, photo=JP2 + bytes(70_000))), CARD_KEY, issuers().visual
        )


def test_filler_behind_the_face_changes_nothing() -> None:
    content = visual_content()[0x0002]
    padded_face = visual.verify_face_record(content + b"\xff" * 700, ISSUER_KEY)
    assert padded_face == visual.verify_face_record(content, ISSUER_KEY)


@given(st.binary(max_size=700))
def test_any_bytes_are_refused_by_name(octets: bytes) -> None:
    readers = (
        visual.read_age_record,
        visual.read_face_record,
        visual.read_number_record,
        visual.read_description,
    )
    for read in readers:
        with pytest.raises(Malformed):
            read(octets)


@given(st.data())
def test_damaged_files_are_refused_by_name(data: st.DataObject) -> None:
    """Cut, grown or overwritten in the middle: an error of ours, or a record that reads whole."""
    identifier = data.draw(st.sampled_from([1, 2, 3, 5]))
    content = visual_content()[identifier]
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    damaged = content[:start] + data.draw(st.binary(max_size=20)) + content[end:]
    read = {
        1: visual.read_age_record,
        2: visual.read_face_record,
        3: visual.read_description,
        5: visual.read_number_record,
    }
    try:
        read[identifier](damaged)
    except Malformed as refused:
        if str(refused) != f"E_CARD_RECORD_MALFORMED record=visual 000{identifier}":
            raise
