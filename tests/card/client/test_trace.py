"""A conversation in words: what is meant is said, and no PIN ever stands in it."""

import re
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.card.chip.card import Card
from honnin.card.client.known_files import BY_NAME
from honnin.card.client.trace import Tracer
from tests.card.issuer.content.issuers import PICTURES, text_content, visual_content
from tests.support.card.desk import SELECT_JPKI, octets


def conversation(tracer: Tracer, card: Card, *commands: str) -> list[str]:
    """The titles, each with its meaning."""
    exchanges = (tracer.exchange(octets(each), card.transmit(octets(each))) for each in commands)
    return [f"{each.title}: {each.meaning}" for each in exchanges]


def test_a_login_reads_as_a_story(card: Card) -> None:
    digest_info = "3031300D060960864801650304020105000420" + 32 * "00"
    card.reset()
    said = conversation(
        Tracer(),
        card,
        "00CA0045 00",
        SELECT_JPKI,
        "00A4020C 02 0018",
        "00200080",
        "00200080 04 39393939",
        "00200080 04 31323334",
        "00A4020C 02 000A",
        "00B00100 00",
        f"802A0097 33 {digest_info} 00",
        "00B08800 03",
        "00A4040C 06 A00000000101",
        "80F20000",
    )
    assert said == [
        "GET DATA 0045 (card identification number): the command succeeded",
        "SELECT application JPKI (公的個人認証AP): the command succeeded",
        "SELECT file 0018 (user-authentication PIN): the command succeeded",
        "VERIFY, only to ask how many tries are left, of 0018 (user-authentication PIN): 3 tries left",
        "VERIFY 0018 (user-authentication PIN): wrong, 2 tries left",
        "VERIFY 0018 (user-authentication PIN): the command succeeded",
        "SELECT file 000A (user-authentication certificate): the command succeeded",
        "READ BINARY 000A (user-authentication certificate) from byte 256: the command succeeded",
        "COMPUTE DIGITAL SIGNATURE (PKCS#1 v1.5 of the data as given) with 0017 (user-authentication key): "
        "the command succeeded",
        "READ BINARY 0008 (which certificates are there) from byte 0: the command succeeded",
        "SELECT application A00000000101: no such file or application",
        "GET STATUS: unknown instruction",
    ]


def test_the_same_story_in_japanese(card: Card) -> None:
    """Names of commands and of bytes stay as ISO 7816 has them; whatever else is said is Japanese."""
    tracer, said = Tracer(), list[str]()
    for command in (
        SELECT_JPKI,
        "00A4020C 02 0018",
        "00200080",
        "00200080 04 39393939",
        "00B08800 03",
        "00FF0000",
    ):
        said += tracer.exchange(octets(command), card.transmit(octets(command))).lines("ja")
    assert said[0] == "SELECT アプリケーション 公的個人認証AP"
    assert said[3] == "SELECT ファイル 0018（利用者証明用電子証明書の暗証番号）"
    assert said[8].endswith("残り3回")
    assert said[10:12] == ["  > 00200080（5 バイトは表示しません）", "  < 63C2  不一致、残り2回"]
    assert not re.search("[a-z]{2,}", "\n".join(said)), said


def test_what_was_selected_is_forgotten_with_the_power(card: Card) -> None:
    tracer = Tracer()
    conversation(tracer, card, SELECT_JPKI, "00A4020C 02 0018")
    tracer.reset()
    card.reset()
    assert conversation(tracer, card, "00B00000 00") == [
        "READ BINARY no file from byte 0: unknown instruction"
    ]


def test_long_data_is_cut_and_counted(card: Card) -> None:
    tracer = Tracer()
    conversation(tracer, card, SELECT_JPKI, "00A4020C 02 000B")
    exchange = tracer.exchange(octets("00B00000 00"), card.transmit(octets("00B00000 00")))
    assert exchange.answer.startswith("3082")
    assert exchange.answer.endswith("… (256 bytes) 9000")
    assert len(exchange.answer) < 100


PIN = "31323334"
SECRETS = [
    f"00200080 04 {PIN}",
    f"00200098 000004 {PIN}",
    f"0C200080 06 8604{PIN}",
    f"00210080 04 {PIN}",
    f"00240180 04 {PIN}",
    f"002C0080 04 {PIN}",
    f"80320080 04 {PIN}",
    f"80540080 04 {PIN}",
    f"80560214 04 {PIN}",
    f"00200080 09 {PIN}",  # its length is wrong
    f"00200080 {PIN}",
]


