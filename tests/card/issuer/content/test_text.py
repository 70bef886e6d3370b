"""The text application's files against the public facts: sizes, bytes, digests, signatures."""

from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.card.issuer.content import text
from honnin.card.issuer.content.certificates import parse_certificate
from honnin.card.issuer.content.keys import encode_public_key
from honnin.errors import Malformed, Untrusted
from tests.card.issuer.content.issuers import ATTRIBUTES, NUMBER, issuers, new_key, text_content
from tests.card.issuer.content.judges import is_signature, openssl_verifies, unnoticed

ISSUER_KEY = issuers().text.private_key.public_key()


def test_sizes_are_those_of_the_real_card() -> None:
    sizes = {identifier: len(content) for identifier, content in text_content().items()}
    assert sizes == {
        1: 17, 2: 104, 3: 336, 4: 568, 5: 256, 6: 269, 7: 536, 8: 16
    }  # fmt: skip


def test_number_file() -> None:
    assert text_content()[0x0001] == bytes.fromhex("FF100C") + NUMBER.encode() + b"\xff\xff"
    assert text.read_number(text_content()[0x0001]) == NUMBER


def test_offsets_are_those_of_the_surveyed_card() -> None:
    """A name of 15 bytes and an address of 54: offsets 000E 0020 0059 0064, outer length 65."""
    attributes = text_content()[0x0002]
    assert len(ATTRIBUTES.name.encode()) == 15
    assert len(ATTRIBUTES.address.encode()) == 54
    assert attributes[:14] == bytes.fromhex("FF2065 DF2108 000E 0020 0059 0064")
    assert attributes[0x0E:0x20] == bytes.fromhex("DF220F") + ATTRIBUTES.name.encode()
    assert attributes[0x20:0x59] == bytes.fromhex("DF2336") + ATTRIBUTES.address.encode()
    assert attributes[0x59:0x64] == bytes.fromhex("DF2408") + b"19800217"
    assert attributes[0x64:] == bytes.fromhex("DF2501") + b"2"


def test_offsets_after_a_long_outer_header() -> None:
    long = replace(ATTRIBUTES, address="あ" * 60)
    content = text.holder_files(NUMBER, long, issuers().text)[0x0002]
    assert content[:5] == bytes.fromhex("FF2082") + (len(content) - 5).to_bytes(2, "big")
    assert content[8:16] == bytes.fromhex("0010 0022 00DB 00E6")
    assert content[0x22:0x27] == bytes.fromhex("DF238200B4")
    assert text.read_attributes(content) == long


def test_digests_and_their_signature(tmp_path: Path) -> None:
    files = text_content()
    digests = files[0x0003]
    assert digests[:5] == bytes.fromhex("FF3082014B")
    assert digests[5:40] == bytes.fromhex("DF3120") + sha256(files[0x0001]).digest()
    assert digests[40:75] == bytes.fromhex("DF3220") + sha256(files[0x0002][0x0E:]).digest()
    assert digests[75:80] == bytes.fromhex("DF33820100")
    assert is_signature(ISSUER_KEY, digests[80:], digests[5:75])
    assert openssl_verifies(tmp_path, ISSUER_KEY, digests[80:], digests[5:75])


def test_certificate_is_the_issuers() -> None:
    assert text_content()[0x0004] == issuers().text.certificate
    assert parse_certificate(text_content()[0x0004]).public_key == ISSUER_KEY


def test_description() -> None:
    content = text_content()[0x0005]
    assert content[:12] == bytes.fromhex("FF4082009F DF4104 01030E01")
    assert content[12:31] == bytes.fromhex("DF4210") + b"9000034\x08\x05001\x00\x00\x00\x00"
    assert content[31:36] == bytes.fromhex("DF43820080")
    assert content[36:] == b"TEST CARD: NOT A REFERENCE NUMBE" + b"\xff" * (96 + 92)
    assert text.read_description(content).reference == content[36 : 36 + 128]


def test_session_key() -> None:
    key = issuers().card.text_session.public_key()
    modulus = key.public_numbers().n.to_bytes(256, "big")
    assert text_content()[0x0006] == bytes.fromhex("A1820109 9003010001 91820100") + modulus
    assert text.read_session_key(text_content()[0x0006]) == key


def test_signing_key_and_its_signature() -> None:
    content = text_content()[0x0007]
    key = issuers().card.text_signing.public_key()
    assert content[:10] == bytes.fromhex("FF50820213 DF51820109")
    assert content[10:275] == encode_public_key(key)
    assert content[275:280] == bytes.fromhex("DF52820100")
    assert is_signature(ISSUER_KEY, content[280:], content[5:275])
    assert text.verify_signing_key(content, ISSUER_KEY) == key


