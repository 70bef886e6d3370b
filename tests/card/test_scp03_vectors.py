"""Whole exchanges at level 33 that others recorded, for the three lengths of keys.

Origins (data only): the unit tests of pySim (osmocom/pysim, `tests/unittests/test_globalplatform.py`),
recorded from a real eUICC with AES-128, AES-192 and AES-256; those of GPShell (kaoh/globalplatform,
`globalplatform/src/scp03Test.c`) with AES-128; NIST SP 800-38B, appendix D.3, for AES-CMAC with AES-256.
"""

from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFCMAC, CounterLocation, Mode
from hypothesis import given
from hypothesis import strategies as st

from honnin.card import scp03
from honnin.card.apdu import Command, Response
from honnin.card.chip.secure_channel import CardChannel
from honnin.card.issuer.channel import HostChannel, key_version
from honnin.card.scp03 import SessionKeys, StaticKeys

EUICC_AID = bytes.fromhex("A0000005591010FFFFFFFF8900000100")
EUICC_KEYS = tuple(
    bytes.fromhex(key)
    for key in (
        "000102030405060708090A0B0C0D0E0F",
        "101112131415161718191A1B1C1D1E1F",
        "202122232425262728292A2B2C2D2E2F",
    )
)
# Case 4, 3, 2 and 4 commands: without data nothing is encrypted, and the counter moves on all the same.
PLAIN = (
    "80E2910006BF3E035C015A00",
    "80F22002",
    "80CA006600",
    "80F220020A4F0212345C054F9F70C5",
    "80F28002024F0000",
)
PLAIN_ANSWER = "BF3E125A1089882119900000000000000000000005"


@dataclass(frozen=True)
class Recording:
    """What was sent and answered; the answer to the first protected command only."""

    key_length: int
    version: int
    initialize_update: str
    initialized: str
    authenticate: str
    commands: tuple[str, ...]
    answer: str

    @property
    def keys(self) -> StaticKeys:
        """The same 16 bytes again and again, as many as the length wants."""
        enc, mac, dek = ((key + key)[: self.key_length] for key in EUICC_KEYS)
        return StaticKeys(enc, mac, dek, self.version)

    @property
    def host_challenge(self) -> bytes:
        return bytes.fromhex(self.initialize_update)[5:13]

    @property
    def card_challenge(self) -> bytes:
        return bytes.fromhex(self.initialized)[13:21]


RECORDINGS = (
    Recording(
        16,
        0x30,
        "8050300008FDF38259A1E0DE4400",
        "000000000000000000003003703B1ACA81E821F219081CDC01C26B372D0000039000",
        "84823300108C36F96BCC00724A4E13AD591D7DA3F0",
        (
            "84E2910018267A85DFE4A98FCA6FB0527E0DFECCE4914E40401433C87F00",
            "84F2200208AC6A59024BED84CC",
            "84CA006608409912AD8FB7AED000",
            "84F22002185F3DAFC3AC14C381536A488BF44E06D056DF9D74DBD21E5A",
            "84F280021865165105BE3373347D0424D4400AF2AC393F569EC779389E00",
        ),
        "F3BA2B1013AA6224F5E1C138D71805C569E5439B47576260B75FC021B25097CB2E68F8A0144975B99000",
    ),
    Recording(
        24,
        0x31,
        "80503100089B3F2EEF0E8C937400",
        "00000000000000000000310370F6BB305A15BAE1A68F79FB08212FBED70000029000",
        "84823300109100BC22D58B45B86A26365CE39FF3CF",
        (
            "84E29100188F7F946C84F70D17994BC6E8791251BB1BB1BF02CF8DE58900",
            "84F2200208D5D97754B6B3D2BA",
            "84CA006608516C82B8E30ADBEB00",
            "84F2200218CC247F4761E6944277A4E0D6E32E44025B1E31537E2FC668",
            "84F2800218BA22B63D509BEF5D093B43E5EAED03ED23144AB2D9CB51DE00",
        ),
        "C05176C1B6F72AAE50C32CBEE63B0E95998928FD4DFB2BE9F27FFDE8C8476F5909B4805CC40395999000",
    ),
    Recording(
        32,
        0x32,
        "805032000897B2055FE58599FD00",
        "00000000000000000000320370A8439A22CEDF045FA9F1903B2834F26E0000029000",
        "8482330010508A0FD959D2E547C6B33154A6BE2057",
        (
            "84E29100187A5EF717EAF1E135AE92FE54429D0E465DECDA65F5FE5AEA00",
            "84F2200208BCC5C17275545D93",
            "84CA00660804806ABA9D543BB600",
            "84F2200218717222491556EC81A45F49CE48BE33320024801A1C4CB0E0",
            "84F2800218561F105BCCD3A1642904B251CCC1228BEB80A82370A8637000",
        ),
        "EA90DBFA648A67C5EB6ABC57F8530B97D0CD5647C5E8732016B55203B078DD2ACE7F8BC5D1C1CD999000",
    ),
)
each_recording = pytest.mark.parametrize("recording", RECORDINGS, ids=lambda r: f"AES-{8 * r.key_length}")


