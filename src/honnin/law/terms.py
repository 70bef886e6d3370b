"""The words of the law that name a choice. Defined for people in `docs/reference/glossary.md`."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Purpose(StrEnum):
    """What a certificate is for (署名用 / 利用者証明用)."""

    SIGNATURE = "signature"
    USER_AUTHENTICATION = "user_authentication"


class Generation(StrEnum):
    """Which card generation the rules are for (住基カード / 個人番号カード)."""

    JUKI_CARD = "juki_card"
    NUMBER_CARD = "number_card"


class Sex(StrEnum):
    """Sex as the register records it, in the code of the certificate (1 male, 2 female, 3 unknown)."""

    MALE = "1"
    FEMALE = "2"
    UNKNOWN = "3"


class Compromise(StrEnum):
    """What happened to a key that can no longer be relied on (危殆化, terms 1(3)(3)), or is feared."""

    LEAKAGE = "leakage"  # 漏えい
    LOSS = "loss"  # 滅失
    DAMAGE = "damage"  # 毀損


class RecordedItem(StrEnum):
    """What an error in a record concerns (記録誤り等, Act 13, 32)."""

    NAME = "name"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    ADDRESS = "address"
    VALIDITY = "validity"  # 有効期間
    HOLDER = "holder"  # 利用者・カード・公開鍵の取違え
    FALSE_APPLICATION = "false_application"  # 虚偽の申請により記録された事項


class LapseGround(StrEnum):
    """Why a certificate lapses before its expiry date (terms art. 7, 8; Act arts. 11-14, 30-33)."""

    CHANGE_OF_ENTRY = "change_of_entry"  # 異動等
    REMOVAL_OF_ENTRY = "removal_of_entry"  # 住民票の消除（死亡・国外転出など）
    RECORD_ERROR = "record_error"  # 記録誤り等
    ISSUER_KEY_COMPROMISE = "issuer_key_compromise"  # 発行者署名符号の漏えい等
    REQUEST_OR_NOTICE = "request_or_notice"  # 失効申請
    KEY_LEAKED = "key_leaked"  # 利用者の鍵の漏えいの届出
    KEY_LOST = "key_lost"  # 利用者の鍵の滅失の届出
    KEY_DAMAGED = "key_damaged"  # 利用者の鍵の毀損の届出
    KEY_COMPROMISE_NOTICE = "key_compromise_notice"  # 同上、三つを区別しなかった版の記録
    LOSS_NOTICE = "loss_notice"  # 紛失の届出（一時保留）
    CARD_INVALID = "card_invalid"  # カードの失効
    RENEWAL = "renewal"  # 更新
    NOT_DELIVERED = "not_delivered"  # 交付前の廃棄


@dataclass(frozen=True)
class BasicFour:
    """基本4情報: name, date of birth, sex, address, as the register writes them (terms 1(3)(1)).

    Family and given name are separated by U+3000. Hides itself from logs: `repr` shows no content.
    """

    name: str
    birth_date: date
    sex: Sex
    address: str

    def __repr__(self) -> str:
        return "BasicFour(…)"
