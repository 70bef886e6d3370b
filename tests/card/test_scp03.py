"""The cryptography of SCP03 against published values.

Origins: RFC 4493 section 4 (AES-CMAC). Session keys and cryptograms of GlobalPlatformPro issue 98, a real
card with the default keys. Whole exchanges at level 33 from the test data of Samsung's OpenSCP-Java
(Apache-2.0; data only), AES-128 and AES-256 in S8 mode.
"""

from dataclasses import dataclass

import pytest

from honnin.card import scp03
from honnin.card.apdu import Command, Response
from honnin.card.chip.secure_channel import CardChannel
from honnin.card.issuer.channel import HostChannel
from honnin.card.scp03 import CARD_CRYPTOGRAM, SessionKeys, StaticKeys, derive_card_keys
from honnin.card.secure_channel import ISSUER_AID
from honnin.identifiers import CardNumber

DEFAULT_KEY = bytes.fromhex("404142434445464748494A4B4C4D4E4F")


@pytest.mark.parametrize(
    ("message", "mac"),
    [
        ("", "bb1d6929e95937287fa37d129b756746"),
        ("6bc1bee22e409f96e93d7e117393172a", "070a16b46b4d4144f79bdd9dd04a287c"),
        (
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411",
            "dfa66747de9ae63030ca32611497c827",
        ),
    ],
)
def test_aes_cmac(message: str, mac: str) -> None:
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    assert scp03.cmac(key, bytes.fromhex(message)).hex() == mac


def test_session_keys_and_cryptograms_of_a_real_card() -> None:
    host, card = bytes.fromhex("C81ED3B6B3DEF556"), bytes.fromhex("86C8BD65FA1044EE")
    keys = SessionKeys.of(StaticKeys(DEFAULT_KEY, DEFAULT_KEY, DEFAULT_KEY), host, card)
    assert keys.enc.hex().upper() == "3D991C5571391EB5BEF93DB2A4FD13D8"
    assert keys.mac.hex().upper() == "9BAB6C2C1EFEAC6E4F3B214ABABAC3B1"
    assert keys.cryptogram(scp03.CARD_CRYPTOGRAM, host, card).hex().upper() == "CF4A8EE6E34A4321"
    assert keys.cryptogram(scp03.HOST_CRYPTOGRAM, host, card).hex().upper() == "DC79BEA879C62D44"


def test_the_pseudo_random_challenge_of_a_real_card() -> None:
    keys = StaticKeys(DEFAULT_KEY, DEFAULT_KEY, DEFAULT_KEY)
    assert scp03.card_challenge(keys, 1, ISSUER_AID).hex().upper() == "86C8BD65FA1044EE"


@dataclass(frozen=True)
class Exchange:
    """One published exchange: keys, what the card proves, and three protected commands with answers."""

    enc: str
    mac: str
    dek: str
    cryptogram: str
    authenticate: str
    commands: tuple[str, str, str]
    answers: tuple[str, str, str]


