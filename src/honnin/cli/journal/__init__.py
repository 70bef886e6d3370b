"""`honnin journal …`: the append-only journals of the roles."""

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from honnin.cli.journal import looks as journal_looks
from honnin.cli.terminal.installation import present_user, start_django
from honnin.cli.terminal.options import json_fields, json_option, print_json
from honnin.cli.terminal.streams import done, print_name, say
from honnin.cli.terminal.words import _, in_present_language
from honnin.clock import SystemClock
from honnin.journal.head import read_public_key
from honnin.sites.roles import role_named, with_journals
from honnin.translation import Sentence, message

if TYPE_CHECKING:
    from honnin.journal.proof import Proof


ROLES = with_journals()
WORDS = {
    "sum": message("{role}: {entries} entries, {heads} signed heads: {verdict}"),
    "faults": message("FAULTS FOUND"),
    "whole": message("whole"),
    "believed": message("heads begun anew at entry {believed}"),
    "rows": message("records accepted as they were at entry {believed}"),
    "signed": message("signed up to entry {proved}"),
    "set_back": message(
        "before entry {sequence} of the {name}'s journal the clock was set back from {before} to "
        "{recorded_at} (no fault)"
    ),
    "and": message(", "),
    "read": message("{role}: {read} of {of} entries read"),
    "of_other": message(
        "{file} holds heads of another journal ({role}): name that with --role, or leave --role out"
    ),
    "published": message(
        "The {role}'s key cannot be read: heads were verified with {file}. If you have the public key "
        "from elsewhere, name it with --key. Rows cannot be compared without the key."
    ),
}
_file = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group()
def command() -> None:
    """The journal of every act, of each role."""


command.add_command(journal_looks.command)


@command.command("verify")
@click.option("--role", type=click.Choice(ROLES), help="One role's journal only.")
@click.option(
    "--heads",
    type=_file,
    help="A copy of journal-heads.jsonl, or of municipality-journal-heads.jsonl, that was kept elsewhere.",
)
@click.option("--key", type=_file, help="The public key that signed the heads, kept elsewhere; with --role.")
@json_option
def verify(role: str | None, heads: Path | None, key: Path | None, as_json: bool) -> None:
    """Prove the journals against their chains and their signed heads; exits 6 where they disagree.

    Up to the last signed head, whatever was changed, inserted, removed or cut off is found if either the
    database or the file of heads was left alone; if both were altered, or somebody had the journal's key,
    it takes --heads with a copy of that file. Whether an entry that no head was signed over yet was written
    with the journal's key, and whether the records are what it says, honnin status audit compares.

    Writes nothing: a copy on a read-only medium can be verified, and without any key but the public ones
    (journal-key.pem, municipality-journal-key.pem).
    """
    if key and not role:
        raise click.UsageError(_("--key belongs to one role: name it with --role"))
    public = _public_key(key) if key else None
    start_django(*_named(role), only_reading=True)
    from honnin.sites.journals import JOURNALS, prove, published_keys_used, role_of

    whose = role_of(heads) if heads else None
    if role and whose and whose != role:
        problem = _(WORDS["of_other"]).format(file=heads, role=_title(whose))
        raise click.BadParameter(problem, param_hint="--heads")
    of_copy = heads and (role or whose or next(iter(JOURNALS)))
    faults = False
    proofs: dict[str, Any] = {}
    for each in _named(role) or JOURNALS:
        kept = heads if each == of_copy else None
        proof = prove(each, kept, key=public, report=_reported(each))
        faults |= bool(proof.faults)
        proofs[each] = asdict(proof)
        if not as_json:
            _print(each, proof)
    _warn_of_clock_set_back([each for each, proof in proofs.items() if not proof["faults"]])
    if as_json:
        print_json(proofs)
    for each, file in {} if public else published_keys_used().items():
        if each in proofs:
            warning = _(WORDS["published"]).format(role=_title(each), file=file.name)
            say(warning, err=True)
    sys.exit(6 if faults else 0)


@command.command("begin-heads")
@click.option("--role", type=click.Choice(ROLES), default=ROLES[0], show_default=True)
@json_fields("role", "former")
def begin_heads(role: str, *, as_json: bool) -> None:
    """Begin a role's file of heads anew, after it was lost or the records were restored from a copy.

    From then on the journal is accepted as it is now. The former file is put aside, the journal tells who
    did it, and honnin journal verify says up to which entry nothing older speaks for the journal.
    """
    start_django(role)
    from honnin.sites.journals import begin

    former = begin(role, SystemClock(), actor=present_user())
    done(str(former or role))
    if as_json:
        print_json({"role": role, "former": former and str(former)})
    elif former:
        print_name(former)


@command.command("bind-rows")
@click.option("--role", type=click.Choice(ROLES), help="One role's records only.")
@json_fields("roles")
def bind_rows(role: str | None, *, as_json: bool) -> None:
    """Accept the records as they are, where the journal does not tell how they came to be so.

    For an installation whose first entries come from a version that did not tell what an act wrote, and after
    records were restored from a copy. From then on honnin status audit compares them with the journal. The
    journal tells who accepted them, and honnin journal verify from which entry on.
    """
    start_django(*_named(role))
    from honnin.journal.row_acceptance import accept_rows
    from honnin.sites.journals import JOURNALS

    roles = _named(role) or tuple(JOURNALS)
    for each in roles:
        accept_rows(JOURNALS[each], SystemClock().now(), actor=present_user())
    done(*roles)
    if as_json:
        print_json({"roles": roles})


def _title(role: str) -> str:
    return _(role_named(role).title)


def _named(role: str | None) -> tuple[str, ...]:
    return (role,) if role else ()


def _warn_of_clock_set_back(roles: list[str]) -> None:
    """On stderr, for it is no result of the proof."""
    from honnin.journal.clock_set_back import set_back
    from honnin.sites.journals import JOURNALS

    for role in roles:
        for each in set_back(JOURNALS[role]):
            say(_(WORDS["set_back"]).format(name=_title(role), **asdict(each)), err=True)


def _public_key(file: Path) -> Any:
    key = read_public_key(file)
    if key is None:
        problem = _("{file} holds no public key (Ed25519, in PEM or DER)").format(file=file)
        raise click.BadParameter(problem, param_hint="--key")
    return key


def _reported(role: str) -> Callable[[int, int], None]:
    """Shows the progress, at a terminal alone."""
    if not sys.stderr.isatty():
        return lambda read, of: None

    def report(read: int, of: int) -> None:
        progress = _(WORDS["read"]).format(role=_title(role), read=read, of=of)
        click.echo(f"\r{progress}\x1b[K", nl=read == of, err=True)

    return report


def _print(role: str, proof: "Proof") -> None:
    name = _title(role)
    for fault in proof.faults:
        say(in_present_language(Sentence("{name}: {fault}", name=name, fault=fault)))
    values = {"role": name, "entries": proof.entries, "heads": proof.signed_heads, "verdict": _verdict(proof)}
    say(_(WORDS["sum"]).format(**values))


def _verdict(proof: "Proof") -> str:
    parts = [_(WORDS["faults" if proof.faults else "whole"])]
    if proof.believed and not proof.faults:
        parts.append(_(WORDS["believed"]).format(believed=proof.believed))
    if proof.rows_believed and not proof.faults:
        parts.append(_(WORDS["rows"]).format(believed=proof.rows_believed))
    if proof.proved < proof.entries and not proof.faults:
        parts.append(_(WORDS["signed"]).format(proved=proof.proved))
    return _(WORDS["and"]).join(parts)
