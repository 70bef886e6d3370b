"""`honnin card change-pin` and `unblock-help`: the holder's own dealings with PINs."""

from collections.abc import Iterator

import click

from honnin.card.declaration import NUMBER_CARD, kind
from honnin.card.known_files import APPLICATIONS, KnownApplication, KnownFile
from honnin.card.reading import Reader
from honnin.card.slot import KeySlot
from honnin.card.status_word import StatusWord
from honnin.errors import Language
from honnin.law.citation import cites
from honnin.sites.commands.options import (
    ask_pin,
    card_argument,
    inserted_card,
    inserted_transport,
    last_try_option,
    pin_option,
    present_language,
    reader_option,
)

# The two that a kiosk may set anew after a reservation (S2-K1, S2-K6, S2-K8b: June 2024), on a number card;
# any other at the counter only.
_AT_KIOSK = frozenset(("signature-pin", "authentication-pin"))
_WORDS: dict[str, dict[Language, str]] = {
    "open": {"ja": "あと{count}回まで入力できます。", "en": "{count} tries are left."},
    "last": {
        "ja": "あと1回まちがえるとロックされます。",
        "en": "1 try is left; one more wrong entry blocks it.",
    },
    "blocked": {
        "ja": "ロックされているか、まだ設定されていません。",
        "en": "It is blocked, or was never set.",
    },
    "counter": {
        "ja": "  手続きの場所: お住まいの市区町村の窓口（カードと本人確認書類をお持ちください）。",
        "en": "  Where to go: the counter of your municipality, with the card and an identity document.",
    },
    "kiosk": {
        "ja": "  または: 専用アプリで予約し、24時間以内にコンビニ等のキオスク端末（6:30から23:00、無料）。",
        "en": "  Or: reserve with the app, and within 24 hours go to a store's kiosk (6:30 to 23:00, free).",
    },
    "all_open": {
        "ja": "ロックされている暗証番号はありません。",
        "en": "No PIN is blocked.",
    },
}


@click.command("change-pin")
@card_argument
@click.option("--slot", type=click.Choice([slot.value for slot in KeySlot]), required=True)
@pin_option
@click.option("--new-pin-fd", type=int, metavar="N", help="Read the new PIN from file descriptor N.")
@last_try_option
@cites("S1-E2.1b")
def change_pin(card: str, slot: str, pin_fd: int | None, new_pin_fd: int | None, use_last_try: bool) -> None:
    """Replace a PIN by a new one; the old one is needed."""
    key_slot = KeySlot(slot)
    with inserted_card(card) as session:
        old = ask_pin(f"Present {slot} PIN", pin_fd)
        new = ask_pin(f"New {slot} PIN", new_pin_fd)
        session.change_pin(key_slot, old, new, use_last_try=use_last_try)
    click.echo(f"The {slot} PIN was changed.", err=True)


@click.command("unblock-help")
@click.argument("card", required=False)
@reader_option
def unblock_help(card: str | None, reader: str | None) -> None:
    """Say which PINs are blocked, how many tries are left, and where each can be set anew. Spends none."""
    language = present_language()
    with inserted_transport(card, reader) as transport:
        reading = Reader(transport)
        at_kiosk = _AT_KIOSK if reading.token_label() == kind(NUMBER_CARD).token_label else frozenset()
        states = [*_states(reading)]
    for application, pin, tries_left in states:
        _tell(application, pin, tries_left, language)
        if tries_left == 0:
            click.echo(_WORDS["counter"][language])
            if pin.name in at_kiosk:
                click.echo(_WORDS["kiosk"][language])
    if all(tries_left for _, _, tries_left in states):
        click.echo(_WORDS["all_open"][language])


def _states(reading: Reader) -> Iterator[tuple[KnownApplication, KnownFile, int]]:
    """Every PIN that the card has, and its tries left."""
    for application in APPLICATIONS:
        if reading.select(application) != StatusWord.OK:
            continue
        for pin in application.pins:
            tries_left = reading.tries_left(pin)
            if tries_left is not None:
                yield application, pin, tries_left


def _tell(application: KnownApplication, pin: KnownFile, tries_left: int, language: Language) -> None:
    state = {0: "blocked", 1: "last"}.get(tries_left, "open")
    name = pin.title_ja if language == "ja" else pin.title
    words = _WORDS[state][language].format(count=tries_left)
    click.echo(f"{name} [{application.name}]: {words}")
