"""What the clients send, as they are known to send it, and what they need to be answered.

OSC is OpenSC 0.23, measured; MYR and MYG are read in their sources. The form is that of `scripts`.
"""

from tests.card.known.scripts import AUTH_PIN, COMMON, JPKI, NUMBER_A, SIGN_PIN, TEXT, TEXT_PIN, VISUAL

DIGEST = "AB" * 32
SHA256_INFO = f"33 3031300D060960864801650304020105000420 {DIGEST}"
SHA1_INFO = f"23 3021300906052B0E03021A05000414 {'AB' * 20}"
TOKEN = "4A504B4941504943 43544F4B454E32 20*17 9000"

# The 0.23 drivers before its JPKI one: none may be welcome.
PROBES = """
    00A40400 07 627601FF000000 = 6A82
    00A40400 06 A00000000101 = 6A82
    00A40400 0B E82B0601040181C31F0201 00 = 6A82
    00A4040C 0F D23300000045737445494420763335 = 6A82
    00CADF30 05 = 6A88
    00CB3FFF 03 5C017E 08 = 6D00
    00A40400 09 A00000030800001000 00 = 6A82
    00A40400 09 A00000030800001000 00 = 6A82
    00A4040C 07 A0000001 16DB00 00 = 6A82
    00A4040C 07 A0000000791000 00 = 6A82
    00A4040C 07 A0000000790100 00 = 6A82
    00A4040C 07 A000000079010F 00 = 6A82
    00A40400 0C F276A288BCFBA69D34F31001 = 6A82
    00A40400 09 A00000039742544659 00 = 6A82
    00A40400 06 D27600012401 00 = 6A82
"""
OPENSC_INITIALISES = f"""
    {JPKI} = 9000
    00A4020C 02 0018 = 9000
    00200080 = 63C3
    00A4020C 02 001B = 9000
    00200080 = 63C5
"""


def opensc_reads(file: str, filler: str) -> str:
    """Four bytes for the length, blocks of 256, the rest exactly."""
    return f"""
        00A4020C 02 {file} = 9000
        00B0000004 = 30820301 9000
        00B0000000 = 30820301 {filler}*252 9000
        00B0010000 = {filler}*256 9000
        00B0020000 = {filler}*256 9000
        00B0030005 = {filler}*5 9000
    """


