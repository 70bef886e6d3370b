"""The individual number card: every application, file, PIN, key and command that is known of it."""

from tests.card.known.rows import OURS, Answer, Application, File, Key, Kind, Messaging, Pin

A = "999999990018"  # 照合番号A is the individual number
B = "55021720352285"  # born Showa 55-02-17, until 2035, security code 2285: the survey's example
BIRTH = "550217"
DIGITS = ("5678", "0000"), ("123", "12345", "12A4", "123 ")
PUBLIC_KEY = "9003010001 91820100 ?256"
KEY_IDENTIFIER = "?7 0805 ?3 ?4"  # seven digits, 08 05, three digits, four bytes
CV_CERTIFICATE = f"7F21820233 5F4E820129 {KEY_IDENTIFIER} {KEY_IDENTIFIER} {PUBLIC_KEY} 5F37820100 ?256"
# CK_TOKEN_INFO after its label: HONNIN TEST CARD, TEST, serial number, flags, sessions, PIN lengths, memory.
TOKEN_INFORMATION = (
    "484F4E4E494E20544553542043415244 20*16 54455354 20*12 30*16 0000040D 00000001 00000000 00000001 00000000"
    " 00000010 00000006 FF*16 30333031 39*16"
)
ALL = "00A4 00B0 00B2 0020 802A 0088 0084"
REFUSED = "8054 80A2 80AE 80FC"

JPKI = Application(
    "OSC MYR MYG MC JSA",
    aid="D392F000260100000001",
    number=1,
    change="00240180",
    commands=f"{ALL} 0024 {REFUSED}",
    files=(
        # A certificate begins 30 82: OpenSC takes bytes 2 and 3 for its length. FF follows it.
        File("OSC MYR MYG MC", 0x0001, "30820301 A1*769 FF*251", pins="1B"),
        File("OSC MYR MYG MC", 0x0002, "30820301 A2*769 FF*251"),
        File("JSA", 0x0005, "FF*16"),
        File("MYR MYG MC", 0x0006, f"4A504B4941504943 43544F4B454E32 20*17 {TOKEN_INFORMATION}"),
        File("MC", 0x0008, "8F8F00"),
        File("JSA", 0x0009, "FF*16"),
        File("OSC MYR MYG MC", 0x000A, "30820301 A3*769 FF*251"),
        File("OSC MYR MYG MC", 0x000B, "30820301 A4*769 FF*251"),
    ),
    pins=(
        Pin("OSC MYR MYG MC JSA", 0x0018, "4 of 0-9", "1234", 3, *DIGITS),
        Pin(
            "OSC MYR MYG MC JSA PS",
            0x001B,
            "6-16 of 0-9, A-Z",
            "ABC123",
            5,
            ("A12345", "ABCDEFGHIJKLMNO6"),
            ("123", "ABC12", "ABCDEFGHIJKLMNO67", "ABCDEF", "123456", "abc123", "ABC-12"),
        ),
    ),
    keys=(
        Key("OSC MYR MYG MC JSA", 0x0017, pin=0x18),
        Key("OSC MYR MYG MC JSA", 0x001A, pin=0x1B),
    ),
    bare={0x0010: "MC JSA", 0x0016: "MC JSA", 0x0019: "JSA", 0x001C: "JSA", 0x001E: "JSA"},
    answers=(
        Answer(OURS, "80540080 04 35363738", "6982"),
        Answer("JSA", "80A200C1 04 01020304", "6700"),
        *(Answer("MC", f"80A2 {p1_p2}", "6A86") for p1_p2 in ("0000", "00AE", "00B6", "8000")),
        Answer("MC", "80AE0000", "6982"),
        Answer("MC", "80AE0000", "6982", after=0x18),
        Answer("MC", "80AE0000", "6982", after=0x1B),
        Answer("MC", "80FC0000", "6700"),
        Answer(OURS, "80320080 04 35363738", "6D00"),
        Answer(OURS, "802A0000 01 AA 00", "6A88"),
    ),
)