@each_recording
def test_the_host_end_speaks_as_recorded(recording: Recording) -> None:
    answer = bytes.fromhex(recording.initialized)
    opening = HostChannel.begin(recording.keys, random=lambda _: recording.host_challenge)
    assert opening.commands[1].hex().upper() == recording.initialize_update
    assert key_version(answer) == recording.version
    channel, authenticate = HostChannel.open(recording.keys, opening.host_challenge, answer)
    assert authenticate.hex().upper() == recording.authenticate
    assert tuple(channel.wrap(bytes.fromhex(plain)).hex().upper() for plain in PLAIN) == recording.commands
    assert channel.unwrap(0, bytes.fromhex(recording.answer)).hex().upper() == PLAIN_ANSWER


@each_recording
def test_the_card_end_understands_and_answers_as_recorded(recording: Recording) -> None:
    card = CardChannel(recording.keys, recording.host_challenge, recording.card_challenge)
    challenges = recording.host_challenge, recording.card_challenge
    cryptogram = SessionKeys.of(recording.keys, *challenges).cryptogram(scp03.CARD_CRYPTOGRAM, *challenges)
    assert cryptogram == bytes.fromhex(recording.initialized)[21:29]
    card.authenticate_host(Command.parse(bytes.fromhex(recording.authenticate)))
    for sealed, plain in zip(recording.commands, PLAIN, strict=True):
        assert card.unprotect(Command.parse(bytes.fromhex(sealed))).to_bytes().hex().upper() == plain
        if sealed == recording.commands[0]:
            answer = card.protect(Response(bytes.fromhex(PLAIN_ANSWER)))
            assert answer.to_bytes().hex().upper() == recording.answer


@each_recording
def test_the_challenge_is_the_one_of_the_counter(recording: Recording) -> None:
    counter = int.from_bytes(bytes.fromhex(recording.initialized)[29:32], "big")
    assert scp03.card_challenge(recording.keys, counter, EUICC_AID) == recording.card_challenge


@pytest.mark.parametrize(
    ("recording", "enc", "mac", "rmac"),
    [
        (
            RECORDINGS[0],
            "BC5689F3A0B783A9ED6DA1C5C6BC1F99",
            "0415F56CBB9E488BB171B2B66081F004",
            "1EE185123244E047BC9D68B914BD1FBE",
        ),
        (
            RECORDINGS[2],
            "6882480F1F4CFEE7BDDF6C691B6E1549645A47543CB4FE1042B72DA7CDFDB958",
            "0607C530EB8E7B6E781A70B349370DB8728C4B6ED29A24E5461864C142F98FEC",
            "C88CDCD5473D403CE55264626EAF308B915482E0DF3BF48E35A0F58D18C1F04C",
        ),
    ],
    ids=["AES-128", "AES-256"],
)
def test_session_keys(recording: Recording, enc: str, mac: str, rmac: str) -> None:
    keys = SessionKeys.of(recording.keys, recording.host_challenge, recording.card_challenge)
    assert [key.hex().upper() for key in (keys.enc, keys.mac, keys.rmac)] == [enc, mac, rmac]


def test_key_check_values() -> None:
    values = [scp03.key_check_value(key).hex().upper() for key in EUICC_KEYS]
    assert values == ["C35280", "013808", "840DE5"]


