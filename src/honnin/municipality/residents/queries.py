"""Search in the resident register: reads a clerk's query and finds residents by indexes alone.

However large the register is, a question reads about as many rows as it shows: each way in which a text can
be meant is a range of an index, taken in its order until there are enough hits. So a part of a name is found
by its beginning, and by nothing in its middle.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import reduce
from itertools import permutations
from operator import and_, or_
from unicodedata import normalize

from django.db.models import Q, QuerySet

from honnin.errors import Refused
from honnin.identifiers import HYPHENS, CardNumber, MunicipalityCode, PersonCode, ungrouped
from honnin.law.counter.registration import Registration, registration_refusals
from honnin.law.era import take_day
from honnin.law.names.romaji import readings
from honnin.law.names.spelling import folded_address, parts_of_name
from honnin.municipality.residents.keys import INITIAL
from honnin.municipality.residents.models import (
    Departure,
    FormerEntry,
    Municipality,
    Resident,
)

MOST_HITS = 20
MOST_WORDS = 8
"""Words that may each mean another part of a name, or an address; more are taken together."""
_MOST_MOVED = 3
"""Words that are also tried in another order."""
Words = tuple[str, ...]

_WHOLE = ("name_key", "reading_key")
_NAME_PARTS = ("given_name_key", "further_name_key")
_READING_PARTS = ("given_reading_key", "further_reading_key")
_PARTS = (*_NAME_PARTS, *_READING_PARTS)
_READINGS = ("reading_key", "given_reading_key", "further_reading_key")
# As `counter.services` numbers them: municipality, day, six characters.
_APPLICATION = re.compile("([0-9]{5})([0-9]{8})([0-9A-F]{6})")
_DAY = re.compile(rf"(?<![0-9])[12][0-9]{{3}}[/.{HYPHENS}][0-9]{{1,2}}[/.{HYPHENS}][0-9]{{1,2}}(?![0-9])")
_AFTER = b"\xff"
"""Comes after every octet of UTF-8."""


@dataclass(frozen=True)
class Question:
    """What a clerk asked: the number of an application alone; or a resident record code, a card number, a day
    of birth, and words beside them.
    """

    text: str = ""
    code: PersonCode | None = None
    card_number: CardNumber | None = None
    application: str = ""
    birth_date: date | None = None

    def __repr__(self) -> str:
        return "Question(…)"

    @property
    def finds_a_part(self) -> bool:
        """Whether it was asked by something that not everybody in the register is found by."""
        return bool(self.card_number or self.birth_date or re.search("[0-9]", folded_address(self.text)))

    @property
    def terms(self) -> tuple[str, ...]:
        """The question as it is compared: the same for every way of writing the same."""
        born = self.birth_date.isoformat() if self.birth_date else ""
        exact = (part for part in (self.application, self.code, self.card_number, born) if part)
        return (*exact, *parts_of_name(self.text))


def registration_of(resident: Resident | None) -> Registration:
    """A resident's standing in the register; None stands for a person who was never in it."""
    if resident is None:
        return Registration.NEVER
    if resident.removed_on is None:
        return Registration.RECORDED
    open_ones = Departure.objects.filter(resident=resident, completed_on=None, planned=False)
    if open_ones.filter(abroad=False).exists():
        return Registration.MOVED_OUT
    return Registration.ABROAD if open_ones.filter(keeps_card=True).exists() else Registration.REMOVED


def planned_departures(resident: Resident) -> QuerySet[Departure]:
    """Notices of moving away whose day has not come."""
    return Departure.objects.filter(resident=resident, planned=True, over=False)


def read_question(text: str) -> Question:
    """What a text asks for. Raises Malformed E_ERA_DATE for what looks like a day and is none."""
    code, card_number = _numbers(text)
    if code or card_number:
        return Question(code=code, card_number=card_number)
    if received := _APPLICATION.fullmatch(ungrouped(text)):
        return Question(application="-".join(received.groups()))
    birth_date, rest = take_day(text)
    words = []
    for word in rest.split():
        of_person, of_card = _numbers(word)
        code, card_number = of_person or code, of_card or card_number
        if not (of_person or of_card):
            words.append(word)
    return Question(" ".join(words), code, card_number, birth_date=birth_date)


def _numbers(text: str) -> tuple[PersonCode | None, CardNumber | None]:
    """A code or a card number that is the whole of a text; none of it, if a day stands in it."""
    if _DAY.search(normalize("NFKC", text)):
        return None, None
    return PersonCode.parse(text), CardNumber.parse(text)


