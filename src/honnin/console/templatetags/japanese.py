"""Japanese words: marked in a page of another language; in a Japanese one, names that are kept whole.

A screen reader and the browser's choice of glyphs go by `lang`; a title and the text of an option cannot
carry it. A browser that breaks lines between phrases does not know the names of the Act, the Organisation
and the service, and tears them where they would fit on a line.
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

# Where the first one may be torn, which is longer than a line; it has the second in it.
_PARTS_OF_THE_ACT = ("電子署名等に係る", "地方公共団体情報システム機構の", "認証業務に関する", "法律")
NAMES = (
    "".join(_PARTS_OF_THE_ACT),
    "地方公共団体情報システム機構",
    "公的個人認証サービス",
)
_NAME = re.compile("|".join(NAMES))
_DATE = re.compile(r"\w+年[0-9]+月[0-9]+日（[0-9]+年[0-9]+月[0-9]+日）")
_YEAR_OF_AN_ERA = re.compile(r"\((?:Meiji|Taisho|Showa|Heisei|Reiwa) [0-9]+\)")


@register.filter
def japanese(text: object) -> SafeString:
    """The text, escaped, with Japanese words marked where the page speaks another language, else with the
    names in it that are not to be torn.
    """
    escaped = conditional_escape(str(text) if not isinstance(text, SafeString) else text)
    if (get_language() or "ja").startswith("ja"):
        return mark_safe(_NAME.sub(_whole, escaped))  # noqa: S308 (escaped above)
    years = _YEAR_OF_AN_ERA.sub(r'<span class="unbroken">\g<0></span>', escaped)
    return mark_safe(JAPANESE.sub(r'<span lang="ja">\g<0></span>', years))  # noqa: S308 (escaped above)


@register.filter
def is_prose(text: object) -> bool:
    """Whether it is words with stops between, which are cut between phrases, or a name or number, which is
    not: where it is longer than a line, a line would begin with the stop.
    """
    return any(stop in str(text) for stop in "。、")


@register.filter
def is_date(text: object) -> bool:
    """Whether it is a day in both calendars."""
    return _DATE.fullmatch(str(text)) is not None


def _whole(found: re.Match[str]) -> str:
    parts = "<wbr>".join(_PARTS_OF_THE_ACT) if found[0] == NAMES[0] else found[0]
    return f'<span class="whole">{parts}</span>'