GPSHELL_KEY = bytes.fromhex("404142434445464748494A4B4C4D4E4F")
GPSHELL_PLAIN = bytes.fromhex("80400000A5") + b"Hello World" * 15
GPSHELL_COMMANDS = (
    "84400000B80422E602DD973125102DDE05875CA115C04D811A40593DB9D9480927CC9A249BD118FB6C674A86"
    "BF70D0CD898153A438DAC4CD302B74876D718481FCDB9D39944453BEBD28832300C99FB8035D2DFF3E3CB3F5"
    "DAD568330127929207A179226EB5C6C52341A297CB2C8F25E481F1CE6EF6EADD2410E70EB268AF48D29CB20C"
    "FCB8448DE83235ADA96A5EEED379C0701924707DA111DBB9039ACF8E19F1CE62AA4EF26D7C871E842ED81524"
    "5F7F2D9A9A87D9BDA54B188DCB",
    "84400000B803C6D93C9A2EBE310E2215CEAC64C9CB8A03A89657272AE001E398FB7A7F42E02210672D0927DB"
    "E2BF6F80AA322D948C2743EFBA75EC51FD9BC5E6B4306371916CC50B0F341177FB99091F560A37C88D1A3874"
    "43792E128A3A04118D0EA9F8EC989012FE4E097440411852373B4470851AC573A0B15262E506B34F771DCC53"
    "A24E91FAD37FE67454FAAFEFCC3E2F7141DCD7174D88933629E632C1CFDD5D1D30017D0CA14FE32A022F064C"
    "93EB4769F5A497BE036C5A563F",
    "84400000B8982E6E5F120796589037A751431F835CCF17C5A13CB4D7F5E0948CF48538FEDCD6F2F0A54F813E"
    "8BA755DFE22F7B847BF6A8BBDB1FEEC531B44D01B92BD55EEAA5B55B770AF293E4995E14E3076A40A89ED21A"
    "6C2F3772839E6E9A31FAB4B493AB31FE1D951AD11D9924DF15C1C33A5F3C90D168E2A78437ED40601B5289C5"
    "6F2F020C78744C8C22141A2FCFFADB4B4FDE504EFABA6DD9D5EAD7E0F7D57B58F97C28DACD4C9E93052A0F16"
    "EFDF2A41DDFE373917C351B9B8",
)
GPSHELL_ANSWERS = (
    "20F075017DE9F58A1E3D7567CBE71140AC0EBFA376881449A0665992BB997C6A145AC6BE3B642931C2652F62"
    "B85532B45689EB3E37602E6276B72BABE6A0FF00BEB02473EF22792A37F70D17F7715F103528CC6122880FC8"
    "6AE75E5F085F1B37492FF33DD148162DAFA203D973F3A4579F8B547FACB14034641FC817BBDF119A9EB0F24D"
    "ED4F9CE3640B46189EE2138B405446FA4F154D4F9600B288299642BEF5A387B71922A0CAD4D77D9596E8F417"
    "A6DB42CFE2C1081E9000",
    "EFA214CD7DE37F299690265ECDBF210361CBC87EAA227C7A5FC1C984A8DFFAF82B6C1856E57C399FA46AA13F"
    "9A7150F76207BCBF7421EFE6424D1FCFEF090F63CDF6C1F21F951E286D6A237843B4E1AD070D7FB16C883D05"
    "2338F19D5C5E96135398F6251E5D48984EBE528E42A93CBD880D67D6631BCCEF13C3D54572C77CEAD84D26F7"
    "2A4A66FA13DDCFA6C1BF8F5CF4AB151D722B3DBE86841F30BA15E4B90834B122257913FAA6F09D0E540E1148"
    "17C1ED9F9D2F7AD39000",
    "0E625EA4492C2253DF239C271E0DEA22DDB136461742E6AD02FA9710588655A17B9C9C115076E00EF858C846"
    "62827AF5B90CE2374A575A7208E708BB3D01F655A996BF10F6077F61FBD71927E352215CE9348429FDAB03A3"
    "E6EEC5C71556A3C42B98240D224314638608CFDCFE5847BB2811948956F9204BC69085A034F33982E75BEBDE"
    "B71B59665FCEA9EDD27A85ABE908171D68E2FA639E2ABA02A27CD21E3A37EE831A1C1C1CF6ECD1B4C744EBD2"
    "50EA42072B5300789000",
)