@pytest.mark.parametrize("command", SECRETS)
def test_a_pin_is_not_shown(command: str) -> None:
    lines = "\n".join(Tracer().exchange(octets(command), octets("9000")).lines())
    assert PIN not in lines
    assert PIN in "\n".join(Tracer(show_pins=True).exchange(octets(command), octets("9000")).lines())


@given(
    cla=st.integers(0, 255),
    ins=st.sampled_from([0x20, 0x21, 0x24, 0x25, 0x2C, 0x2D, 0x32, 0x54, 0x56]),
    parameters=st.binary(min_size=2, max_size=2),
    length=st.binary(max_size=3),
    answer=st.binary(min_size=2, max_size=300),
)
def test_no_form_of_a_pin_command_shows_its_data(
    cla: int, ins: int, parameters: bytes, length: bytes, answer: bytes
) -> None:
    secret = b"\xa5\x5a\xc3\x3c\x99\x66"
    command = bytes((cla, ins)) + parameters + length + secret
    exchange = Tracer().exchange(command, answer)
    assert secret.hex().upper() not in exchange.title + exchange.command


@pytest.mark.parametrize(
    ("command", "title"),
    [
        ("84E20000 08 0011223344556677", "STORE DATA [secure messaging]"),
        ("0CB00000 00", "READ BINARY no file from byte 0 [secure messaging]"),
        ("80E20000 00", "STORE DATA"),
        ("00A4030C 02 3F00", "SELECT 3F00"),
        ("00B2010C 00", "READ RECORD 1 of 0001"),
        ("002A9E9A", "COMPUTE DIGITAL SIGNATURE (unknown mode) with 001A"),
        ("00B10001 04 54020000 00", "READ BINARY 0001 by data objects"),
        ("00B3010C 04 54020000 00", "READ RECORD 1 of 0001"),
        ("80560214", "SET CODE 0014"),
        ("00FF0000", "unknown instruction FF"),
        ("00A4", "not a command: fewer than 4 bytes"),
    ],
)
def test_titles(command: str, title: str) -> None:
    assert Tracer().exchange(octets(command), octets("6D00")).title == title


def test_a_sealed_selection_is_not_taken_for_a_file() -> None:
    tracer = Tracer()
    tracer.exchange(octets("08A4020C 04 86020100"), octets("9000"))
    title = tracer.exchange(octets("00B00000 00"), octets("6986")).title
    assert title == "READ BINARY an unknown file from byte 0"


@given(command=st.binary(max_size=300), answer=st.binary(max_size=300))
def test_any_bytes_can_be_told(command: bytes, answer: bytes) -> None:
    tracer = Tracer()
    for _ in range(2):
        assert len(tracer.exchange(command, answer).lines()) == 3


NUMBER = b"999999990018"
TEXT = f"00A4040C 0A {BY_NAME['text'].aid.hex()}"
NUMBER_FILE = [(TEXT, "9000"), ("00A4020C 02 0001", "9000")]
OTHER_FILE = [(TEXT, "9000"), ("00A4020C 02 0002", "9000")]
SEALED = "08A4020C 13 861101" + "5A" * 16
ANSWER = f"FF100C {NUMBER.hex()} FFFF"