TEXT = Application(
    "MYR MYG MC JSA",
    aid="D3921000310001010408",
    number=2,
    change="00240180",
    commands=f"{ALL} 0024 {REFUSED}",
    files=(
        # 17 bytes in all, the number between its tag and two bytes of filler.
        File("MYR MYG MC JSA", 0x0001, "FF100C 393939393939393930303138 FFFF", pins="11 14"),
        # The survey's lengths: a name of 15 bytes and an address of 54.
        File(
            "MYR MYG MC JSA",
            0x0002,
            "FF2065 DF2108 000E 0020 0059 0064 DF220F E8A68BE69CAC E38080 E88AB1E5AD90"
            " DF2336 ?54 DF2408 3139383030323137 DF2501 32",
            pins="11 15",
        ),
        File("MYG MC JSA", 0x0003, "FF3082014B DF3120 ?32 DF3220 ?32 DF33820100 ?256", pins="11 14 15"),
        File("MYG MC JSA", 0x0004, CV_CERTIFICATE),
        File(
            "MYR MYG MC JSA",
            0x0005,
            f"FF4082009F DF4104 01030E01 DF4210 {KEY_IDENTIFIER} DF43820080 ?32 FF*96 FF*92",
        ),
        File("MC JSA", 0x0006, f"A1820109 {PUBLIC_KEY}", pins="11 14 15"),
        File("MC JSA", 0x0007, f"FF50820213 DF51820109 {PUBLIC_KEY} DF52820100 ?256", pins="11 14 15"),
        File("MC JSA", 0x0008, "FF*16"),
    ),
    pins=(
        Pin("MYR MYG MC JSA", 0x0011, "4 of 0-9", "1234", 3, *DIGITS),
        Pin("MC JSA", 0x0012, "0 of ", "", 0, (), ("", "0", "123", "1234", A, B)),
        Pin("MYR MYG MC JSA", 0x0014, "12 of 0-9", A, 10, (), ("123", A[:-1], A + "0", "A" * 12)),
        Pin("MYR MYG MC JSA DA", 0x0015, "14 of 0-9", B, 10, (), ("123", B[:-1], B + "0", "B" * 14)),
    ),
    keys=(Key("MC JSA", 0x0013, default=True),),
    bare={0x0010: "JSA", 0x001C: "JSA", 0x001E: "JSA"},
    answers=(
        Answer(OURS, "80540080 04 35363738", "6982"),
        # Access is looked at first; neither code opens it, and what was not encrypted for the key is 6A80.
        Answer("MC", "80AE0000", "6982"),
        Answer("MC", f"80AE0000 000100 {'5A' * 256}", "6982"),
        Answer("MC", f"80AE0000 000100 {'5A' * 256}", "6982", after=0x14),
        Answer(OURS, f"80AE0000 000100 {'5A' * 256}", "6982", after=0x15),
        Answer("MC", f"80AE0000 000100 {'5A' * 256}", "6A80", after=0x11),
        Answer("MC", f"80AE0000 000100 {'FF' * 256}", "6F00", after=0x11),
        Answer(OURS, "80AE0000", "6700", after=0x11),
        Answer(OURS, "80AE0001", "6A86", after=0x11),
        Answer("MC", "80FC0000", "6700"),
        Answer(OURS, "80A20000", "6A86"),
        Answer(OURS, "80320080 04 35363738", "6D00", after=0x11),
    ),
    messaging=Messaging("MC", 0x0006, pin=0x0011),
)

