"""The basic resident registry card. Its PINs and its label are published; what else it has is not."""

from tests.card.known.number_card import ALL, DIGITS, TOKEN_INFORMATION
from tests.card.known.rows import OURS, Answer, Application, File, Key, Kind, Pin

JPKI = Application(
    "MYR MYG",
    aid="D392F000260100000001",
    number=1,
    change="00240180",
    commands=f"{ALL} 0024 80AE",
    files=(
        File(OURS, 0x0001, "30820301 A1*769 FF*251", pins="1B"),
        File(OURS, 0x0002, "30820301 A2*769 FF*251"),
        File("MYR MYG", 0x0006, f"4A504B4941504943 43544F4B454E 20*18 {TOKEN_INFORMATION}"),
        File(OURS, 0x0008, "8F0000"),
    ),
    pins=(
        Pin(
            "S0-22",
            0x001B,
            "4-16 of 0-9, A-Z, a-z",
            "aB3x",
            5,
            ("1234", "abcd", "WXYZ", "ABCDEFGHIJKLmno6"),
            ("123", "ABCDEFGHIJKLmno67", "aB3-"),
        ),
    ),
    keys=(Key(OURS, 0x001A, pin=0x1B),),
    answers=(
        Answer(OURS, "80AE0000", "6982"),
        Answer(OURS, "0020009B 04 41423358", "63C4"),  # AB3X: the card folds no case
        Answer(OURS, "802A0000 01 AA 00", "6A88"),
    ),
)

JUKI = Application(
    OURS,
    aid="D3921000310001010401",
    number=4,
    change="80320080",
    commands=f"{ALL} 8032",
    pins=(Pin("S0-22", 0x001C, "4 of 0-9", "1234", 5, *DIGITS),),
)

JUKI_CARD = Kind(
    "PCT MYR MYG MC",
    atr="3BE000FF8131FE4514",
    label="JPKIAPICCTOKEN",
    slots={"signature": (1, 0x0001, 0x0002, 0x001A, 0x001B)},
    applications={"jpki": JPKI, "juki": JUKI},
)