def find_residents(
    question: Question, *, own: MunicipalityCode, card_holder: PersonCode | None = None
) -> list[Resident]:
    """Those who fit everything that was asked, at most twenty, by reading; nobody for an empty question.

    By day of birth and by address only residents of the `own` municipality (its code) are found: of others a
    clerk sees neither (docs/decisions/0017). `card_holder`: the person code of who has the card that was
    asked for, None for nobody.
    """
    people = Resident.objects.filter(removed_on=None).select_related("municipality")
    if question.code:
        people = people.filter(pk=question.code)
    if question.card_number:
        people = people.filter(pk=card_holder or "")
    if question.birth_date:
        people = people.filter(birth_date=question.birth_date, municipality=own)
    words = parts_of_name(question.text)
    exact = question.code or question.card_number or question.birth_date
    meanings = (
        _narrowed(people, words, question.text, own) if exact else _meant(people, words, question.text, own)
    )
    hits = next(filter(None, map(_first, meanings)), [])
    return sorted(hits, key=lambda person: (person.kana, person.pk))


def _first(found: Iterable[QuerySet[Resident]]) -> list[Resident]:
    """The first twenty of all of them together, no more of any one being read."""
    hits: dict[str, Resident] = {}
    for part in found:
        hits |= {person.pk: person for person in part[:MOST_HITS]}
        if len(hits) >= MOST_HITS:
            break
    return list(hits.values())[:MOST_HITS]


def _narrowed(
    people: QuerySet[Resident], words: Words, text: str, own: MunicipalityCode
) -> Iterator[Iterable[QuerySet[Resident]]]:
    """Of few people those whom the words fit: as names, by sound, as an address."""
    ordered = people.order_by("reading_key", "pk")
    if not words:
        yield [ordered]
        return
    for condition in (_named(words), _sounding(words), _living_at(text, own)):
        yield [ordered.filter(condition)]


def _meant(
    people: QuerySet[Resident], words: Words, text: str, own: MunicipalityCode
) -> Iterator[Iterable[QuerySet[Resident]]]:
    """What words can mean, the likelier first; the next is only looked at where that finds nobody."""
    if not words:
        return
    yield _by_name(people, words)
    yield _by_both_scripts(people, words)
    yield _by_sound(people, words)
    yield (_range(people.filter(municipality=own), "address_key", each) for each in _addresses(text, own))
    yield _by_name_and_address(people, text.split(), own)


def _by_name(people: QuerySet[Resident], words: Words) -> Iterator[QuerySet[Resident]]:
    """Together the beginning of a name; or each the beginning of another part of it."""
    for joined in _orders(words):
        yield from (_range(people, key, joined) for key in (*_WHOLE, *_PARTS))
    for family, others in _chosen(words):
        for key, parts in (("name_key", _NAME_PARTS), ("reading_key", _READING_PARTS)):
            rest = reduce(and_, (_begins(parts, word) for word in others[1:]), _initial(key, family))
            yield from (_range(people, part, others[0]).filter(rest) for part in parts)


def _by_both_scripts(people: QuerySet[Resident], words: Words) -> Iterator[QuerySet[Resident]]:
    """One word begins the name and each other begins one of its parts, some in kanji and some in kana."""
    for family, others in _chosen(words):
        given = "".join(others).encode()
        # A whole given name beside a family name in the other script: both by one index.
        for whole, part in (("reading_key", "given_name_key"), ("name_key", "given_reading_key")):
            yield _range(people.filter(**{part: given}), whole, family)
        if all(_is_a_part(word) for word in others):
            rest = reduce(and_, (_begins(_PARTS, word) for word in others))
            yield from (_range(people, key, family).filter(rest) for key in _WHOLE)


def _chosen(words: Words) -> Iterator[tuple[str, Words]]:
    """Each of a few words as the one that begins the name, with the others."""
    if 1 < len(words) <= MOST_WORDS:
        for number, family in enumerate(words):
            yield family, (*words[:number], *words[number + 1 :])


def _by_sound(people: QuerySet[Resident], words: Words) -> Iterator[QuerySet[Resident]]:
    """Letters, and kana with other long vowels."""
    for joined in _orders(words):
        yield from (_range(people, key, each) for each in readings(joined) for key in _READINGS)