VISUAL = Application(
    "MYR MYG MC JSA",
    aid="D3921000310001010402",
    number=3,
    change="00240180",
    commands=f"{ALL} 0024 {REFUSED}",
    files=(
        File(
            "MC JSA",
            0x0001,
            f"FF1082021E DF1108 3139383030323137 DF12820109 {PUBLIC_KEY} DF13820100 ?256",
            pins="11",
        ),
        # Birth, sex, key, name, address, photograph, signature, expiry, security code: myna needs this order.
        File(
            "MYR MYG MC JSA",
            0x0002,
            "FF2082 ?2 DF2112 001A ?16 DF2208 3139383030323137 DF2301 32"
            f" DF24820109 {PUBLIC_KEY} DF25 * 89504E47 * DF26 * 89504E47 * DF27 * 0000000C6A502020 *"
            " DF28820100 ?256 DF2908 3230333530323137 DF2A ?1 89504E47 *",
            pins="12 13",
        ),
        File(
            "MYR MC JSA",
            0x0003,
            f"FF3082013B DF3104 06030E01 DF3210 {KEY_IDENTIFIER} DF3301 ?1 DF3405 3939313031 DF35820110 ?272",
        ),
        File("MC JSA", 0x0004, CV_CERTIFICATE),
        File(
            "MC JSA",
            0x0005,
            f"FF4082 ?2 DF41 * 89504E47 * DF42820109 {PUBLIC_KEY} DF43820100 ?256",
            pins="13",
        ),
        File("MC JSA", 0x0006, "FF*16", pins="12 13"),
    ),
    pins=(
        Pin("MC JSA", 0x0011, "6 of 0-9", BIRTH, 10, (), ("123", BIRTH[:-1], BIRTH + "0", "A" * 6)),
        Pin("MYR MYG MC JSA DA", 0x0012, "14 of 0-9", B, 10, (), ("123", B[:-1], B + "0", "B" * 14)),
        Pin("MYR MYG MC JSA", 0x0013, "12 of 0-9", A, 10, (), ("123", A[:-1], A + "0", "A" * 12)),
    ),
    # The survey's first edition names 001A for what the later ones call the default key.
    keys=(Key("MC JSA", 0x001A, default=True),),
    bare={0x0014: "MC", 0x0015: "MC", 0x001C: "JSA", 0x001E: "JSA"},
    answers=(
        Answer(OURS, "80540080 04 35363738", "6982"),
        Answer("MC", "80AE0000", "66F1"),
        *(Answer("MC", "80AE0000", "66F1", after=pin) for pin in (0x11, 0x12, 0x13)),
        Answer("MC", "80FC0000", "6700"),
        Answer(OURS, "80A20000", "6A86"),
        Answer(OURS, "80320080 04 35363738", "6D00"),
    ),
)

JUKI = Application(
    "MC JSA",
    aid="D3921000310001010401",
    number=4,
    change="80320080",
    commands=f"{ALL} 8032 {REFUSED}",
    files=(File("MC", 0x0002, "", records=(f"?1 10 {KEY_IDENTIFIER}",)),),
    pins=(Pin("MC", 0x001C, "4 of 0-9", "1234", 3, *DIGITS),),
    answers=(
        Answer(OURS, "80540080 04 35363738", "6982"),
        Answer("MC", "80AE0000", "6982"),
        Answer("MC", "80AE0000", "6982", after=0x1C),
        Answer("MC", "80FC0000", "6700"),
        Answer(OURS, "80A20000", "6A86"),
        Answer(OURS, "00240180 04 35363738", "6D00", after=0x1C),
        Answer(OURS, "802A0000 01 AA 00", "6A88"),
    ),
)

COMMON = Application(
    "MYR MC",
    aid="D3921000310001010100",
    number=5,
    change="80320080",
    commands=f"{ALL} 8032 {REFUSED}",
    files=(
        # 01 1C, then 28 digits: serial number (15), municipality (5), last day (8).
        File(
            "MYR MC", 0x0001, "", records=("011C 393930303030303030303030303432 3939313031 3230333530323137",)
        ),
        File("MC", 0x0002, "", records=(f"?1 10 {KEY_IDENTIFIER}",)),
    ),
    pins=(Pin("MC", 0x001C, "4 of 0-9", "1234", 3, *DIGITS),),
    keys=(Key("MC", 0x0019, authenticates=True),),
    bare={0x001E: "MC"},
    answers=(
        Answer(OURS, "80540080 04 35363738", "6982"),
        Answer("MC", "80AE0000", "66F1"),
        Answer("MC", "80AE0000", "66F1", after=0x1C),
        Answer("MC", "80FC0000", "6700"),
        Answer("MYR MC", "00B2010C00", "011C ?28 9000"),
        Answer(OURS, "80A20000", "6A86"),
        Answer(OURS, "00240180 04 35363738", "6D00", after=0x1C),
        Answer(OURS, "802A0000 01 AA 00", "6A88"),
    ),
)

NUMBER_CARD = Kind(
    "OSC PCT MYR MYG MC",
    atr="3BE000FF8131FE4514",
    label="JPKIAPICCTOKEN2",
    phones=("JPKIAPGPSETOKEN", "JPKIAPIOSTOKEN"),
    folded="jpki 001B",
    slots={
        "signature": (1, 0x0001, 0x0002, 0x001A, 0x001B),
        "authentication": (2, 0x000A, 0x000B, 0x0017, 0x0018),
    },
    applications={"jpki": JPKI, "text": TEXT, "visual": VISUAL, "juki": JUKI, "common": COMMON},
)
