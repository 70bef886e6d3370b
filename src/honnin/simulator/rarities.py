"""People of the invented population who are rare in life and hard for software, at numbers of their own.

Of every fifty people some are replaced; everybody else stays who they were. `KINDS` says at which numbers
who is, so that a kind is found by its resident record code (99 and the number). As invented as the others.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType

from honnin.law.calendar import age_on, birthday_in
from honnin.law.counter.eligibility import SIGNATURE_MIN_AGE
from honnin.law.terms import Sex
from honnin.law.validity import StayStatus
from honnin.municipality.residents.entries import ResidentEntry

EVERY = 50
DAY = timedelta(days=1)
Names = tuple[tuple[str, str, Sex], ...]
_F, _M = Sex.FEMALE, Sex.MALE

# A kanji with a variation selector: one character to a reader, two code points.
WITH_SELECTOR: Names = (
    ("辻\U000e0100　清", "ツジ　キヨシ", _M),
    ("葛\U000e0100城　葵", "カツラギ　アオイ", _F),
    ("渡邉\U000e0101　茂", "ワタナベ　シゲル", _M),
    ("祇\U000e0100園　恵", "ギオン　メグミ", _F),
    ("佐藤　芦\U000e0101奈", "サトウ　アシナ", _F),
)
# In no level of JIS X 0213; some beyond the basic plane, which makes two code units of UTF-16.
BEYOND_JIS: Names = (
    ("𠮷田　誠", "ヨシダ　マコト", _M),
    ("閒宮　千尋", "マミヤ　チヒロ", _F),
    ("髙橋　淸子", "タカハシ　キヨコ", _F),
    ("𣏌木　隆", "スギキ　タカシ", _M),
    ("𩵋住　修", "ウオズミ　オサム", _M),
)
# In JIS X 0213, and not among what a certificate records.
BEYOND_CERTIFICATES: Names = (
    ("山﨑　㐂一", "ヤマザキ　キイチ", _M),
    ("𡈽屋　和子", "ツチヤ　カズコ", _F),
    ("栁田　彩", "ヤナギダ　アヤ", _F),
    ("𠀋原　健一", "タケハラ　ケンイチ", _M),
    ("三𣘺　美咲", "ミツハシ　ミサキ", _F),
)
# As registers write names of foreign residents: in capital letters, in kanji, in one word, in many.
FOREIGN: Names = (
    ("NGUYEN　VAN ANH", "グエン　ヴァン アイン", _M),
    ("RODRIGUEZ GARCIA　MARIA FERNANDA", "ロドリゲス ガルシア　マリア フェルナンダ", _F),
    ("SUPARMAN", "スパルマン", _M),
    ("O'CONNOR-BYRNE　SINEAD", "オコナーバーン　シネイド", _F),
    ("金　秀賢", "キム　スヒョン", _M),
    ("李　小雨", "リー　シャオユー", _F),
    (
        "WOLFESCHLEGELSTEINHAUSENBERGERDORFF　HUBERT BLAINE",
        "ウォルフシュレーゲルシュタインハウゼンバーガードルフ　ヒューバート ブレイン",
        _M,
    ),
)


def rare(person: ResidentEntry, number: int, before: Mapping[int, ResidentEntry], on: date) -> ResidentEntry:
    """Who stands at a number: the person as invented, or somebody rare in their place.

    `before`: the people of the same fifty with smaller numbers, as they came out.
    """
    kind = KINDS.get(number % EVERY)
    return kind(person, number, before, on) if kind else person


def _foreign(person: ResidentEntry, number: int, _: object, on: date) -> ResidentEntry:
    """A foreign resident: of the first fifty without end of stay, of the others every second; some have an
    alias. A stay with an end ends between half a year and two and a half years from now.
    """
    turn = number // EVERY
    name, kana, sex = FOREIGN[turn % len(FOREIGN)]
    status = StayStatus.MEDIUM_OR_LONG_TERM if turn % 2 else StayStatus.PERMANENT
    until = on + timedelta(days=180 + number % 720) if turn % 2 else None
    alias = "金田　秀賢" if name.startswith("金") else ""
    return replace(
        person, name=name, kana=kana, sex=sex, stay_status=status.value, stay_until=until, alias=alias
    )


def _with_former_surname(person: ResidentEntry, *_: object) -> ResidentEntry:
    """Somebody who has their former surname recorded beside the name."""
    return replace(person, former_surname="藤原")


Kind = Callable[[ResidentEntry, int, Mapping[int, ResidentEntry], date], ResidentEntry]


def _one_of(names: Names) -> Kind:
    """Somebody with one of these names, which take turns."""

    def named(person: ResidentEntry, number: int, *_: object) -> ResidentEntry:
        name, kana, sex = names[number // EVERY % len(names)]
        return replace(person, name=name, kana=kana, sex=sex)

    return named


def _born_on_29_february(person: ResidentEntry, *_: object) -> ResidentEntry:
    """In the leap year before their own birth, or in it."""
    year = person.birth_date.year - 1
    return replace(person, birth_date=date(year - year % 4, 2, 29))


def _aged(years: int, *, ward: bool = False) -> Kind:
    """Somebody whose birthday is the day itself."""

    def aged(person: ResidentEntry, number: int, _: object, on: date) -> ResidentEntry:
        return replace(person, birth_date=birthday_in(on.year - years, on), adult_ward=ward)

    return aged


def _almost(years: int) -> Kind:
    """Somebody who reaches an age tomorrow, or as soon after it as there is a birthday."""

    def almost(person: ResidentEntry, number: int, _: object, on: date) -> ResidentEntry:
        birth_date = birthday_in(on.year - years, on)
        while age_on(birth_date, on) >= years:
            birth_date += DAY
        return replace(person, birth_date=birth_date, adult_ward=False)

    return almost


def _born_yesterday(person: ResidentEntry, number: int, _: object, on: date) -> ResidentEntry:
    return replace(person, birth_date=on - DAY, adult_ward=False)


def _namesake(distance: int, *, same_day: bool) -> Kind:
    """Of the name of the person so many numbers before; born on the same day too, if so said."""

    def namesake(
        person: ResidentEntry, number: int, before: Mapping[int, ResidentEntry], on: date
    ) -> ResidentEntry:
        other = before[number - distance]
        birth_date = other.birth_date if same_day else person.birth_date
        return replace(person, name=other.name, kana=other.kana, sex=other.sex, birth_date=birth_date)

    return namesake


def _twin(distance: int) -> Kind:
    """Born on the same day, at the same address, with the same family name."""

    def twin(
        person: ResidentEntry, number: int, before: Mapping[int, ResidentEntry], on: date
    ) -> ResidentEntry:
        first = before[number - distance]
        family, _, given = first.name.partition("　")
        family_kana = first.kana.partition("　")[0]
        own, own_kana = ("実", "ミノル") if given != "実" else ("光", "ヒカル")
        return replace(
            first,
            person_code=person.person_code,
            name=f"{family}　{own}",
            kana=f"{family_kana}　{own_kana}",
            sex=person.sex,
        )

    return twin


KINDS: Mapping[int, Kind] = MappingProxyType(
    {
        8: _one_of(WITH_SELECTOR),
        12: _one_of(BEYOND_JIS),
        15: _born_on_29_february,
        18: _born_yesterday,
        19: _almost(1),  # until then an infant to the law
        24: _twin(3),
        30: _one_of(BEYOND_CERTIFICATES),
        33: _namesake(6, same_day=False),
        36: _namesake(9, same_day=True),
        39: _aged(40, ward=True),
        42: _aged(SIGNATURE_MIN_AGE),
        43: _almost(SIGNATURE_MIN_AGE),
        45: _with_former_surname,
        46: _foreign,
        48: _aged(104),
    }
)
"""Who is rare, by the last digits of the number: of every fifty. Distances lead to the same municipality."""
