"""What is checked before a renewal is accepted, one by one: a list for who examines.

Says of what each refusal of `renewal` and `renewal_pins` is. Refuses nothing itself.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType

from honnin.law.citation import cites


class Check(StrEnum):
    """One thing that is checked."""

    WINDOW = "window"  # 更新できる期間
    IDENTITY = "identity"  # 本人確認
    CARD = "card"  # 住民票の記載とカード
    FORM = "form"  # 申請書
    FEE = "fee"  # 手数料
    PINS = "pins"  # 暗証番号
    ENVELOPE = "envelope"  # 照会書兼回答書の封筒（代理人のとき）


_CODES: Mapping[Check, frozenset[str]] = MappingProxyType(
    {
        Check.WINDOW: frozenset(
            {
                "E_WINDOW_CLOSED",
                "E_CERT_EXPIRED",
                "E_CERT_REVOKED",
                "E_CERT_HELD",
                "E_DUPLICATE_CERT",
                "E_NOTHING_TO_RENEW",
            }
        ),
        Check.IDENTITY: frozenset(
            {
                "E_ID_DOC_MISSING",
                "E_ID_DOC_NOT_RETAINED",
                "E_PROXY_ID_MISSING",
                "E_PROXY_MANDATE_MISSING",
                "E_AGENT_REQUIRED",
                "E_AGENT_UNKNOWN_TO_LAW",
                "E_ADULT_WARD",
                "E_UNDER_AGE",
            }
        ),
        Check.CARD: frozenset(
            {
                "E_NOT_RESIDENT",
                "E_MOVED_OUT",
                "E_MOVED_ABROAD",
                "E_ENTRY_REMOVED",
                "E_OFFICE_WRONG",
                "E_CARD_NONE",
                "E_CARD_MISSING",
                "E_CARD_INVALID",
                "E_CARD_EXPIRED",
                "E_CARD_OTHERS",
                "E_CARD_OUTDATED",
                "E_CARD_REPORTED_LOST",
                "E_CARD_WITHOUT_PIN",
            }
        ),
        Check.PINS: frozenset({"E_PIN_UNPROVED"}),
        Check.ENVELOPE: frozenset({"E_SEAL_BROKEN"}),
    }
)


@cites("S4-6", "S3-9", "S3-15", "S3-P1")
def checks_of_renewal(codes: Collection[str], *, by_form: bool, free: bool) -> Mapping[Check, bool]:
    """Each thing that is checked, in its order, and whether nothing stands against it.

    `codes`: of all refusals. `by_form`: the PINs are in a proxy's envelope, of which the seal is checked now
    and the PINs later. `free`: no fee is due. What is of no other check counts against the form.
    """
    shown = [each for each in Check if each is not (Check.PINS if by_form else Check.ENVELOPE)]
    known = frozenset().union(*(_CODES[each] for each in shown if each in _CODES))
    against = {each: bool(_CODES[each] & set(codes)) for each in shown if each in _CODES}
    against[Check.FORM] = bool(set(codes) - known)
    against[Check.FEE] = not free
    return {each: not against[each] for each in shown}