@pytest.mark.parametrize(
    "exchanges",
    [
        [*NUMBER_FILE, ("00B00000 11", ANSWER + "9000")],
        [*NUMBER_FILE, ("00B00000 00", ANSWER + "6282")],
        [*NUMBER_FILE, ("00B10000 04 54020000 00", f"5311 {ANSWER} 9000")],
        [*NUMBER_FILE, ("00B10000 04 54020000", "6113"), ("00C00000 13", f"5311 {ANSWER} 9000")],
        [*NUMBER_FILE, ("00B00000", "6111"), ("00C00000 11", ANSWER + "9000")],
        [*NUMBER_FILE, ("00B00000", "6111"), ("00C00000 01", "FF 6110"), ("00C00000 10", ANSWER + "9000")],
        [(TEXT, "9000"), ("00B08100 11", ANSWER + "9000")],
        [(TEXT, "9000"), ("00B10001 04 54020000 00", f"5311 {ANSWER} 9000")],
        [(TEXT, "9000"), ("00B10001 04 54020000 00", "53009000"), ("00B00000 11", ANSWER + "9000")],
        [(TEXT, "9000"), ("00B2010C 00", ANSWER + "9000")],
        [(TEXT, "9000"), ("00B3010C 04 54020000 00", ANSWER + "9000")],
        [
            (TEXT, "6110"),
            ("00C00000 10", "6F0E 9000"),
            ("00A40200 02 0001", "610A"),
            ("00B00000 11", ANSWER + "9000"),
        ],
        # A short identifier selects also where the card then refuses to read.
        [(TEXT, "9000"), ("00B08100 00", "6982"), ("00B00000 11", ANSWER + "9000")],
        [*OTHER_FILE, ("00B081FF 00", "6B00"), ("00B00000 11", ANSWER + "9000")],
        [*OTHER_FILE, ("00B2010C 00", "6981"), ("00B00000 11", ANSWER + "9000")],
        [*OTHER_FILE, ("00B2010C 00", "6981"), ("00B00005 0C", NUMBER.hex() + "9000")],
        # Nobody sees what a protected command selects, also when it is refused.
        [(TEXT, "9000"), (SEALED, "9000"), ("00B00000 11", ANSWER + "9000")],
        [*OTHER_FILE, (SEALED, "9000"), ("00B00000 11", ANSWER + "9000")],
        [*OTHER_FILE, ("08B08100 05 9603000000 0000", "6982"), ("00B00000 11", ANSWER + "9000")],
        [("00A4040C 05 D392100031", "9000"), ("00B08100 11", ANSWER + "9000")],
    ],
)
def test_the_individual_number_is_not_shown(exchanges: list[tuple[str, str]]) -> None:
    """It is also the value of a PIN."""
    for show_pins in (False, True):
        tracer = Tracer(show_pins=show_pins)
        lines = [tracer.exchange(octets(command), octets(answer)).lines() for command, answer in exchanges]
        assert (NUMBER.hex() in str(lines).lower()) is show_pins


def test_secret_are_the_files_from_which_a_number_or_a_code_can_be_found() -> None:
    """Twelve digits are few enough to be searched for their digest; a picture is read."""
    digest = sha256(text_content()[0x0001]).digest()
    telling = (NUMBER, digest, PICTURES.number, PICTURES.security_code)
    for name, files in (("text", text_content()), ("visual", visual_content())):
        for number, content in files.items():
            file = BY_NAME[name].file(number)
            tells = any(each in content for each in telling)
            assert (file is not None and file.secret) is tells, (name, number)


@pytest.mark.parametrize("length", [1, 16, 32, 256])
@pytest.mark.parametrize(
    ("name", "number"), [("text", 0x0001), ("text", 0x0003), ("visual", 0x0002), ("visual", 0x0005)]
)
def test_no_part_of_a_secret_file_is_shown(name: str, number: int, length: int) -> None:
    tracer = Tracer()
    tracer.exchange(octets(f"00A4040C 0A {BY_NAME[name].aid.hex()}"), octets("9000"))
    tracer.exchange(octets(f"00A4020C 02 {number:04X}"), octets("9000"))
    for offset in (0, length):
        command = octets(f"00B0 {offset:04X} {length % 256:02X}")
        assert tracer.exchange(command, bytes(length) + octets("9000")).answer == (
            f"({length} bytes not shown) 9000"
        )


def test_what_is_certain_is_shown() -> None:
    """A file that does not exist selects nothing, and a selection ends what nobody knew."""
    tracer = Tracer()
    shown = [
        tracer.exchange(octets(command), octets(answer)).answer
        for command, answer in [
            *OTHER_FILE,
            ("00B09D00 00", "6A82"),
            ("00B00000 02", "FF20 9000"),
            (SEALED, "9000"),
            ("00A4020C 02 0002", "9000"),
            ("00B00000 02", "FF20 9000"),
        ]
    ]
    assert [answer for answer in shown if len(answer) > 4] == ["FF20 9000"] * 2


def test_what_follows_the_number_is_shown() -> None:
    tracer = Tracer()
    for command, answer in [*NUMBER_FILE, ("00B00000", "6111"), ("00C00000 11", ANSWER + "9000")]:
        tracer.exchange(octets(command), octets(answer))
    assert tracer.exchange(octets("00C00000 02"), octets("0102 9000")).answer == "0102 9000"
    tracer.exchange(octets("00B00000"), octets("6111"))
    tracer.reset()
    assert tracer.exchange(octets("00C00000 02"), octets("0102 9000")).answer == "0102 9000"
