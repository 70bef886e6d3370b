"""How an application comes: of each procedure each way: taken, or why not and what is next."""

import pytest

from honnin.law.counter.channels import Applied, Channel, channel_refusals
from honnin.law.wording import explain_refusals

COUNTER, CARD, ONLINE = Channel.COUNTER, Channel.CARD_APPLICATION, Channel.ONLINE
POST, TELEPHONE, KIOSK = Channel.POST, Channel.TELEPHONE, Channel.KIOSK
OTHER = "E_CHANNEL_NOT_ALLOWED"

# Of every procedure every way: the code and the clauses it rests on; nothing where it is taken.
WAYS: dict[Applied, dict[Channel, tuple[str, ...]]] = {
    Applied.ISSUE: {
        COUNTER: (),
        CARD: (),
        **dict.fromkeys((ONLINE, POST, TELEPHONE, KIOSK), (OTHER, "S4-3.1")),
    },
    Applied.RENEWAL: {
        COUNTER: (),
        **dict.fromkeys((CARD, ONLINE, POST, TELEPHONE, KIOSK), (OTHER, "S3-16")),
    },
    Applied.REVOCATION: {
        COUNTER: (),
        ONLINE: ("E_REVOCATION_UNSIGNED", "S4-7.2b", "act/9", "act/28"),
        TELEPHONE: ("E_REVOCATION_BY_TELEPHONE", "S4-7.2b"),
        **dict.fromkeys((CARD, POST, KIOSK), (OTHER, "S4-7.2b")),
    },
    Applied.PIN_RESET: {
        COUNTER: (),
        **dict.fromkeys((CARD, ONLINE, POST, TELEPHONE, KIOSK), (OTHER, "S4-10.1", "S4-10.2")),
    },
}


@pytest.mark.clause("S3-16", "S4-3.1", "S4-7.2b", "S4-10.1", "S4-10.2", "act/9", "act/28")
@pytest.mark.parametrize("applied", Applied)
@pytest.mark.parametrize("channel", Channel)
def test_each_way_of_each_procedure(applied: Applied, channel: Channel) -> None:
    found = [(each.code, *each.clauses) for each in channel_refusals(applied, channel)]
    expected = WAYS[applied][channel]
    assert found == ([expected] if expected else [])


@pytest.mark.clause("S4-7.2b")
def test_a_revocation_is_applied_for_online_with_a_signature() -> None:
    assert channel_refusals(Applied.REVOCATION, ONLINE, signed=True) == ()
    assert channel_refusals(Applied.RENEWAL, ONLINE, signed=True) != ()


@pytest.mark.clause("S0-8")
@pytest.mark.parametrize("channel", Channel)
def test_the_juki_card_knows_the_counter_alone(channel: Channel) -> None:
    found = [(each.code, *each.clauses) for each in channel_refusals(Applied.ISSUE, channel, juki_card=True)]
    assert found == ([] if channel is COUNTER else [(OTHER, "S0-8")])


NAMED = {
    CARD: ("with the application for the card", "カードの交付申請と併せて"),
    ONLINE: ("by smartphone or computer", "スマートフォンまたはパソコンで"),
    POST: ("by post", "郵送で"),
    TELEPHONE: ("by telephone", "電話で"),
    KIOSK: ("by a kiosk", "キオスク端末で"),
}


@pytest.mark.parametrize("applied", Applied)
@pytest.mark.parametrize("channel", NAMED)
def test_each_refusal_names_the_way_and_who_is_to_come(applied: Applied, channel: Channel) -> None:
    for refusal in channel_refusals(applied, channel):
        english, japanese = NAMED[channel]
        (said,) = explain_refusals([refusal], "en")
        assert f"came {english}" in said.cause
        assert "in person or through a proxy, in the municipality of registration" in said.remedy
        assert "identity document" not in said.remedy
        (said,) = explain_refusals([refusal], "ja")
        assert japanese in said.cause
        assert "市区町村に、本人または代理人が来庁して申請" in said.remedy
