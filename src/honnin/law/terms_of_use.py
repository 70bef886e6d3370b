"""What the terms of use (利用者規約) name that no other module of the law decides on.

Their text stands where people read it (`honnin.console.published`); an application refers to its version.
"""

from datetime import date
from typing import Final

VERSION: Final = "2"
"""Of the text in both languages. Who changes it counts on, and keeps the new text (`tools.terms_version`):
an application names what was agreed to, and that stays readable."""
WRITTEN_ON: Final = date(2026, 11, 30)

KEY_BITS, SIGNATURE_ALGORITHM, DIGEST_ALGORITHM = 2048, "RSA", "SHA-256"
"""With what a signature is made (terms 11(2))."""
LONGEST_IMPRISONMENT_YEARS, HIGHEST_FINE_YEN = 5, 3_000_000
"""For a false application (terms 14, Act 73)."""