AES_128 = Exchange(
    "1D72CD9283FD55162722C6BEAA4DC187",
    "F4932BA02FFC3098D172790099D28382",
    "B4BDC610C3F6793708FF1132E2C5BF60",
    "DC2DBE8974C8B0DE",
    "8482330010B08D6CE26B6CB3CCB411CF0296EB7B1D",
    (
        "84F22000185230BA64388B4A40E0B4DA5CC1DF51C285E4020D99D5AED1",
        "84F24000181819D47B42BBE6B9449BBC2BD43A090DAC1F2F0A52D9F34B",
        "84F280001809F07C3DF47956B1052951FA28211BA7BABC05C321D9B3BF",
    ),
    (
        "BD3292BFB1A23C4478E37292BA1EDF438770CE472FB7611FBDBD1C981A27FA4780A81A95D93C05F9"
        "C4C94839DED0363CFEA57CE2ECFB572B26F3474DAEEBBABC202942381F9755F59000",
        "BB82442BB5CC8C839620615D1F163D3DDBC9357D68EF4BAD997CFBB79A24C224A89488C44B25C3B2"
        "3D489E4E58A309D438FDD6E453D0E07216541FB142B977A3A7D4C4048BBE2BA068F04A0A4A9C50BA"
        "D232F8CA8EA1F40E9000",
        "31EB08363026463BAD10AF29F24301F1D9B8532067F9313D97FDA39BBE6B6099BEFD623E1F79FB5D9000",
    ),
)
AES_256 = Exchange(
    "1D72CD9283FD55162722C6BEAA4DC1877F4C0CD0ECC15E052AAC39A99AF9AD72",
    "F4932BA02FFC3098D172790099D2838236F2E61068D56F4401CC0374C25AF8CB",
    "B4BDC610C3F6793708FF1132E2C5BF60523AEAC06B32F204B851B6CC007C8D3C",
    "8AFA7267CB63740E",
    "848233001050E003735F92228269A094FFC07429FD",
    (
        "84F2200018BD57D1382AE8F66F7EB5F5991B92D1399044157C7DFD2761",
        "84F240001845D2B475C3EFF8BBB254D0B6A8E6CA97CF5265D907A76070",
        "84F28000187083CA3ADA0F76CF7B3FFAC60ABE13599D521EE7B9224C49",
    ),
    (
        "47D81041004B7E9208E3BEF1372E7CDE8CD995AEF207F138C80D45156F2D36F2B15BDC9C4D6FDB97"
        "74344495CCC83AE7BA0B39C734BF9CEBD07204AA5A67DF2D7E663D55FC4944C09000",
        "59E8DCFDC22D436336552128F790E1B383D6942ED4025F30FE8D95541E634E238BFD963D88DF822D"
        "8EBCC1272A9D56C7D1CBC306039647FC4977EFF562C0B8C01314B1C8B2D168A581A98C65B676B3EE"
        "4032E91A9C0858EC9000",
        "E58CB33A46F76909ADDDFF0C2821F4F25F22B5553C534DC69000",
    ),
)
HOST_CHALLENGE = bytes.fromhex("06F85B77251BF794")
CARD_CHALLENGE = bytes.fromhex("9CE033FA78E6B10D")
PLAIN_FIRST_ANSWER = (
    "08A00000015141434C010010A0000002202003010101000000000006010010A00000022020030101"
    "01000000000011010005A0000002480100"
)
PLAIN_THIRD_ANSWER = "08A0000001510000000F9E"


def static_keys(exchange: Exchange) -> StaticKeys:
    return StaticKeys(bytes.fromhex(exchange.enc), bytes.fromhex(exchange.mac), bytes.fromhex(exchange.dek))


def cryptogram(exchange: Exchange) -> bytes:
    challenges = HOST_CHALLENGE, CARD_CHALLENGE
    return SessionKeys.of(static_keys(exchange), *challenges).cryptogram(CARD_CRYPTOGRAM, *challenges)


def initialize_update_answer(exchange: Exchange) -> bytes:
    head = "A1A01243058551312085300370" + CARD_CHALLENGE.hex()
    return bytes.fromhex(head + exchange.cryptogram + "00082A9000")


@pytest.mark.parametrize("exchange", [AES_128, AES_256], ids=["AES-128", "AES-256"])
def test_the_host_end_speaks_as_published(exchange: Exchange) -> None:
    channel, authenticate = HostChannel.open(
        static_keys(exchange), HOST_CHALLENGE, initialize_update_answer(exchange)
    )
    assert authenticate.hex().upper() == exchange.authenticate
    plain = [bytes((0x80, 0xF2, p1, 0x00, 2, 0x4F, 0x00)) for p1 in (0x20, 0x40, 0x80)]
    wrapped = [channel.wrap(command).hex().upper() for command in plain]
    assert tuple(wrapped) == exchange.commands
    answers = [channel.unwrap(i, bytes.fromhex(answer)) for i, answer in enumerate(exchange.answers)]
    assert (answers[0].hex().upper(), answers[2].hex().upper()) == (PLAIN_FIRST_ANSWER, PLAIN_THIRD_ANSWER)


@pytest.mark.parametrize("exchange", [AES_128, AES_256], ids=["AES-128", "AES-256"])
def test_the_card_end_understands_and_answers_as_published(exchange: Exchange) -> None:
    card = CardChannel(static_keys(exchange), HOST_CHALLENGE, CARD_CHALLENGE)
    host, _ = HostChannel.open(static_keys(exchange), HOST_CHALLENGE, initialize_update_answer(exchange))
    assert cryptogram(exchange).hex().upper() == exchange.cryptogram
    card.authenticate_host(Command.parse(bytes.fromhex(exchange.authenticate)))
    for index, (sealed, answer) in enumerate(zip(exchange.commands, exchange.answers, strict=True)):
        command = card.unprotect(Command.parse(bytes.fromhex(sealed)))
        assert (command.cla, command.ins, command.data) == (0x80, 0xF2, b"\x4f\x00")
        host.wrap(command.to_bytes())
        plain = host.unwrap(index, bytes.fromhex(answer))
        protected = card.protect(Response(plain)).to_bytes().hex().upper()
        if exchange is not AES_128 or index != 2:  # that published answer has a block of padding too many
            assert protected == answer


