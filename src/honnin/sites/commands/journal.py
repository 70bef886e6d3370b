"""`honnin journal …`: the append-only journal of the agency."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from honnin.sites.commands.options import json_option, print_json, start_django

if TYPE_CHECKING:
    from honnin.agency.records.proof import Proof


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
        click.echo(f"{proof.entries} entries, {proof.signed_heads} signed heads: {_verdict(proof)}")
    sys.exit(6 if proof.faults else 0)


def _verdict(proof: "Proof") -> str:
    if proof.faults:
        return "FAULTS FOUND"
    return "whole" + (f", signed up to entry {proof.proved}" if proof.proved < proof.entries else "")
