"""Japanese words within a page of another language: names, readings, addresses, dates by era.

A screen reader and the browser's choice of glyphs go by `lang`; a title and the text of an option cannot
carry it.
"""

import re

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()

# Kana, kanji with the selectors of their variants, and full-width forms.
_LETTER = (
    "[\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
    "\U00020000-\U0003ffff\U000e0100-\U000e01ef]"
)
JAPANESE = re.compile(rf"{_LETTER}+(?:[0-9 ]+{_LETTER}+)*")


@register.filter
def japanese(text: object) -> SafeString:
    """The text, escaped, with Japanese words marked where the page speaks another language."""
    escaped = conditional_escape(str(text) if not isinstance(text, SafeString) else text)
    if (get_language() or "ja").startswith("ja"):
        return escaped
    return mark_safe(JAPANESE.sub(r'<span lang="ja">\g<0></span>', escaped))  # noqa: S308 (escaped above)
