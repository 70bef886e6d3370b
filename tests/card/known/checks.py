"""Holds a card against what is known. Each function says what differs, sentence by sentence, or nothing.

They are generators: to know that something differs, the first sentence is enough.
"""

from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.hashes import SHA256

from honnin.card.chip.card import Card
from honnin.card.kinds.declaration import KindDeclaration
from tests.card.issuer.content.judges import SHA256_INFO, opened, padded
from tests.card.known import cards
from tests.card.known.cards import ask
from tests.card.known.rows import Answer, Application, File, Key, Kind, Messaging, Pin, ascii_hex, matches
from tests.support.card.terminal import Terminal, delivery

Differences = Iterator[str]
MESSAGE = b"a message"
DIGEST = sha256(MESSAGE).digest()
CHANGES = ("00240180", "80320080")


class Place:
    """One application of a declared card; `fresh` is such a card with it selected."""

    def __init__(self, declared: KindDeclaration, name: str, known: Application) -> None:
        self.declared = declared
        self.name = name
        self.known = known

    def fresh(self, *verified: int) -> Card:
        card = cards.declared_card(self.declared)
        cards.select(card, self.known.aid)
        for file in verified:
            self.verify(card, file, self.pin(file).value)
        return card

    def pin(self, file: int) -> Pin:
        return next(each for each in self.known.pins if each.number == file)

    def verify(self, card: Card, file: int, value: str) -> str:
        ask(card, f"00A4020C 02 {file:04X}")
        return ask(card, f"00200080 {ascii_hex(value)}").hex().upper()


def expected(what: str, found: str, wanted: str) -> Differences:
    if found != wanted:
        yield f"{what}: {found} instead of {wanted}"


# — The card as a whole, and what exists ——————————————————————————————————————————————————————————————


def kind_differences(declared: KindDeclaration, known: Kind) -> Differences:
    yield from expected("ATR", cards.declared_card(declared).atr.hex().upper(), known.atr)
    yield from expected("label", declared.token_label, known.label)
    yield from expected("phones", " ".join(declared.other_labels), " ".join(known.phones))
    folded = [
        f"{name} {file:04X}"
        for name, application in declared.applications.items()
        for file, pin in application.pins.items()
        if pin.folded
    ]
    yield from expected("folded", ", ".join(folded), known.folded)
    yield from expected("applications", " ".join(declared.applications), " ".join(known.applications))
    slots = {
        slot.value: (
            each.number,
            each.certificate_file,
            each.ca_certificate_file,
            each.key_file,
            each.pin_file,
        )
        for slot, each in declared.slots.items()
    }
    yield from expected("slots", str(slots), str(known.slots))


def application_differences(place: Place) -> Differences:
    card = cards.declared_card(place.declared)
    known, aid = place.known, place.known.aid
    for command in (f"00A4040C 0A {aid}", f"00A40400 0A {aid} 00"):
        yield from expected(command, ask(card, command).hex(), "9000")
    there = {file for file in range(0x100) if ask(card, f"00A4020C 02 {file:04X}") == b"\x90\x00"}
    yield from expected("files", str(sorted(there)), str(sorted(known.there)))
    yield from expected("commands", str(instructions(card)), str(set_of(known.commands)))
    yield from expected("number", str(place.declared.applications[place.name].number), str(known.number))


def instructions(card: Card, classes: tuple[int, ...] = (0x00, 0x80)) -> list[str]:
    """Every CLA INS that is not answered as unknown."""
    codes = [f"{cla:02X}{ins:02X}" for cla in classes for ins in range(0x100)]
    return [code for code in codes if ask(card, f"{code}0000") != b"\x6d\x00"]


def set_of(commands: str) -> list[str]:
    return sorted(commands.split())


# — Files —————————————————————————————————————————————————————————————————————————————————————————————


def file_differences(place: Place, known: File) -> Differences:
    """Nobody, then each PIN alone: opened or 6982; and what is read is what is known, to the last byte."""
    opening = {int(pin, 16) for pin in known.pins.split()}
    for pins in [(), *((pin.number,) for pin in place.known.pins if pin.tries)]:
        card = place.fresh(*pins)
        ask(card, f"00A4020C 02 {known.number:04X}")
        if opening and opening.isdisjoint(pins):
            for command in ("00B0000000", f"00B0{0x80 | known.number:02X}0000"):
                found = ask(card, command).hex()
                yield from expected(f"{known.number:04X} with {pins}", found, "6982")
        elif known.records:
            yield from record_differences(card, known)
        else:
            yield from content_differences(card, known)


def content_differences(card: Card, known: File) -> Differences:
    octets, answer = b"", b"\x90\x00"
    while answer[-2:] == b"\x90\x00":
        octets += answer[:-2]
        answer = ask(card, f"00B0 {len(octets):04X} 00")
    yield from expected(f"the end of {known.number:04X}", answer.hex(), "6b00")
    if not matches(known.content, octets):
        yield f"{known.number:04X} holds {octets.hex()}"
    whole = ask(card, f"00B0{0x80 | known.number:02X}00 00 0000")
    yield from expected("read by short identifier", whole.hex(), octets.hex() + "9000")
    yield from expected("read as records", ask(card, "00B2010400").hex(), "6981")


