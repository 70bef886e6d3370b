"""`honnin login`: answer a relying party's challenge with the authentication key of a card."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from honnin.sites.commands.options import (
    ask_pin,
    card_option,
    inserted_card,
    json_fields,
    last_try_option,
    pin_option,
    print_json,
    reader_option,
    require_writable,
)
from honnin.sites.commands.output import is_stdout, write
from honnin.sites.commands.words import _


@click.command()
@click.argument("url")
@click.option("--nonce", required=True, help="The challenge that the relying party gave.")
@card_option
@reader_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the token to a file.")
@last_try_option
@pin_option
@json_fields("origin", "file", "token")
def command(
    url: str,
    nonce: str,
    card: str | None,
    reader: str | None,
    out: Path | None,
    *,
    as_json: bool,
    **more: Any,
) -> None:
    """Make a Web eID authentication token (RS256) for the site at URL.

    The token is bound to the site's origin and to the nonce: it is of no use anywhere else, nor twice.
    """
    from honnin.citizen.login import answer, checked_nonce

    origin = _origin(url)
    checked_nonce(nonce)
    if as_json and out is not None and is_stdout(out):
        raise click.UsageError(_("--json prints to stdout, where --out writes the token"))
    if out is not None and not is_stdout(out):
        require_writable(out)
    click.echo(_("Logging in to {origin}").format(origin=origin), err=True)
    with inserted_card(card, reader) as session:
        pin = ask_pin(_("Authentication PIN"), more["pin_fd"])
        token = answer(nonce, origin, session, pin, use_last_try=more["use_last_try"])
    text = json.dumps(token, indent=2) + "\n"
    if out is not None:
        write(out, text.encode("utf-8"))
    elif not as_json:
        click.echo(text, nl=False)
    if as_json:
        print_json({"origin": origin, "file": out and str(out), "token": token})


def _origin(url: str) -> str:
    from honnin.verifier.login import DEFAULT_PORT, checked_origin

    try:
        parts = urlsplit(url)
        usual = f":{DEFAULT_PORT.get(parts.scheme)}"  # left out, as browsers do
        return checked_origin(f"{parts.scheme}://{parts.netloc.lower().removesuffix(usual)}")
    except ValueError as error:
        said = _("{url} is not the address of a site that may ask for a login").format(url=url)
        raise click.UsageError(said) from error
