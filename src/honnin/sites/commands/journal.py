"""`honnin journal …`: the append-only journal of the agency."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from honnin.sites.commands.options import json_option, present_language, print_json, start_django

if TYPE_CHECKING:
    from honnin.agency.records.proof import Proof


WORDS = {
    "sum": {
        "ja": "運用記録 {entries} 件、署名 {heads} 件: {verdict}",
        "en": "{entries} entries, {heads} signed heads: {verdict}",
    },
    "faults": {"ja": "不一致が見つかりました", "en": "FAULTS FOUND"},
    "whole": {"ja": "完全です", "en": "whole"},
    "signed": {"ja": "完全です（{proved} 件目まで署名済み）", "en": "whole, signed up to entry {proved}"},
}


@click.group()
def command() -> None:
    """The journal of every act."""


@command.command("verify")
@click.option(
    "--heads",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
    help="A copy of journal-heads.jsonl that was kept elsewhere.",
)
@json_option
def verify(heads: Path | None, as_json: bool) -> None:
    """Prove the journal against its chain and its signed heads; exits 6 where they disagree.

    Changed, inserted, removed and cut off entries are found up to the last signed head, by whomever the
    database was altered. Who also holds the journal's key and journal-heads.jsonl could sign another journal:
    keep copies of that file elsewhere and give one with --heads.
    """
    start_django()
    from honnin.agency.status.services import prove_journal

    proof = prove_journal(heads)
    if as_json:
        print_json(asdict(proof))
    else:
        for fault in proof.faults:
            click.echo(fault)
        told = {"entries": proof.entries, "heads": proof.signed_heads, "verdict": _verdict(proof)}
        click.echo(WORDS["sum"][present_language()].format(**told))
    sys.exit(6 if proof.faults else 0)


def _verdict(proof: "Proof") -> str:
    word = "faults" if proof.faults else "signed" if proof.proved < proof.entries else "whole"
    return WORDS[word][present_language()].format(proved=proof.proved)
