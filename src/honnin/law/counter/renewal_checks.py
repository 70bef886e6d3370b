"""What is checked before a renewal is accepted, one by one: a list for who examines.

Says of what each refusal is, of every procedure that is examined at a counter, so that none stands under a
check that has nothing to do with it. Refuses nothing itself.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType

from honnin.law.citation import cites


class Check(StrEnum):
    """One thing that is checked."""

    WINDOW = "window"  # 更新できる期間
    EFFECT = "effect"  # カードと電子証明書が有効であること
    IDENTITY = "identity"  # 本人確認
    REGISTER = "register"  # 住民票の記載とカードの一致
    FORM = "form"  # 申請書
    FEE = "fee"  # 手数料
    PINS = "pins"  # 暗証番号
    ENVELOPE = "envelope"  # 照会書兼回答書の封筒（代理人のとき）


CODES: Mapping[Check, frozenset[str]] = MappingProxyType(
    {
        Check.WINDOW: frozenset({"E_WINDOW_CLOSED", "E_CERT_EXPIRED"}),
        Check.EFFECT: frozenset(
            {
                "E_CARD_NONE",
                "E_CARD_MISSING",
                "E_CARD_INVALID",
                "E_CARD_EXPIRED",
                "E_CARD_REPORTED_LOST",
                "E_CARD_WITHOUT_PIN",
                "E_CERT_HELD",
                "E_CERT_REVOKED",
                "E_DUPLICATE_CERT",
                "E_NOTHING_TO_RENEW",
                "E_NOTHING_TO_REVOKE",
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
            }
        ),
        Check.REGISTER: frozenset(
            {
                "E_NOT_RESIDENT",
                "E_MOVED_OUT",
                "E_MOVED_ABROAD",
                "E_ENTRY_REMOVED",
                "E_OFFICE_WRONG",
                "E_CARD_OTHERS",
                "E_CARD_OUTDATED",
            }
        ),
        Check.FORM: frozenset(
            {
                "E_CHANNEL_NOT_ALLOWED",
                "E_REVOCATION_BY_TELEPHONE",
                "E_REVOCATION_UNSIGNED",
                "E_FORM_INCOMPLETE",
                "E_FALSE_APPLICATION",
                "E_TERMS_NOT_ACCEPTED",
                # What it asks for, and how that is written into a certificate.
                "E_UNDER_AGE",
                "E_GENERATION_CLOSED",
                "E_PURPOSE_NOT_ALLOWED",
                "E_SUBSTITUTE_CONSENT",
                "E_SUBSTITUTE_MISSING",
                "E_SUBSTITUTE_NOT_NEEDED",
                "E_ADDRESS_TOO_LONG",
            }
        ),
        Check.FEE: frozenset(),
        Check.PINS: frozenset({"E_PIN_UNPROVED"}),
        Check.ENVELOPE: frozenset({"E_SEAL_BROKEN"}),
    }
)
CHECK_OF: Mapping[str, Check] = MappingProxyType(
    {code: check for check, codes in CODES.items() for code in codes}
)
"""Of what each refusal is. Whatever an examination may refuse with stands here."""


@cites("S4-6", "S3-9", "S3-15", "S3-P1")
def checks_of_renewal(codes: Collection[str], *, by_form: bool, free: bool) -> Mapping[Check, bool]:
    """Each thing that is checked, in its order, and whether nothing stands against it.

    `codes`: of all refusals. `by_form`: the PINs are in a proxy's envelope, of which the seal is checked now
    and the PINs later. `free`: no fee is due. An envelope that nobody needed and that has a refusal is shown
    too. Raises KeyError for a code that no examination refuses with.
    """
    against = {CHECK_OF[code] for code in codes} | ({Check.FEE} if not free else set())
    left_out = Check.PINS if by_form else Check.ENVELOPE
    return {each: each not in against for each in Check if each is not left_out or each in against}
