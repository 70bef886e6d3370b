"""The catalogue of rules as data: what each clause says and what becomes of it.

Reads `clauses.toml` (the rules of the five public documents) and `act.toml` (articles that a function may
cite besides). It refuses a catalogue with a repeated id, an unknown word or a missing reason. It knows
nothing of functions and tests; `citation` and `tools/clauses_table.py` do.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal, get_args

from honnin.law.terms import Generation

Disposition = Literal["rule", "procedure", "text", "out"]

AREAS: Mapping[str, str] = MappingProxyType(
    {
        "GEN": "General, definitions, who runs what",
        "APP": "Application, identity documents, proxy",
        "EXM": "Examination, refusal, issue, quota, fees",
        "VAL": "Validity and the renewal window",
        "REV": "Revocation asked for by the user",
        "REVX": "Revocation by the Organisation, notice, publication",
        "HLD": "Temporary hold and release",
        "PIN": "Change, block and initialisation of a PIN",
        "KSK": "Reset at a kiosk with a reservation",
        "RNW": "Renewal: letter, in person, by proxy",
        "CARD": "The card: delivery, copies, reissue",
        "USE": "Use, algorithms, user equipment",
        "DIS": "Personal data, disclosure and correction",
        "OFC": "Certificates of office holders",
        "PUB": "Publication, terms, suspension, liability, duties",
        "CAL": "Call centre",
    }
)


@dataclass(frozen=True, kw_only=True)
class Clause:
    """One rule: its id, whom it binds, what it says in one sentence, and where it is written.

    `awaits`: what no room brings yet, where the law's function is asked and never reaches this rule without
    it. `tests/law/catalogue/test_awaited.py` sees to it that no room does. `lacks`: the part of
    the rule that no room comes to, where the rest is reached. `kept_by`: what keeps it in a room that does
    not know the law.
    `shown`, `words`: the file that shows a text, and the words by which a test finds it there.
    """

    id: str
    area: str
    generation: Generation
    who: str
    rule: str
    clause: str
    disposition: Disposition
    reason: str = ""
    awaits: str = ""
    lacks: str = ""
    kept_by: str = ""
    shown: str = ""
    words: str = ""


def clause_from(entry: Mapping[str, str]) -> Clause:
    """One entry of `clauses.toml`. Raises ValueError when a word is unknown or a reason is missing."""
    clause = Clause(**{**entry, "generation": Generation(entry["generation"])})  # type: ignore[arg-type]
    if clause.area not in AREAS:
        raise ValueError(f"{clause.id}: unknown area {clause.area}")
    if clause.disposition not in get_args(Disposition):
        raise ValueError(f"{clause.id}: unknown disposition {clause.disposition}")
    if (clause.disposition == "out") != bool(clause.reason):
        raise ValueError(f"{clause.id}: a rule left out, and only such a rule, says why")
    carried_out = clause.disposition in ("rule", "procedure")
    if (clause.awaits or clause.lacks or clause.kept_by) and not carried_out:
        raise ValueError(f"{clause.id}: only what is carried out can await or lack something")
    if clause.awaits and clause.lacks:
        raise ValueError(f"{clause.id}: what awaits something is not reached, so no part of it is")
    if bool(clause.shown) != bool(clause.words) or (clause.shown and clause.disposition != "text"):
        raise ValueError(f"{clause.id}: a text that is shown, and only a text, says where and by which words")
    return clause


def by_id(entries: list[dict[str, str]]) -> Mapping[str, Clause]:
    """Clauses by id, in the order of the file. Raises ValueError for an id used twice."""
    clauses: dict[str, Clause] = {}
    for entry in entries:
        clause = clause_from(entry)
        if clause.id in clauses:
            raise ValueError(f"clause id used twice: {clause.id}")
        clauses[clause.id] = clause
    return MappingProxyType(clauses)


@cache
def clauses() -> Mapping[str, Clause]:
    """All rules of the catalogue by id (`{"S4-5.1": Clause(…), …}`)."""
    return by_id(_read("clauses.toml")["clause"])


@cache
def articles() -> Mapping[str, str]:
    """Articles that may be cited beside the catalogue (`{"act/5": "one sentence", …}`)."""
    return MappingProxyType(_read("act.toml")["articles"])


def is_known(citation: str) -> bool:
    """Whether a citation names a clause of the catalogue or a listed article."""
    return citation in clauses() or citation in articles()


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("honnin.law").joinpath(name).read_text("utf-8"))
