"""How an application comes, and why it is not taken where it came in another way than the law's.

One table says which ways are open for what. Each refusal names the way in which the application came, and has
the next step of its own.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from honnin.errors import Refusal
from honnin.law.citation import cites
from honnin.translation import Sentence


class Channel(StrEnum):
    """How an application arrives."""

    COUNTER = "counter"  # 市町村の窓口（市町村が指定した郵便局を含む）
    CARD_APPLICATION = "card_application"  # カードの交付申請と併せて機構へ
    ONLINE = "online"  # スマートフォン・パソコン
    POST = "post"
    TELEPHONE = "telephone"
    KIOSK = "kiosk"


class Applied(StrEnum):
    """What is applied for."""

    ISSUE = "issue"
    RENEWAL = "renewal"
    REVOCATION = "revocation"
    PIN_RESET = "pin_reset"


_OPEN: Mapping[Applied, tuple[frozenset[Channel], tuple[str, ...]]] = MappingProxyType(
    {
        Applied.ISSUE: (frozenset({Channel.COUNTER, Channel.CARD_APPLICATION}), ("S4-3.1",)),
        Applied.RENEWAL: (frozenset({Channel.COUNTER}), ("S3-16",)),
        Applied.REVOCATION: (frozenset({Channel.COUNTER, Channel.ONLINE}), ("S4-7.2b",)),
        Applied.PIN_RESET: (frozenset({Channel.COUNTER}), ("S4-10.1", "S4-10.2")),
    }
)
_CAME: Mapping[Channel, Sentence] = MappingProxyType(
    {
        Channel.COUNTER: Sentence("at a counter"),
        Channel.CARD_APPLICATION: Sentence("with the application for the card"),
        Channel.ONLINE: Sentence("by smartphone or computer"),
        Channel.POST: Sentence("by post"),
        Channel.TELEPHONE: Sentence("by telephone"),
        Channel.KIOSK: Sentence("by a kiosk"),
    }
)


@cites("S0-8", "S3-16", "S4-3.1", "S4-7.2b", "S4-10.1", "S4-10.2", "act/9", "act/28")
def channel_refusals(
    applied: Applied, channel: Channel, *, signed: bool = False, juki_card: bool = False
) -> tuple[Refusal, ...]:
    """Why an application cannot be taken in the way that it came in; empty where it can.

    規約第3条第1項・第7条第2項・第10条, letter JD01: at the counter, or for a first issue together with the
    application for the card; a renewal face to face alone; a revocation online too, `signed` with the user's
    effective signature key (法第9条・第28条), else E_REVOCATION_UNSIGNED. `juki_card`: the counter alone.

    E_REVOCATION_BY_TELEPHONE: a call puts certificates on hold and revokes none. Any other way is
    E_CHANNEL_NOT_ALLOWED. A PIN that a kiosk sets (`cards.kiosk`) is not applied for.
    """
    ways, clauses = (frozenset({Channel.COUNTER}), ("S0-8",)) if juki_card else _OPEN[applied]
    if applied is Applied.REVOCATION and channel is Channel.ONLINE and channel in ways:
        return () if signed else (Refusal("E_REVOCATION_UNSIGNED", (*clauses, "act/9", "act/28")),)
    if channel in ways:
        return ()
    if applied is Applied.REVOCATION and channel is Channel.TELEPHONE:
        return (Refusal("E_REVOCATION_BY_TELEPHONE", clauses),)
    return (Refusal("E_CHANNEL_NOT_ALLOWED", clauses, (("channel", _CAME[channel]),)),)
