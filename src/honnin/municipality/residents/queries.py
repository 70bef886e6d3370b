"""Looking people up in the register."""

import unicodedata

from django.db.models import Q, QuerySet

from honnin.municipality.residents.models import Resident

MOST_HITS = 20


def find_residents(text: str) -> QuerySet[Resident]:
    """Residents whose name, reading or code contains the text; at most 20, by reading.

    Spaces of any kind and half-width forms in the question are folded (NFKC); the stored name is not.
    """
    words = unicodedata.normalize("NFKC", text).split()
    if not words:
        return Resident.objects.none()
    condition = Q()
    for word in words:
        condition &= Q(name__contains=word) | Q(kana__contains=_katakana(word)) | Q(person_code=word)
    found = Resident.objects.filter(condition, removed_on=None).select_related("municipality")
    return found.order_by("kana", "person_code")[:MOST_HITS]


def _katakana(text: str) -> str:
    return "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in text)