def test_the_unidentified_file() -> None:
    assert text_content()[0x0008] == b"\xff" * 16


def test_a_client_reads_what_was_written() -> None:
    files = text_content()
    text.verify_text(files[3], ISSUER_KEY, number=files[1], attributes=files[2])
    assert text.read_attributes(files[2]) == ATTRIBUTES
    assert "見本" not in repr(text.read_attributes(files[2]))


def test_filler_behind_a_file_changes_nothing() -> None:
    files = text_content()
    filled = files[2] + b"\xff" * 500
    assert text.read_attributes(filled) == ATTRIBUTES
    text.verify_text(files[3] + b"\xff", ISSUER_KEY, attributes=filled)
    with pytest.raises(Malformed):
        text.read_attributes(files[2] + b"\xff\x00\xff")


@pytest.mark.parametrize("alone", ["number", "attributes"])
def test_every_turned_bit_of_a_holders_file_is_noticed(alone: str) -> None:
    files = text_content()
    content = files[1] if alone == "number" else files[2]
    assert unnoticed(lambda turned: text.verify_text(files[3], ISSUER_KEY, **{alone: turned}), content) == []


def test_every_turned_bit_of_a_signed_file_is_noticed() -> None:
    files = text_content()
    assert unnoticed(lambda turned: text.verify_text(turned, ISSUER_KEY), files[3]) == []
    assert unnoticed(lambda turned: text.verify_signing_key(turned, ISSUER_KEY), files[7]) == []


def test_another_persons_files_do_not_fit() -> None:
    mine = text_content()
    other = text.holder_files("999999990026", replace(ATTRIBUTES, sex="1"), issuers().text)
    for mixed in ({"number": other[1]}, {"attributes": other[2]}):
        with pytest.raises(Untrusted) as refused:
            text.verify_text(mine[3], ISSUER_KEY, **mixed)
        assert refused.value.code == "E_CARD_RECORD_UNTRUSTED"


def test_another_issuers_signature_is_not_taken() -> None:
    with pytest.raises(Untrusted):
        text.verify_text(text_content()[3], new_key().public_key())
    with pytest.raises(Untrusted):
        text.verify_signing_key(text_content()[7], issuers().card.text_signing.public_key())


def test_a_number_with_a_wrong_check_digit_is_not_written_or_read() -> None:
    with pytest.raises(Malformed) as refused:
        text.holder_files("999999990019", ATTRIBUTES, issuers().text)
    assert refused.value.code == "E_NUMBER_MALFORMED"
    with pytest.raises(Malformed) as refused:
        text.read_number(bytes.fromhex("FF100C") + b"999999990019" + b"\xff\xff")
    assert refused.value.code == "E_CARD_RECORD_MALFORMED"


@pytest.mark.parametrize("sex", ["", "12", "x", "１"])
def test_a_sex_is_one_digit(sex: str) -> None:
    with pytest.raises(ValueError, match="one digit"):
        text.holder_files(NUMBER, replace(ATTRIBUTES, sex=sex), issuers().text)


@given(
    name=st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
    address=st.text(st.characters(exclude_categories=["Cs"]), max_size=400),
    birth_date=st.dates(),
    sex=st.sampled_from("0129"),
)
def test_whatever_is_written_is_read(name: str, address: str, birth_date: date, sex: str) -> None:
    attributes = text.Attributes(name, address, birth_date, sex)
    files = text.holder_files(NUMBER, attributes, issuers().text)
    assert text.read_attributes(files[2]) == attributes
    text.verify_text(files[3], ISSUER_KEY, number=files[1], attributes=files[2])


@given(st.binary(max_size=600))
def test_any_bytes_are_refused_by_name(octets: bytes) -> None:
    for read in (text.read_number, text.read_attributes, text.read_description, text.read_session_key):
        with pytest.raises(Malformed):
            read(octets)
    with pytest.raises(Malformed):
        text.verify_text(octets, ISSUER_KEY)
    with pytest.raises(Malformed):
        text.verify_signing_key(octets, ISSUER_KEY)


@given(st.data())
def test_damaged_files_are_refused_by_name(data: st.DataObject) -> None:
    """Cut, grown or overwritten in the middle: an error of ours, or what was written."""
    identifier = data.draw(st.sampled_from([1, 2, 5, 6]))
    content = text_content()[identifier]
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    damaged = content[:start] + data.draw(st.binary(max_size=20)) + content[end:]
    read = {1: text.read_number, 2: text.read_attributes, 5: text.read_description, 6: text.read_session_key}
    try:
        read[identifier](damaged)
    except Malformed as refused:
        if str(refused) != f"E_CARD_RECORD_MALFORMED record=text 000{identifier}":
            raise
