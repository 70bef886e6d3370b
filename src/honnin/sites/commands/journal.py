"""`honnin journal …`: the append-only journal of the agency."""

import sys

import click

from honnin.sites.commands.options import json_option, print_json, start_django


@click.group()
def command() -> None:
    """The journal of every act."""


@command.command("verify")
@json_option
def verify(as_json: bool) -> None:
    """Prove that no entry was changed, inserted, removed or cut off; exits 6 where one was."""
    start_django()
    from honnin.agency.authority.services import authority
    from honnin.agency.records.journal import verify as verify_journal

    proof = verify_journal(authority().keys.journal_key().public_key())
    if as_json:
        faults = list(proof.faults)
        print_json({"entries": proof.entries, "signed_heads": proof.signed_heads, "faults": faults})
    else:
        for fault in proof.faults:
            click.echo(fault)
        verdict = "FAULTS FOUND" if proof.faults else "whole"
        click.echo(f"{proof.entries} entries, {proof.signed_heads} signed heads: {verdict}")
    sys.exit(6 if proof.faults else 0)
