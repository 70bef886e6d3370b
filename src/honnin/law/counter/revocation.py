"""Whether certificates are revoked on a user's word (terms 7; Act 9, 10, 28, 29): one question, all refusals.

Who asks, why, and on which evidence. Whether a reason holds nobody examines: a user needs none to stop, and
who fears for a key is believed at once. What a ground ends, and what the revocation list says of it, is in
`certificates.lapse`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from honnin.errors import Refusal
from honnin.law.certificates.compromise import ground_of_notice
from honnin.law.certificates.status import Status
from honnin.law.citation import cites
from honnin.law.counter.channels import Applied, Channel, channel_refusals
from honnin.law.counter.identity import (
    Evidence,
    ProxyFacts,
    ProxyKind,
    agent_refusals,
    identity_refusals,
    proxy_refusals,
)
from honnin.law.terms import Compromise, LapseGround, Purpose

_NOTHING = Refusal("E_NOTHING_TO_REVOKE", ("S1-E5", "S2-5"))


class WhyRevoked(StrEnum):
    """Why a user has a certificate revoked."""

    STOPS_USING = "stops_using"  # 利用をやめる
    CARD_HANDED_IN = "card_handed_in"  # カードを返す
    CARD_LOST = "card_lost"  # カードの紛失・盗難、悪用のおそれ
    KEY_KNOWN = "key_known"  # 暗証番号や鍵の漏えい、そのおそれ
    KEY_GONE = "key_gone"  # 鍵の滅失
    KEY_DAMAGED = "key_damaged"  # 鍵の毀損


_GROUNDS: Mapping[WhyRevoked, LapseGround] = MappingProxyType(
    {
        WhyRevoked.STOPS_USING: LapseGround.REQUEST_OR_NOTICE,
        WhyRevoked.CARD_HANDED_IN: LapseGround.REQUEST_OR_NOTICE,
        WhyRevoked.CARD_LOST: ground_of_notice(Compromise.LEAKAGE),
        WhyRevoked.KEY_KNOWN: ground_of_notice(Compromise.LEAKAGE),
        WhyRevoked.KEY_GONE: ground_of_notice(Compromise.LOSS),
        WhyRevoked.KEY_DAMAGED: ground_of_notice(Compromise.DAMAGE),
    }
)


@cites("S4-7.1", "S4-1.3.3", "S0-29", "act/9", "act/10", "act/28", "act/29")
def ground_of(why: WhyRevoked) -> LapseGround:
    """The ground that a user's reason gives: an application (法第9条・第28条) or a notice (第10条・第29条).

    Our choice: a card that is lost or stolen may be in other hands, so its keys count as leaked. A key is
    lost or damaged (滅失, 毀損) where nobody else can have it.
    """
    return _GROUNDS[why]


@cites("S1-C5.1b", "S0-29")
def reports_loss(why: WhyRevoked) -> bool:
    """Whether who has certificates revoked for this reason reports the loss of the card by it.

    The report that is waited for after a call is one at the counter: whoever says there, on a signed form,
    that the card is lost has made it. Our choice: no other reason speaks of the card being away.
    """
    return why is WhyRevoked.CARD_LOST


@dataclass(frozen=True, kw_only=True)
class RevocationFacts:
    """All that the decision rests on, as established by register, agency and clerk.

    `purposes`: the certificates that the form names. `present`: how the newest one of each purpose stands on
    the day, where there is one. `form_received`: the form (電子証明書失効申請書) is filled in and signed.
    """

    purposes: frozenset[Purpose]
    why: WhyRevoked | None
    present: Mapping[Purpose, Status]
    birth_date: date = field(repr=False)
    resident: bool
    own_municipality: bool
    identity: Evidence
    form_received: bool = True
    channel: Channel = Channel.COUNTER
    adult_ward: bool = False
    proxy: ProxyFacts | None = None


def refusals_to_revoke(facts: RevocationFacts, on: date) -> tuple[Refusal, ...]:
    """Every reason why the certificates are not revoked on this application; empty when they are."""
    found = (
        *_counter_refusals(facts),
        *_form_refusals(facts),
        *_identity_refusals(facts, on),
        *_certificate_refusals(facts),
    )
    return tuple(dict.fromkeys(found))


def refusals_foreseen(facts: RevocationFacts) -> tuple[Refusal, ...]:
    """Of these the ones that nothing helps against that is shown: told before anything is asked for."""
    return tuple(dict.fromkeys((*_counter_refusals(facts), *_certificate_refusals(facts))))


@cites("S1-E5", "S2-5")
def _counter_refusals(facts: RevocationFacts) -> tuple[Refusal, ...]:
    """At the counter of the municipality whose register has the user, and in no other way than the law's."""
    if not facts.resident:
        return (Refusal("E_NOT_RESIDENT", ("S2-5",)),)
    return (*office_refusals(own_municipality=facts.own_municipality), *_channel_refusals(facts))


@cites("S1-E5", "S2-5", "act/9", "act/28")
def office_refusals(*, own_municipality: bool) -> tuple[Refusal, ...]:
    """E_OFFICE_WRONG at any counter but that of the municipality of residence (法第9条・第28条)."""
    return () if own_municipality else (Refusal("E_OFFICE_WRONG", ("S1-E5",)),)


def _channel_refusals(facts: RevocationFacts) -> tuple[Refusal, ...]:
    """What comes to a counter is signed on paper: who signs with the key sends it to the Organisation."""
    return channel_refusals(Applied.REVOCATION, facts.channel)


@cites("S1-E5", "act/9", "act/28")
def _form_refusals(facts: RevocationFacts) -> tuple[Refusal, ...]:
    """The form says which certificates and why, and is here, signed."""
    complete = bool(facts.purposes) and facts.why is not None and facts.form_received
    return () if complete else (Refusal("E_FORM_INCOMPLETE", ("S1-E5",)),)


@cites("S1-E5", "S2-5", "act/9", "act/28", "rules/5", "rules/41")
def _identity_refusals(facts: RevocationFacts, on: date) -> tuple[Refusal, ...]:
    """法第9条・第28条 apply what an application for issue asks: documents and mandates, copied and kept.

    Our choice, as for PINs: for a child under 15 the statutory agent comes; a ward may come alone. A member
    of the household is a proxy like any other, for it is the moving notice that needs less.
    """
    proxy, ward = facts.proxy, facts.adult_ward
    if proxy is not None and proxy.kind is ProxyKind.HOUSEHOLD_MEMBER:
        proxy = replace(proxy, kind=ProxyKind.MANDATED)
    agent = agent_refusals(proxy, facts.birth_date, on, adult_ward=ward, ward_alone=ward)
    return (*identity_refusals(facts.identity, proxy), *proxy_refusals(proxy), *agent)


@cites("S1-E5", "S2-5", "act/11", "act/30")
def _certificate_refusals(facts: RevocationFacts) -> tuple[Refusal, ...]:
    """E_NOTHING_TO_REVOKE where none of the certificates named stands; on hold one stands.

    One that lapsed beside another is in nobody's way: what is left ends, and nothing waits for a new form.
    """
    named = facts.purposes or frozenset(Purpose)
    left = any(purpose in named and status.stands for purpose, status in facts.present.items())
    return () if left else (_NOTHING,)
