"""Writes docs/reference/errors.md from the catalogue of errors; `--check` exits 1 when it is outdated."""

import sys
from pathlib import Path

from honnin.errors import KINDS, PARTS, catalogue
from honnin.translation import gettext

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "errors.md"
NEXT = {
    "refused": ("the law says no; all reasons are given", 422, 3),
    "not_allowed": ("not you", 403, 4),
    "malformed": ("the bytes or fields are wrong", 400, 5),
    "untrusted": ("a proof fails", 403, 6),
    "conflict": ("the world moved: look again", 409, 7),
    "unavailable": ("later", 503, 8),
    "card_error": ("the card said no, or went away", 409, 9),
}


def page() -> str:
    """The whole page as Markdown."""
    lines = [
        "# Errors",
        "",
        "Made from `src/honnin/errors.toml` by `make tables`. Every error has a stable code, a cause, a next",
        "step, and someone to call; no message holds personal data.",
        "",
        "## Kinds",
        "",
        "| kind | what it means | HTTP status | exit code |",
        "|---|---|---|---|",
    ]
    for kind in KINDS:
        meaning, status, exit_code = NEXT[kind.kind]
        lines.append(f"| `{kind.__name__}` | {meaning} | {status} | {exit_code} |")
    lines += ["", "## Codes", "", "| code | cause | next step | whom to call |", "|---|---|---|---|"]
    for code, sentences in sorted(catalogue().items()):
        lines.append(f"| `{code}` | {' | '.join(sentences[part] for part in PARTS)} |")
        lines.append(f"|  | {' | '.join(gettext(sentences[part], 'ja') for part in PARTS)} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    if "--check" in sys.argv:
        if PAGE.exists() and PAGE.read_text("utf-8") == page():
            return 0
        print("docs/reference/errors.md is out of date; run: make tables")
        return 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
