"""Records of the common and resident register applications, GET DATA, and the codes printed on the card."""

from datetime import date
from functools import reduce
from operator import xor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.card.issuer.content import access_codes, common, master_file
from honnin.card.issuer.content.certificates import MASTER_FILE_ROOT, CertificateIssuer, verify_chain
from honnin.errors import Malformed
from honnin.identifiers import MunicipalityCode
from honnin.law.era import era_year
from tests.card.issuer.content.issuers import issuers, new_key
from tests.card.issuer.content.judges import is_signature

CARD = common.CardRecord("990000000000042", MunicipalityCode("99101"), date(2035, 2, 17))
ATR = bytes.fromhex("3BE000FF8131FE4514")


def test_the_card_record() -> None:
    files = common.common_files(CARD)
    assert files[0x0001] == (b"\x01\x1c" + b"990000000000042" + b"99101" + b"20350217",)
    assert len(files[0x0001][0]) == 30
    assert common.read_card_record(files[0x0001][0]) == CARD


def test_the_key_reference_is_the_same_in_both_applications() -> None:
    (record,) = common.resident_register_files()[0x0002]
    assert common.common_files(CARD)[0x0002] == (record,)
    assert record == bytes.fromhex("0110") + b"9000010\x08\x05001\x00\x00\x00\x00"


def test_serial_numbers_are_digits_and_begin_with_99() -> None:
    assert common.fictitious_serial(42) == "990000000000042"
    for wrong in (-1, 10**13):
        with pytest.raises(ValueError, match="13 digits"):
            common.fictitious_serial(wrong)


def test_a_card_number_with_letters_is_no_serial() -> None:
    with pytest.raises(ValueError, match="15 digits"):
        common.common_files(
            common.CardRecord("TEST00000000001", MunicipalityCode("99101"), date(2035, 2, 17))
        )
    with pytest.raises(ValueError, match="five digits"):
        common.common_files(common.CardRecord("990000000000042", MunicipalityCode("9910"), date(2035, 2, 17)))


@given(st.binary(max_size=40) | st.binary(min_size=28, max_size=28).map(lambda value: b"\x01\x1c" + value))
def test_any_bytes_are_no_card_record(octets: bytes) -> None:
    with pytest.raises(Malformed):
        common.read_card_record(octets)


def test_data_objects() -> None:
    root = CertificateIssuer(MASTER_FILE_ROOT, new_key())
    intermediate, subject = new_key(), issuers().text.private_key.public_key()
    chain = master_file.certificate_chain(root, intermediate, MunicipalityCode("99101"), subject)
    objects = master_file.data_objects(MunicipalityCode("99101"), ATR, chain)
    assert sorted(objects) == [0x0042, 0x0066, 0x00F0, 0x00F7, 0x00F8, 0x5F51, 0x7F21]
    assert objects[0x0042] == b"9000020\x08\x05001\x00\x00\x00\xa8"
    assert objects[0x00F0] == b"99101"
    assert len(objects[0x00F8]) == len(objects[0x7F21]) == 563
    assert objects[0x00F8][:5] == bytes.fromhex("5F4E820129")
    assert objects[0x00F8][5:21] == objects[0x0042]
    assert objects[0x00F8][21:37] == objects[0x00F7] == objects[0x7F21][5:21]
    assert is_signature(root.private_key.public_key(), objects[0x00F8][-256:], objects[0x00F8][5:302])
    assert is_signature(intermediate.public_key(), objects[0x7F21][-256:], objects[0x7F21][5:302])
    trusted = {MASTER_FILE_ROOT: root.private_key.public_key()}
    assert verify_chain((objects[0x00F8], objects[0x7F21]), trusted).public_key == subject


def test_recognition_data_is_globalplatforms() -> None:
    """Card Specification 2.3.1, annex H.2: version 2.3, SCP03 with option 70."""
    assert master_file.recognition_data() == bytes.fromhex(
        "6630 732E 06072A864886FC6B01 600B 06092A864886FC6B020203 6309 06072A864886FC6B03"
        "640B 06092A864886FC6B040370"
    )


@pytest.mark.parametrize(
    "atr",
    ["3BE000FF8131FE4514", "3BDA13FF8131FB468012392F31C173C601C03B", "3BF59100FF918171FE400042000100D1D6"],
)
def test_the_contact_answer_to_reset_keeps_its_check_byte(atr: str) -> None:
    octets = bytes.fromhex(atr)
    told = master_file.contact_atr(octets)
    assert told == octets[1:]
    assert reduce(xor, told) == 0
    with pytest.raises(ValueError, match="check byte"):
        master_file.contact_atr(octets[:-1] + bytes((octets[-1] ^ 1,)))
    with pytest.raises(ValueError, match="check byte"):
        master_file.contact_atr(told)


def test_code_b_of_the_surveyed_card() -> None:
    """Born in Showa 55, valid until 2035, security code 2285."""
    birth_date = date(1980, 2, 17)
    assert era_year(birth_date) == 55
    assert access_codes.code_b(birth_date, 55, date(2035, 2, 17), "2285") == "55021720352285"
    assert access_codes.birth_code(birth_date, 55) == "550217"


def test_birth_code_of_a_first_year() -> None:
    birth_date = date(2019, 5, 1)
    assert access_codes.birth_code(birth_date, era_year(birth_date)) == "010501"
    assert access_codes.birth_code(date(2019, 4, 30), era_year(date(2019, 4, 30))) == "310430"


def test_code_a_is_the_number() -> None:
    assert access_codes.code_a("999999990018") == "999999990018"
    with pytest.raises(Malformed):
        access_codes.code_a("999999990019")


@pytest.mark.parametrize("code", ["", "123", "12345", "12a4", "１２３４"])
def test_a_security_code_is_four_digits(code: str) -> None:
    with pytest.raises(ValueError, match="four digits"):
        access_codes.code_b(date(1980, 2, 17), 55, date(2035, 2, 17), code)


@pytest.mark.parametrize("year", [0, 100])
def test_an_era_year_has_two_digits(year: int) -> None:
    with pytest.raises(ValueError, match="one or two digits"):
        access_codes.birth_code(date(1980, 2, 17), year)
