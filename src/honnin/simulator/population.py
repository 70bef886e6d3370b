"""Invents a population: the same seed gives the same people, and none of them exists.

Some are rare in life and hard for software (`rarities`): of every fifty people the same ones.
Prefecture and municipalities are fictitious, and so are their codes (99xxx), streets and numbers.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta

from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.law.terms import Sex
from honnin.municipality.residents.entries import MunicipalityEntry, ResidentEntry
from honnin.simulator import rarities

PREFECTURE, PREFECTURE_ROMAJI = "みほん県", "Mihon-ken"
MUNICIPALITIES = (
    MunicipalityEntry(MunicipalityCode("99101"), "みほん市", "Mihon-shi", PREFECTURE, PREFECTURE_ROMAJI),
    MunicipalityEntry(MunicipalityCode("99102"), "ためし市", "Tameshi-shi", PREFECTURE, PREFECTURE_ROMAJI),
    MunicipalityEntry(MunicipalityCode("99301"), "れいだい町", "Reidai-machi", PREFECTURE, PREFECTURE_ROMAJI),
)
SPECIMEN = ResidentEntry(
    person_code=PersonCode("99000000001"),
    municipality_code=MunicipalityCode("99101"),
    name="見本　花子",
    kana="ミホン　ハナコ",
    birth_date=date(1990, 3, 15),
    sex=Sex.FEMALE,
    address="みほん県みほん市見本町１－２－３",
    adult_ward=False,
)
"""The specimen resident of the stories."""
_TOWNS = ("見本町", "例示町", "試作台", "架空が丘", "仮名町", "手本通", "雛形町", "模型台")
_FAMILY = tuple(
    pair.split(":")
    for pair in (
        "佐藤:サトウ 鈴木:スズキ 高橋:タカハシ 田中:タナカ 伊藤:イトウ 渡辺:ワタナベ "
        "山本:ヤマモト 中村:ナカムラ 小林:コバヤシ 加藤:カトウ 吉田:ヨシダ 山田:ヤマダ "
        "佐々木:ササキ 山口:ヤマグチ 松本:マツモト 井上:イノウエ 木村:キムラ 林:ハヤシ "
        "斎藤:サイトウ 清水:シミズ 髙橋:タカハシ 辻:ツジ 渡邉:ワタナベ 長谷川:ハセガワ"
    ).split()
)
_FEMALE = tuple(
    pair.split(":")
    for pair in (
        "花子:ハナコ 陽菜:ヒナ 美咲:ミサキ 葵:アオイ 結衣:ユイ さくら:サクラ "
        "和子:カズコ 幸子:サチコ 恵:メグミ 由美子:ユミコ 千尋:チヒロ 真由美:マユミ "
        "彩:アヤ 澄江:スミエ"
    ).split()
)
_MALE = tuple(
    pair.split(":")
    for pair in (
        "太郎:タロウ 蓮:レン 翔太:ショウタ 大輔:ダイスケ 健一:ケンイチ 誠:マコト "
        "清:キヨシ 茂:シゲル 悠真:ユウマ 拓也:タクヤ 隆:タカシ 修:オサム "
        "一郎:イチロウ 直樹:ナオキ"
    ).split()
)
_OLDEST_YEARS = 96


def invent(count: int, *, on: date, seed: int = 1) -> Iterator[ResidentEntry]:
    """`count` residents as of a day, spread over the municipalities; deterministic in all arguments."""
    dice = random.Random(f"honnin population {seed}")  # noqa: S311 - invention, not secrecy
    before: dict[int, ResidentEntry] = {}
    for number in range(count):
        if number % rarities.EVERY == 0:
            before.clear()
        before[number] = rarities.rare(_person(dice, number, on), number, before, on)
        yield before[number]


def _person(dice: random.Random, number: int, on: date) -> ResidentEntry:
    municipality = MUNICIPALITIES[number % len(MUNICIPALITIES)]
    sex = dice.choice((Sex.FEMALE, Sex.MALE))
    family, family_kana = dice.choice(_FAMILY)
    given, given_kana = dice.choice(_FEMALE if sex is Sex.FEMALE else _MALE)
    birth_date = on - timedelta(days=dice.randrange(30, _OLDEST_YEARS * 365))
    return ResidentEntry(
        person_code=PersonCode(f"99{number:09d}"),
        municipality_code=municipality.code,
        name=f"{family}　{given}",
        kana=f"{family_kana}　{given_kana}",
        birth_date=birth_date,
        sex=sex,
        address=_address(dice, municipality),
        adult_ward=dice.random() < 0.01 and (on - birth_date).days > 80 * 365,
    )


def _address(dice: random.Random, municipality: MunicipalityEntry) -> str:
    wide = str.maketrans("0123456789-", "０１２３４５６７８９－")
    lot = f"{dice.randrange(1, 9)}-{dice.randrange(1, 40)}-{dice.randrange(1, 20)}".translate(wide)
    return f"{PREFECTURE}{municipality.name}{dice.choice(_TOWNS)}{lot}"