CLIENTS = {
    "OSC: the card is found": f"{PROBES} {OPENSC_INITIALISES}",
    "OSC: certificates before and after the PIN": f"""
        {OPENSC_INITIALISES}
        {opensc_reads("000A", "A3")}
        00A4020C 02 0001 = 9000
        00B0000004 = 6982
        {opensc_reads("000B", "A4")}
        {opensc_reads("0002", "A2")}
        00A4020C 02 001B = 9000
        00200080 = 63C5
        00A4020C 02 001B = 9000
        00200080 {SIGN_PIN} = 9000
        {opensc_reads("0001", "A1")}
    """,
    "OSC: login and signature with the first key": f"""
        {OPENSC_INITIALISES}
        00A4020C 02 0018 = 9000
        00200080 = 63C3
        00A4020C 02 0018 = 9000
        00200080 {AUTH_PIN} = 9000
        00A4020C 02 0017 = 9000
        802A0080 {SHA256_INFO} 00 = ?256 9000
        {JPKI} = 9000
        00A4020C 02 0017 = 9000
        802A0080 {SHA256_INFO} 00 = 6982
    """,
    "OSC: the second key asks for the PIN before each signature": f"""
        {OPENSC_INITIALISES}
        00A4020C 02 001B = 9000
        00200080 = 63C5
        00A4020C 02 001B = 9000
        00200080 {SIGN_PIN} = 9000
        00A4020C 02 001B = 9000
        00200080 = 63C5
        00A4020C 02 001B = 9000
        00200080 {SIGN_PIN} = 9000
        00A4020C 02 001A = 9000
        802A0080 {SHA256_INFO} 00 = ?256 9000
    """,
    "OSC: a blocked PIN leaves the card visible": f"""
        {JPKI} = 9000
        00A4020C 02 0018 = 9000
        00200080 04 39393939 = 63C2
        00200080 04 39393939 = 63C1
        00200080 04 39393939 = 63C0
        00200080 {AUTH_PIN} = 6984
        {JPKI} = 9000
        00A4020C 02 0018 = 9000
        00200080 = 63C0
        00A4020C 02 001B = 9000
        00200080 = 63C5
    """,
    "MYR: which token it is, and a certificate": f"""
        {JPKI} = 9000
        00A4020C 02 0006 = 9000
        00B0000020 = {TOKEN}
        00A4020C 02 000A = 9000
        00B0000007 = 30820301 A3*3 9000
        00B0000700 = A3*256 9000
        00B0010700 = A3*256 9000
        00B00207FE = A3*254 9000
    """,
    "MYR: a signature": f"""
        {JPKI} = 9000
        00A4020C 02 0006 = 9000
        00B0000020 = {TOKEN}
        00A4020C 02 001B = 9000
        00200080 {SIGN_PIN} = 9000
        00A4020C 02 001A = 9000
        802A0080 {SHA256_INFO} 00 = ?256 9000
    """,
    "MYR: how many tries are left": f"""
        {TEXT} = 9000
        00A4020C 02 0011 = 9000
        00200080 = 63C3
        00A4020C 02 0014 = 9000
        00200080 = 63CA
        00A4020C 02 0015 = 9000
        00200080 = 63CA
        {VISUAL} = 9000
        00A4020C 02 0013 = 9000
        00200080 = 63CA
        00A4020C 02 0012 = 9000
        00200080 = 63CA
        {JPKI} = 9000
        00A4020C 02 0006 = 9000
        00B0000020 = {TOKEN}
        00A4020C 02 0018 = 9000
        00200080 = 63C3
        00A4020C 02 001B = 9000
        00200080 = 63C5
    """,
    "MYR: number, attributes and the face": f"""
        {TEXT} = 9000
        00A4020C 02 0005 = 9000
        00B0000007 = FF4082009F DF41 9000
        00B000079D = ?157 9000
        00A4020C 02 0011 = 9000
        00200080 {TEXT_PIN} = 9000
        00A4020C 02 0001 = 9000
        00B0000011 = FF100C 393939393939393930303138 FFFF 9000
        00A4020C 02 0002 = 9000
        00B0000007 = FF2065 DF2108 00 9000
        00B0000761 = 0E 0020 0059 0064 DF220F ?15 DF2336 ?54 DF2408 ?8 DF2501 32 9000
        {VISUAL} = 9000
        00A4020C 02 0003 = 9000
        00B0000007 = FF3082013B DF31 9000
        00B0000700 = 04 06030E01 * 9000
        00B0010739 = ?57 9000
        00A4020C 02 0013 = 9000
        00200080 {NUMBER_A} = 9000
        00A4020C 02 0002 = 9000
        00B0000007 = FF2082 ?2 DF21 9000
        00B0000700 = 12 001A * 9000
    """,
    "MYR: the manufacturing number": f"""
        {COMMON} = 9000
        00B2010C00 = 011C 3939 30303030303030303030303432 ?13 9000
    """,
    "MYG: is it a number card": f"""
        {JPKI} = 9000
        00A4020C 02 0006 = 9000
        00A4020C 02 0006 = 9000
        00B0000020 = {TOKEN}
    """,
    "MYG: a certificate, read again from its beginning": f"""
        {JPKI} = 9000
        00A4020C 02 000A = 9000
        00B0000007 = 30820301 A3*3 9000
        00B0000000 = 30820301 A3*252 9000
        00B0010000 = A3*256 9000
        00B0020000 = A3*256 9000
        00B0030005 = A3*5 9000
    """,
    "MYG: the files of the text application by their sizes": f"""
        {TEXT} = 9000
        00A4020C 02 0011 = 9000
        00200080 {TEXT_PIN} = 9000
        00A4020C 02 0001 = 9000
        00B0000011 = FF100C 393939393939393930303138 FFFF 9000
        00A4020C 02 0002 = 9000
        00B0000007 = FF2065 DF2108 00 9000
        00B0000068 = FF2065 DF2108 000E002000590064 * 9000
        00A4020C 02 0003 = 9000
        00B0000000 = FF3082014B DF3120 * 9000
        00B0010050 = ?80 9000
        00A4020C 02 0004 = 9000
        00B0000000 = 7F21820233 5F4E820129 * 9000
        00B0010000 = ?256 9000
        00B0020038 = ?56 9000
        00A4020C 02 0005 = 9000
        00B0000000 = FF4082009F DF4104 ?156 FF*92 9000
    """,
    "MYG: a signature with SHA-1, its default": f"""
        {JPKI} = 9000
        00A4020C 02 001B = 9000
        00200080 {SIGN_PIN} = 9000
        00A4020C 02 001A = 9000
        802A0080 {SHA1_INFO} 00 = ?256 9000
    """,
    "MYR MYG: PINs are changed": f"""
        {TEXT} = 9000
        00A4020C 02 0011 = 9000
        00200080 {TEXT_PIN} = 9000
        00240180 04 35363738 = 9000
        {JPKI} = 9000
        00A4020C 02 0018 = 9000
        00200080 {AUTH_PIN} = 9000
        00240180 04 35363738 = 9000
    """,
}