def record_differences(card: Card, known: File) -> Differences:
    for number, record in enumerate(known.records, start=1):
        for p2 in (0x04, known.number << 3 | 0x04):
            answer = ask(card, f"00B2 {number:02X} {p2:02X} 00")
            if not matches(f"{record} 9000", answer):
                yield f"record {number} of {known.number:04X}: {answer.hex()}"
    yield from expected("the next record", ask(card, f"00B2 {len(known.records) + 1:02X} 0400").hex(), "6a83")
    yield from expected("read by offset", ask(card, "00B0000000").hex(), "6981")


def never_read_differences(place: Place, file: int) -> Differences:
    """PINs, keys and what only exists, with every PIN verified."""
    card = place.fresh(*(pin.number for pin in place.known.pins if pin.tries))
    yield from expected("SELECT", ask(card, f"00A4020C 02 {file:04X}").hex(), "9000")
    commands = ("00B0000000", f"00B0{0x80 | file:02X}0000", "00B2010400")
    for command in commands:
        yield from expected(f"{file:04X} {command}", ask(card, command).hex(), "6981")


# — PINs ——————————————————————————————————————————————————————————————————————————————————————————————


def pin_differences(place: Place, known: Pin) -> Differences:
    declared = place.declared.applications[place.name].pins[known.number]
    yield from expected("form", f"{declared.length} of {declared.characters}", known.form)
    # What the issuer may set anew shows on no card before that is done.
    yield from expected("tries declared", str(declared.tries), str(known.tries))
    yield from expected("fixed", str(declared.fixed), str(not known.accepted))
    for value in known.refused:
        if declared.rule.fullmatch(value):
            yield f"{value} is of the form"
    if not declared.rule.fullmatch(known.value) and known.tries:
        yield f"{known.value} is not of the form"
    yield from try_differences(place, known)
    yield from change_differences(place, known)


def try_differences(place: Place, known: Pin) -> Differences:
    """Asking costs nothing, a wrong value a try; the right one brings them back, the last try blocks."""
    card, full, file = place.fresh(), f"63C{known.tries:X}", known.number
    by_short = f"002000{0x80 | file:02X}"
    ask(card, f"00A4020C 02 {file:04X}")
    for _ in range(2):
        yield from expected("tries", ask(card, "00200080").hex().upper(), full)
        yield from expected("tries by short identifier", ask(card, by_short).hex().upper(), full)
    if known.tries:
        yield from expected("wrong", place.verify(card, file, "0"), f"63C{known.tries - 1:X}")
        yield from expected("right", place.verify(card, file, known.value), "9000")
        yield from expected("right by short", ask(card, f"{by_short}{ascii_hex(known.value)}").hex(), "9000")
        yield from expected("tries afterwards", ask(card, "00200080").hex().upper(), full)
    for left in range(known.tries - 1, -1, -1):
        yield from expected("wrong", place.verify(card, file, "0"), f"63C{left:X}")
    yield from expected("blocked", place.verify(card, file, known.value or "0"), "6984")
    yield from expected("tries when blocked", ask(card, "00200080").hex().upper(), "63C0")


def change_differences(place: Place, known: Pin) -> Differences:
    change = place.known.change
    other = next(each for each in CHANGES if each != change)
    for new in (*known.accepted, known.value or "0"):
        card = place.fresh()
        ask(card, f"00A4020C 02 {known.number:04X}")
        word = "6982" if known.tries else "6984"
        yield from expected("change without the old", ask(card, f"{change} {ascii_hex(new)}").hex(), word)
        if not known.tries:
            return
        place.verify(card, known.number, known.value)
        yield from expected("the other change", ask(card, f"{other} {ascii_hex(new)}").hex(), "6d00")
        word = "9000" if known.accepted else "6985"
        yield from expected(f"change to {new}", ask(card, f"{change} {ascii_hex(new)}").hex(), word)
        cards.select(card, place.known.aid)
        yield from expected("the new one", place.verify(card, known.number, new), "9000")
    for new in known.refused if known.accepted else ():
        card = place.fresh(known.number)
        yield from expected(f"change to {new}", ask(card, f"{change} {ascii_hex(new)}").hex(), "6a80")


# — Keys ——————————————————————————————————————————————————————————————————————————————————————————————