@pytest.mark.parametrize("length", [16, 24, 32])
def test_card_keys_come_from_the_master_key_and_the_card_number(length: int) -> None:
    master = bytes(range(length))
    keys = derive_card_keys(master, CardNumber("TEST1"))
    assert keys == derive_card_keys(master, CardNumber("TEST1"))
    others = (
        derive_card_keys(master, CardNumber("TEST2")),
        derive_card_keys(bytes(length), CardNumber("TEST1")),
    )
    values = {key for each in (keys, *others) for key in (each.enc, each.mac, each.dek)}
    assert len(values) == 9
    assert {len(value) for value in values} == {length}


def test_the_keys_of_cards_in_use_stay_as_they_are() -> None:
    keys = derive_card_keys(bytes(range(32)), CardNumber("TEST00000000001"))
    assert keys == derive_card_keys(bytes(range(32)), CardNumber("TEST00000000001"), 0x30)
    assert scp03.key_check_value(keys.enc).hex() + scp03.key_check_value(keys.dek).hex() == "301a655db881"


def test_each_version_has_keys_of_its_own() -> None:
    """No card number can be written so that its first keys are another card's later ones."""
    master = bytes(range(16))
    keys = [derive_card_keys(master, CardNumber("TEST1"), version) for version in range(0x01, 0x80)]
    assert [each.version for each in keys] == list(range(0x01, 0x80))
    others = [derive_card_keys(master, CardNumber("TEST1" + chr(version))) for version in range(0x20, 0x7F)]
    assert len({key for each in keys + others for key in (each.enc, each.mac, each.dek)}) == 3 * (127 + 95)


@pytest.mark.parametrize("version", [0x00, 0x80, 0xFF])
def test_a_key_version_is_between_1_and_7f(version: int) -> None:
    with pytest.raises(ValueError, match="key version"):
        derive_card_keys(bytes(16), CardNumber("TEST1"), version)


@pytest.mark.parametrize("length", [0, 15, 20, 64])
def test_a_master_key_is_an_aes_key(length: int) -> None:
    with pytest.raises(ValueError, match="master key"):
        derive_card_keys(bytes(length), CardNumber("TEST1"))


@pytest.mark.parametrize(("enc", "mac", "dek"), [(16, 16, 32), (20, 20, 20), (0, 0, 0), (32, 16, 16)])
def test_static_keys_are_three_of_one_length(enc: int, mac: int, dek: int) -> None:
    with pytest.raises(ValueError, match="three AES keys"):
        StaticKeys(bytes(enc), bytes(mac), bytes(dek))


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 239])
def test_padding_is_taken_off_again(length: int) -> None:
    message = bytes(length)
    padded = scp03.pad(message)
    assert len(padded) % 16 == 0
    assert len(padded) > length
    assert scp03.unpad(padded) == message


@pytest.mark.parametrize("padded", ["", "00" * 16, "01" * 16, "80" + "00" * 14 + "01"])
def test_what_is_not_padded_is_noticed(padded: str) -> None:
    assert scp03.unpad(bytes.fromhex(padded)) is None


def test_a_broken_block_is_not_decrypted() -> None:
    assert scp03.decrypt(DEFAULT_KEY, 1, bytes(17)) is None


def test_each_message_is_encrypted_differently() -> None:
    texts = {
        scp03.encrypt(DEFAULT_KEY, counter, b"same", response=response)
        for counter in (1, 2)
        for response in (False, True)
    }
    assert len(texts) == 4


def test_keys_do_not_show_themselves() -> None:
    keys = StaticKeys(DEFAULT_KEY, DEFAULT_KEY, DEFAULT_KEY)
    shown = repr(keys) + repr(SessionKeys.of(keys, bytes(8), bytes(8)))
    assert "4041" not in shown
    assert "@AB" not in shown
