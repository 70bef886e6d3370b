"""Entries to fill an empty resident register: municipalities and people."""

from dataclasses import dataclass
from datetime import date

from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.law.terms import Sex


@dataclass(frozen=True)
class MunicipalityEntry:
    """A municipality whose residents the register keeps."""

    code: MunicipalityCode
    name: str
    romaji: str
    prefecture: str
    prefecture_romaji: str


@dataclass(frozen=True)
class ResidentEntry:
    """A person as the register of residents keeps them."""

    person_code: PersonCode
    municipality_code: MunicipalityCode
    name: str
    kana: str
    birth_date: date
    sex: Sex
    address: str
    adult_ward: bool
    former_surname: str = ""
    alias: str = ""
    stay_status: str = ""
    stay_until: date | None = None
    place_of_stay: str = ""
    household: str = ""
    relationship: str = ""
