"""A reset at a kiosk: its hours, the reservation, and which PINs (the guide of June 2024)."""

from datetime import datetime, timedelta

import pytest

from honnin.clock import JAPAN
from honnin.law.cards.kiosk import kiosk_pin_refusals, kiosk_refusals
from honnin.law.cards.pins import PinKind
from honnin.law.terms import Generation

NOON = datetime(2024, 7, 1, 12, 0, tzinfo=JAPAN)


@pytest.mark.clause("S2-K1")
@pytest.mark.parametrize("kind", list(PinKind))
def test_two_of_the_four_pins_of_a_number_card(kind: PinKind) -> None:
    own = kind in (PinKind.SIGNATURE, PinKind.USER_AUTHENTICATION)
    codes = [refusal.code for refusal in kiosk_pin_refusals(kind, Generation.NUMBER_CARD)]
    assert codes == ([] if own else ["E_KIOSK_PIN_NOT_SUPPORTED"])
    assert kiosk_pin_refusals(kind, Generation.JUKI_CARD)


@pytest.mark.clause("S2-K8b")
@pytest.mark.parametrize(
    ("hour", "minute", "codes"),
    [(6, 29, ["E_KIOSK_CLOSED"]), (6, 30, []), (22, 59, []), (23, 0, ["E_KIOSK_CLOSED"])],
)
def test_kiosks_are_open_from_half_past_six_to_eleven(hour: int, minute: int, codes: list[str]) -> None:
    at = NOON.replace(hour=hour, minute=minute)
    assert [refusal.code for refusal in kiosk_refusals(at, at)] == codes


@pytest.mark.clause("S2-K5", "S2-K6")
def test_a_reservation_comes_first_and_lasts_24_hours() -> None:
    assert [refusal.code for refusal in kiosk_refusals(None, NOON)] == ["E_KIOSK_NO_RESERVATION"]
    assert kiosk_refusals(NOON - timedelta(hours=24), NOON) == ()
    (over,) = kiosk_refusals(NOON - timedelta(hours=24, seconds=1), NOON)
    assert over.code == "E_KIOSK_RESERVATION_EXPIRED"