def test_a_long_command_said_three_times() -> None:
    """GPShell's `send_apdu_rmac_rencryption`: each time other bytes; both ends agree on all of them."""
    keys, challenge = StaticKeys(GPSHELL_KEY, GPSHELL_KEY, GPSHELL_KEY), bytes.fromhex("2C8130E574247B1B")
    initialized = bytes.fromhex("00010203040506070809000370A5874C57119B976BF94879E36F29E0390000019000")
    channel, authenticate = HostChannel.open(keys, challenge, initialized)
    assert authenticate.hex().upper() == "8482330010A75F1CD48F3B93DFA57E690937921F92"
    card = CardChannel(keys, challenge, initialized[13:21])
    card.authenticate_host(Command.parse(authenticate))
    for index, (sealed, answer) in enumerate(zip(GPSHELL_COMMANDS, GPSHELL_ANSWERS, strict=True)):
        assert channel.wrap(GPSHELL_PLAIN).hex().upper() == sealed
        plain = channel.unwrap(index, bytes.fromhex(answer))
        assert card.unprotect(Command.parse(bytes.fromhex(sealed))).to_bytes() == GPSHELL_PLAIN
        assert card.protect(Response(plain)).to_bytes().hex().upper() == answer


def test_the_opening_at_another_level() -> None:
    """GPShell's `mutual_auth`: other keys, level 03."""
    keys = StaticKeys(
        bytes.fromhex("F995D0A069335C7DF42E590317FFEA6D"),
        bytes.fromhex("58563362EC5A4541ABCD32B34B1EAE7D"),
        bytes.fromhex("0A02A6D687406DCFA09DC70B3EDB7E38"),
    )
    challenges = bytes.fromhex("9BD6BF878FB8E991"), bytes.fromhex("3C80C2CC87EB3A35")
    session = SessionKeys.of(keys, *challenges)
    assert session.enc.hex().upper() == "D83EE38C9954C8078987A5E9EE6AB13C"
    assert session.mac.hex().upper() == "6FF37716E0413065E8DFD08BF1E9EC5E"
    assert session.rmac.hex().upper() == "0254C786E57ACA8982670C1C1A05FF12"
    assert session.cryptogram(scp03.CARD_CRYPTOGRAM, *challenges).hex().upper() == "E4EDBA35E629C336"
    proof = session.cryptogram(scp03.HOST_CRYPTOGRAM, *challenges)
    sealed = HostChannel(session, bytes(16))._seal(Command(0x84, 0x82, 0x03, 0x00, proof))
    assert sealed.hex().upper() == "848203001023EBFEDC579D22CDCDB6A25A5FF7891F"


@pytest.mark.parametrize(
    ("length", "mac"),
    [
        (0, "028962F61B7BF89EFC6B551F4667D983"),
        (16, "28A7023F452E8F82BD4BF28D8C37C35C"),
        (40, "AAF3D8F1DE5640C232F5B169B9C911E6"),
        (64, "E1992190549F6ED5696A2C056C315410"),
    ],
)
def test_aes_cmac_with_a_key_of_256_bits(length: int, mac: str) -> None:
    key = bytes.fromhex("603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4")
    message = bytes.fromhex(
        "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51"
        "30C81C46A35CE411E5FBC1191A0A52EFF69F2445DF4F9B17AD2B417BE66C3710"
    )
    assert scp03.cmac(key, message[:length]).hex().upper() == mac


@given(
    key=st.sampled_from(scp03.KEY_LENGTHS).flatmap(
        lambda length: st.binary(min_size=length, max_size=length)
    ),
    constant=st.integers(0, 255),
    context=st.binary(min_size=1, max_size=64),
    bits=st.sampled_from([64, 128, 192, 256]),
)
def test_the_derivation_is_nist_sp_800_108(key: bytes, constant: int, context: bytes, bits: int) -> None:
    """Another implementation of the same text: counter of one byte, between label and context."""
    before = bytes(11) + bytes((constant, 0)) + bits.to_bytes(2, "big")
    other = KBKDFCMAC(
        AES,
        Mode.CounterMode,
        bits // 8,
        rlen=1,
        llen=None,
        location=CounterLocation.MiddleFixed,
        break_location=len(before),
        label=None,
        context=None,
        fixed=before + context,
    )
    assert other.derive(key) == scp03.derive(key, constant, context, bits=bits)
