"""The name of a staff account as it is kept and compared: one form, however it was typed.

An input method writes full-width letters, a copied name brings spaces along: neither makes another account,
and neither begins a new count of failures.
"""

import unicodedata

from honnin.errors import Malformed

LONGEST = 150
"""Characters of a normalised name: as many as the column of the accounts has."""

# What is drawn as nothing and is no control character (Unicode's Default_Ignorable_Code_Point and the
# blanks).
_UNSEEN = frozenset(
    map(
        chr,
        (
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x2800, 0x3164, 0xFFA0),
            *(*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0000, 0xE1000)),
        ),
    )
)


def account_name(typed: str) -> str:
    """NFKC, without white space and what is not seen, small letters where there are two. Idempotent."""
    name = typed
    while (folded := _folded(name)) != name:  # what was taken out can bring together what then combines
        name = folded
    return name


def require_account_name(typed: str) -> str:
    """What may be the name of an account, as it is kept. Raises Malformed E_ACCOUNT_NAME."""
    name = account_name(typed)
    if not 0 < len(name) <= LONGEST or not is_seen(typed):
        raise Malformed("E_ACCOUNT_NAME")
    return name


def is_seen(typed: str) -> bool:
    """Whether a name is as it looks: nothing but spaces is left out of it."""
    return not any(_is_unseen(each) for each in typed if unicodedata.category(each) != "Zs")


def _folded(name: str) -> str:
    seen = "".join(character for character in name if not _is_unseen(character))
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character)[0] in "CZ" or character in _UNSEEN