def key_differences(place: Place, known: Key) -> Differences:
    """Each PIN alone, and none: it signs or answers 6982; then all modes, and INTERNAL AUTHENTICATE."""
    by_short, digest = f"{0x80 | known.number:02X}", f"20 {DIGEST.hex()} 00"
    for pins in [(), *((pin.number,) for pin in place.known.pins if pin.tries)]:
        word = "9000" if known.pin in (0, *pins) else "6982"
        answer = ask(place.fresh(*pins), f"802A02{by_short} {digest}")
        yield from expected(f"signing with {pins}", answer[-2:].hex(), word)
    card = place.fresh(*filter(None, [known.pin]))
    ask(card, f"00A4020C 02 {known.number:04X}")
    for p2 in ("80", by_short, *(["00"] if known.default else [])):
        yield from mode_differences(place, known, partial(_sign, card, p2))
    answer = ask(place.fresh(), f"008800{by_short} 08 0011223344556677 00")
    if known.authenticates:
        key = cards.public_key(place.name, known.number)
        challenge = bytes.fromhex("0011223344556677")
        if len(answer) != 258 or opened(key, answer[:-2]) != padded(SHA256_INFO + sha256(challenge).digest()):
            yield f"INTERNAL AUTHENTICATE: {answer.hex()}"
    else:
        yield from expected("INTERNAL AUTHENTICATE", answer.hex(), "6982" if known.pin else "6985")


def mode_differences(place: Place, known: Key, sign: Callable[[int, bytes], bytes]) -> Differences:
    """P1 00 to 05, judged with the public key; then 06, and data that is too long, short or missing."""
    key = cards.public_key(place.name, known.number)
    for mode, data, block in (
        (0, b"as given", b"as given"),
        (0, bytes(range(245)), bytes(range(245))),
        (0, SHA256_INFO + DIGEST, SHA256_INFO + DIGEST),
        (1, MESSAGE, DIGEST),
        (2, DIGEST, SHA256_INFO + DIGEST),
        (3, MESSAGE, SHA256_INFO + DIGEST),
    ):
        answer = sign(mode, data)
        if len(answer) != 258 or opened(key, answer[:-2]) != padded(block):
            yield f"mode {mode} of {data.hex()}: {answer.hex()}"
    for mode, data in ((4, DIGEST), (5, MESSAGE)):
        try:
            key.verify(sign(mode, data)[:-2], MESSAGE, PSS(MGF1(SHA256()), 32), SHA256())
        except InvalidSignature:
            yield f"mode {mode}: not signed"
    wrong = {0: b"\xaa" * 246, 2: DIGEST[:-1], 4: DIGEST + b"\xaa", 1: b"", 3: b"", 5: b""}
    for mode, data in wrong.items():
        yield from expected(f"mode {mode} of {len(data)} bytes", sign(mode, data).hex(), "6700")
    for mode in (6, 0x80, 0xFF):
        yield from expected(f"mode {mode}", sign(mode, DIGEST).hex(), "6a86")


def _sign(card: Card, p2: str, mode: int, data: bytes) -> bytes:
    lc = f"{len(data):02X}" if data else ""
    return ask(card, f"802A{mode:02X}{p2} {lc} {data.hex()} 00")


# — Other commands ————————————————————————————————————————————————————————————————————————————————————


def answer_differences(place: Place, known: Answer) -> Differences:
    answer = ask(place.fresh(*filter(None, [known.after])), known.command)
    if not matches(known.word, answer):
        yield f"{known.command} after {known.after:02X}: {answer.hex()} instead of {known.word}"


def messaging_differences(place: Place, known: Messaging) -> Differences:
    """Each PIN alone, and none: a session key is taken or 6982; after it a file comes encrypted."""
    deliver = delivery(cards.public_key(place.name, known.key))
    for pins in [(), *((pin.number,) for pin in place.known.pins if pin.tries)]:
        card, terminal = place.fresh(*pins), Terminal()
        word = "9000" if known.pin in pins else "6982"
        yield from expected(f"a session key with {pins}", card.transmit(deliver).hex(), word)
        word = "9000" if known.pin in pins else "6882"
        yield from expected("protected", card.transmit(terminal.select(known.key)).hex(), word)
    card = place.fresh(known.pin)
    plain = ask(card, f"00B0{0x80 | known.key:02X}00 000000")[:-2]
    card.transmit(deliver)
    answer = card.transmit(Terminal().read())
    if answer[:1] != b"\x86":
        yield f"a protected file: {answer.hex()}"
    else:
        terminal = Terminal()
        terminal.read()
        yield from expected("what is in it", terminal.opened(answer).hex(), plain.hex())


def all_differences(declared: KindDeclaration, known: Kind, first: str = "") -> Differences:
    """Everything; `first` is the application that is looked at before the others."""
    yield from kind_differences(declared, known)
    for name in sorted(known.applications, key=lambda name: name != first):
        application = known.applications[name]
        place = Place(declared, name, application)
        yield from application_differences(place)
        for file in application.files:
            yield from file_differences(place, file)
        for answer in application.answers:
            yield from answer_differences(place, answer)
        if application.messaging is not None:
            yield from messaging_differences(place, application.messaging)
        for bare in application.bare:
            yield from never_read_differences(place, bare)
        for pin in application.pins:
            yield from pin_differences(place, pin)
        for key in application.keys:
            yield from key_differences(place, key)
