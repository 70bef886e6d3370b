"""`honnin journal …`: the append-only journal of the agency."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from honnin.clock import SystemClock
from honnin.sites.commands import journal_looks
from honnin.sites.commands.options import (
    json_option,
    present_language,
    present_user,
    print_json,
    start_django,
)

if TYPE_CHECKING:
    from honnin.journal.proof import Proof


WORDS = {
    "sum": {
        "ja": "運用記録 {entries} 件、署名 {heads} 件: {verdict}",
        "en": "{entries} entries, {heads} signed heads: {verdict}",
    },
    "faults": {"ja": "不一致が見つかりました", "en": "FAULTS FOUND"},
    "whole": {"ja": "完全です", "en": "whole"},
    "believed": {
        "ja": "{believed} 件目で署名を始め直しています",
        "en": "heads begun anew at entry {believed}",
    },
    "signed": {"ja": "{proved} 件目まで署名済み", "en": "signed up to entry {proved}"},
    "set_back": {
        "ja": "{name} の運用記録の {sequence} 件目の前に、時計が {before} から {recorded_at} に戻されています"
        "（不一致ではありません）",
        "en": "before entry {sequence} of the {name}'s journal the clock was set back from {before} to"
        " {recorded_at} (no fault)",
    },
    "and": {"ja": "、", "en": ", "},
}


@click.group()
def command() -> None:
    """The journal of every act."""


command.add_command(journal_looks.command)


@command.command("verify")
@click.option(
    "--heads",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
    help="A copy of journal-heads.jsonl that was kept elsewhere.",
)
@json_option
def verify(heads: Path | None, as_json: bool) -> None:
    """Prove the journal against its chain and its signed heads; exits 6 where they disagree.

    Up to the last signed head, whatever was changed, inserted, removed or cut off is found if either the
    database or journal-heads.jsonl was left alone; if both were altered, or somebody had the journal's key,
    it takes --heads with a copy of that file. What is not found: a new act that somebody wrote into the
    database in the way this software does, and anything that was altered before it was signed.
    """
    start_django()
    from honnin.agency.status.services import prove_journal

    proof = prove_journal(heads)
    _say_set_back()
    if as_json:
        print_json(asdict(proof))
    else:
        for fault in proof.faults:
            click.echo(fault)
        told = {"entries": proof.entries, "heads": proof.signed_heads, "verdict": _verdict(proof)}
        click.echo(WORDS["sum"][present_language()].format(**told))
    sys.exit(6 if proof.faults else 0)


@command.command("begin-heads")
def begin_heads() -> None:
    """Begin journal-heads.jsonl anew, after it was lost or the records were restored from a copy.

    From then on the journal is believed as it is now. The former file is put aside, the journal tells who
    did it, and honnin journal verify says up to which entry nothing older speaks for the journal.
    """
    start_django()
    from honnin.agency.status.services import begin_journal_heads

    former = begin_journal_heads(SystemClock(), actor=present_user())
    if former:
        click.echo(str(former))


def _say_set_back() -> None:
    """On stderr, for it is no result of the proof."""
    from honnin.agency.records.journal import JOURNAL as AGENCY_JOURNAL
    from honnin.journal.set_back import set_back
    from honnin.municipality.records.journal import JOURNAL as MUNICIPALITY_JOURNAL

    for name, journal in (("agency", AGENCY_JOURNAL), ("municipality", MUNICIPALITY_JOURNAL)):
        for each in set_back(journal):
            click.echo(WORDS["set_back"][present_language()].format(name=name, **asdict(each)), err=True)


def _verdict(proof: "Proof") -> str:
    language = present_language()
    said = [WORDS["faults" if proof.faults else "whole"][language]]
    if proof.believed and not proof.faults:
        said.append(WORDS["believed"][language].format(believed=proof.believed))
    if proof.proved < proof.entries and not proof.faults:
        said.append(WORDS["signed"][language].format(proved=proof.proved))
    return WORDS["and"][language].join(said)
