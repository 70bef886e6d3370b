"""How a certificate and a card stand on a day, to the day, and what can be handed over."""

from datetime import date

import pytest

from honnin.law.card_state import CardState, card_state
from honnin.law.effect import Effect, effect_on, hand_over_refusals
from honnin.law.loss import LossTurn, is_lost_after

LAST = date(2028, 5, 10)
AFTER = date(2028, 5, 11)


@pytest.mark.clause("S3-2", "act/15", "act/34")
@pytest.mark.parametrize(
    ("recorded", "on", "effect"),
    [
        ("good", LAST, Effect.GOOD),
        ("good", AFTER, Effect.EXPIRED),
        ("held", LAST, Effect.HELD),
        ("held", AFTER, Effect.EXPIRED),
        ("revoked", LAST, Effect.REVOKED),
        ("revoked", AFTER, Effect.REVOKED),
    ],
)
def test_a_certificate_stands_until_its_last_day_is_over(recorded: str, on: date, effect: Effect) -> None:
    assert effect_on(recorded, LAST, on) is effect
    assert effect.stands is (effect in (Effect.GOOD, Effect.HELD))


@pytest.mark.clause("card-order/14")
@pytest.mark.parametrize(
    ("valid", "on", "state"),
    [
        (True, LAST, CardState.VALID),
        (True, AFTER, CardState.EXPIRED),
        (False, LAST, CardState.ENDED),
        (False, AFTER, CardState.ENDED),
    ],
)
def test_a_card_is_valid_until_its_last_day_is_over_or_something_ends_it(
    valid: bool, on: date, state: CardState
) -> None:
    assert card_state(valid, LAST, on) is state


@pytest.mark.clause("S4-4.3")
@pytest.mark.parametrize(
    ("brought", "codes"),
    [
        ([Effect.GOOD, Effect.GOOD], []),
        ([Effect.GOOD, Effect.HELD], ["E_CERT_HELD"]),
        ([Effect.HELD, Effect.REVOKED], ["E_CERT_REVOKED", "E_CERT_HELD"]),
        ([Effect.EXPIRED, Effect.EXPIRED], ["E_CERT_EXPIRED"]),
    ],
)
def test_only_what_has_effect_is_handed_over(brought: list[Effect], codes: list[str]) -> None:
    assert [refusal.code for refusal in hand_over_refusals(brought)] == codes


@pytest.mark.clause("S1-C5.1b")
def test_nothing_but_a_call_begins_a_loss() -> None:
    assert [turn for turn in LossTurn if is_lost_after(False, turn)] == [LossTurn.CALL]
    assert [turn for turn in LossTurn if is_lost_after(True, turn)] == [LossTurn.CALL]
