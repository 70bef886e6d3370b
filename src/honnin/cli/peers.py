"""`honnin peers …`: who may speak to the agency from another machine, and the agency's end of those lines."""

import re
from pathlib import Path
from typing import Any

import click

from honnin.cli.terminal.installation import start_django
from honnin.cli.terminal.options import json_fields, json_option, naming, print_json
from honnin.cli.terminal.output import is_stdout, write
from honnin.cli.terminal.stopping import on_stop_signal
from honnin.cli.terminal.streams import print_name, say
from honnin.cli.terminal.words import FileName, _
from honnin.cli.terminal.wrong import Wrong
from honnin.clock import SystemClock
from honnin.errors import Conflict, HonninError, Malformed
from honnin.identifiers import MunicipalityCode
from honnin.sites.home import present_home
from honnin.sites.lines import joined
from honnin.sites.privacy import private_home
from honnin.sites.roles import plays
from honnin.translation import Sentence, message
from honnin.widths import half_width
from honnin.wire.invitations import read, written
from honnin.wire.line import Party
from honnin.wire.peers import ROLES, Peer, Peers

PORT = 8603
_ADDRESS = re.compile(r"https://[^\s/?#@]+/?\Z")
_FINGERPRINT = re.compile(r"[0-9A-Fa-f:]{1,95}\Z")
ROLE_WORDS = {
    "municipality": message("municipality"),
    "kiosk": message("kiosk"),
    "relying_parties": message("relying parties"),
}


@click.group()
def command() -> None:
    """Who may speak to the agency from another machine, and its end of those lines."""


@command.command("init")
@json_fields("folder")
def init(*, as_json: bool) -> None:
    """Make the authority of the lines, once; it has nothing to do with the authorities of the Act."""
    home = present_home()
    peers = Peers(home.peers)
    peers.init(SystemClock().now())
    if as_json:
        print_json({"folder": str(home.peers)})
    else:
        print_name(home.peers)


@command.command("invite")
@click.argument("role", metavar="ROLE", type=click.Choice(ROLES))
@click.argument("out", metavar="FILE", type=FileName())
@click.option("--code", "code", metavar="CODE", help="The municipality's code (five digits).")
@click.option(
    "--address",
    default=f"https://127.0.0.1:{PORT}",
    show_default=True,
    metavar="URL",
    help="Where the agency's end answers.",
)
@json_fields("role", "municipality_code", "file")
def invite(role: str, out: str, code: str | None, address: str, *, as_json: bool) -> None:
    """Admit a party, and write what it needs to FILE: address, certificate and key.

    Whoever has the file speaks for the party: bring it there by a safe way, and keep no copy.
    """
    wrong, path = Wrong(), Path(out)
    party = wrong.unless(lambda: _party(role, code)) or Party(role)
    if not _ADDRESS.match(address):
        wrong.note(
            click.BadParameter(_("it is no address of the form https://HOST:PORT"), param_hint="--address")
        )
    if path.exists() and not is_stdout(path):
        wrong.note(click.BadParameter(_("it is there already"), param_hint="FILE"))
    wrong.require_none()
    peers = Peers(present_home().peers)
    invitation = peers.invite(party, address, SystemClock().now())
    try:
        write(path, written(invitation))
    except HonninError:
        peers.revoke(invitation.fingerprint)  # nobody has its key
        raise
    if as_json:
        print_json({"role": role, "municipality_code": party.municipality_code, "file": out})
    elif not is_stdout(path):
        print_name(out)


@command.command("list")
@json_option
def list_peers(*, as_json: bool) -> None:
    """List all that were admitted: party, fingerprint, until when, and whether it was revoked."""
    found = list(Peers(present_home().peers))
    if as_json:
        print_json([_fields(peer) for peer in found])
        return
    for peer in found:
        state = _("revoked") if peer.revoked else _("until {day}").format(day=f"{peer.not_after:%Y-%m-%d}")
        say("  ".join((_words(peer.party), peer.fingerprint, state)))


@command.command("revoke")
@click.argument("fingerprint", metavar="FINGERPRINT")
@json_fields("role", "municipality_code", "fingerprint", "not_after", "revoked")
def revoke(fingerprint: str, *, as_json: bool) -> None:
    """Let a certificate speak for nobody any more, from its next request on.

    FINGERPRINT is the one of honnin peers list, or its beginning.
    """
    if not _FINGERPRINT.match(half_width(fingerprint)):
        problem = _(
            "it is no beginning of a fingerprint: hexadecimal digits, as honnin peers list prints them"
        )
        raise click.BadParameter(problem, param_hint="FINGERPRINT")
    with naming(fingerprint):
        peer = Peers(present_home().peers).revoke(half_width(fingerprint))
    if as_json:
        print_json(_fields(peer))
    else:
        say(f"{_words(peer.party)}  {peer.fingerprint}  {_('revoked')}")


@command.command("join")
@click.argument("file", metavar="FILE", type=FileName())
@json_fields("role", "municipality_code", "address", "file")
def join(file: str, *, as_json: bool) -> None:
    """Speak to the agency by the invitation in FILE from now on, as the party that it names.

    It is kept in this installation, where one of the same party before is replaced; destroy FILE after that.
    """
    if plays("agency"):
        raise Conflict("E_AGENCY_HERE")
    with naming(Path(file)):
        invitation = joined.proved(read(Path(file)))
        if not plays(invitation.role):
            raise Malformed(
                "E_ROLE_NOT_PLAYED", role=Sentence(ROLE_WORDS.get(invitation.role, invitation.role))
            )
        kept = joined.join(private_home().lines, invitation)
    if as_json:
        role, code = invitation.role, invitation.party.municipality_code
        fields = {"role": role, "municipality_code": code, "address": invitation.address}
        print_json(fields | {"file": str(kept)})
    else:
        print_name(kept)


@command.command("serve")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=PORT, show_default=True, help="Where it listens."
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="The address of this machine to listen at."
)
@json_fields("address", one_line=True)
def serve(port: int, host: str, *, as_json: bool) -> None:
    """Answer the lines of all peers, until Ctrl-C."""
    start_django("agency")
    from honnin.sites.lines.served import agency_end

    server = agency_end(Peers(present_home().peers), port, host)
    address = f"https://{host}:{port}"
    if as_json:
        print_json({"address": address})
    else:
        say(_("the agency answers its peers at {address}. Ctrl-C stops.").format(address=address))

    def stop(_number: int) -> None:
        server.should_exit = True

    with on_stop_signal(stop):
        server.run()


def _party(role: str, code: str | None) -> Party:
    """A kiosk may stand in a municipality. Raises click.UsageError where a code is missing or too many."""
    if (role == "municipality" and code is None) or (role == "relying_parties" and code is not None):
        raise click.UsageError(_("a municipality needs a --code, a kiosk may have one, others have none"))
    parsed = MunicipalityCode.parse(code) if code is not None else None
    if code is not None and parsed is None:
        raise click.BadParameter(_("five digits"), param_hint="--code")
    return Party(role, parsed)


def _words(party: Party) -> str:
    return " ".join((_(ROLE_WORDS[party.role]), party.municipality_code or "")).strip()


def _fields(peer: Peer) -> dict[str, Any]:
    return {
        "role": peer.party.role,
        "municipality_code": peer.party.municipality_code,
        "fingerprint": peer.fingerprint,
        "not_after": peer.not_after.isoformat(),
        "revoked": peer.revoked,
    }
