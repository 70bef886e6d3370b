"""Keeps the present version of the terms of use, so that it can be read after it was amended.

Whoever changes their text counts `honnin.law.terms_of_use.VERSION` on, runs this, and pins the digest in
`tests/console/published/test_published.py`. A version that is kept already is never written again.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "honnin.sites.settings")

import django

django.setup()

from honnin.console.published import versions  # noqa: E402
from honnin.law.terms_of_use import VERSION  # noqa: E402


def main() -> int:
    path = Path(versions.__file__).parent / "versions" / f"{VERSION}.json"
    if path.exists():
        print(f"version {VERSION} of the terms of use is kept already: {path}")
        return 1
    path.parent.mkdir(exist_ok=True)
    path.write_text(versions.to_keep(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