def _by_name_and_address(
    people: QuerySet[Resident], words: list[str], own: MunicipalityCode
) -> Iterator[QuerySet[Resident]]:
    """Some words as a name and the others, before or after them, as an address."""
    near = people.filter(municipality=own)
    for place in range(1, len(words) if len(words) <= MOST_WORDS else 0):
        for name, address in ((words[:place], words[place:]), (words[place:], words[:place])):
            parts, where = parts_of_name(" ".join(name)), " ".join(address)
            there = [_range(near, "address_key", each) for each in _addresses(where, own)]
            if not parts or not any(each.exists() for each in there):
                continue
            if re.search("[0-9]", folded_address(where)):  # the rarer of the two
                yield from (each.filter(_named(parts)) for each in there)
            else:
                yield from (each.filter(_living_at(where, own)) for each in _by_name(near, parts))


def _orders(words: Words) -> Iterator[str]:
    """The words together, as they were asked first, then in other orders."""
    orders = permutations(words) if len(words) <= _MOST_MOVED else iter([words])
    yield from dict.fromkeys("".join(order) for order in orders)


def _is_a_part(word: str) -> bool:
    return any(_range(Resident.objects.all(), key, word).exists() for key in _PARTS)


def _range(people: QuerySet[Resident], key: str, beginning: str) -> QuerySet[Resident]:
    """Those whose key begins so, in the order of its index."""
    then = "name_key" if key.endswith("reading_key") else "reading_key"
    least = beginning.encode()
    return people.filter(**{f"{key}__gte": least, f"{key}__lt": least + _AFTER}).order_by(key, then)


def _initial(key: str, beginning: str) -> Q:
    """Whether a key begins so, by its first character, which an index has beside another part of the name."""
    octets = beginning.encode()
    whole = Q(**{f"{key}__begins": octets})
    return Q(**{f"{key}__begins": octets[:INITIAL]}) & whole if len(octets) > INITIAL else whole


def _begins(keys: Iterable[str], beginning: str) -> Q:
    """Whether one of the keys begins so, of people whom an index finds by something else."""
    return reduce(or_, (Q(**{f"{key}__begins": beginning.encode()}) for key in keys))


def _named(words: Words) -> Q:
    """Whether the words are the beginning of a name together, or each of some part of it."""
    each = reduce(and_, (_begins((*_WHOLE, *_PARTS), word) for word in words))
    return reduce(or_, (_begins(_WHOLE, joined) for joined in _orders(words)), each)


def _sounding(words: Words) -> Q:
    found = [
        reduce(or_, (_begins(_READINGS, each) for each in readings(word)), Q(pk__in=())) for word in words
    ]
    return reduce(and_, found)


def _living_at(text: str, own: MunicipalityCode) -> Q:
    """Whether a resident of the own municipality lives there."""
    found = (_begins(("address_key",), each) for each in _addresses(text, own))
    return reduce(or_, found, Q(pk__in=())) & Q(municipality=own)


def _addresses(text: str, own: MunicipalityCode) -> tuple[str, ...]:
    """How an address may begin that is said with or without prefecture and municipality."""
    asked, place = folded_address(text), Municipality.objects.filter(pk=own).first()
    if not asked or place is None:
        return (asked,) if asked else ()
    prefecture, name = folded_address(place.prefecture), folded_address(place.name)
    return tuple(before + asked for before in ("", prefecture, prefecture + name, name))


def resident_of(public_id: str, *, also_abroad: bool = False) -> Resident:
    """Somebody in the register, or `also_abroad` with a card that goes on. Raises Refused as
    `registration_refusals` for nobody and a removed entry.
    """
    found = entry_of(public_id)
    registration = registration_of(found)
    is_abroad = also_abroad and registration is Registration.ABROAD
    if (refusals := registration_refusals(registration)) and not is_abroad:
        raise Refused(*refusals)
    assert found is not None  # nobody is refused
    return found


def entry_of(public_id: str) -> Resident | None:
    """An entry of the register, also one that was removed."""
    return Resident.objects.select_related("municipality").filter(public_id=public_id).first()


def history_of(resident: Resident) -> list[FormerEntry]:
    """What stood in an entry before each of its changes, the newest first."""
    return list(FormerEntry.objects.filter(resident=resident).order_by("-pk"))


def removed_entry(person_code: PersonCode) -> Resident | None:
    """Whose entry was removed that had this code."""
    return Resident.objects.exclude(removed_on=None).filter(pk=person_code).first()
