"""Looking people up in the register."""

import unicodedata

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Replace

from honnin.municipality.residents.models import Resident

MOST_HITS = 20


def find_residents(text: str) -> QuerySet[Resident]:
    """Residents whose name, reading or code contains the text; at most 20, by reading.

    Half-width forms in the question are folded (NFKC), and whether family and given name are separated
    does not matter; the stored name is not folded.
    """
    words = folded(text)
    if not words:
        return Resident.objects.none()
    condition = Q()
    for word in words:
        condition &= Q(whole__contains=word) | Q(reading__contains=_katakana(word)) | Q(person_code=word)
    joined = Resident.objects.annotate(whole=_without_space("name"), reading=_without_space("kana"))
    found = joined.filter(condition, removed_on=None).select_related("municipality")
    return found.order_by("kana", "person_code")[:MOST_HITS]


def folded(text: str) -> list[str]:
    """The words of a question, with half-width forms folded (NFKC)."""
    return unicodedata.normalize("NFKC", text).split()


def _without_space(field: str) -> Replace:
    return Replace(field, Value("\u3000"), Value(""))


def _katakana(text: str) -> str:
    return "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in text)
