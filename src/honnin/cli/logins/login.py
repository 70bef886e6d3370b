"""`honnin login`: answer a relying party's challenge with the authentication key of a card."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from honnin.card.kinds.declaration import KeySlot
from honnin.cli.terminal.cards import card_option, inserted_card, reader_option
from honnin.cli.terminal.options import (
    json_fields,
    last_try_option,
    pin_option,
    present_language,
    print_json,
    require_writable,
)
from honnin.cli.terminal.output import is_stdout, write
from honnin.cli.terminal.streams import done, say
from honnin.cli.terminal.typed import ask_pin
from honnin.cli.terminal.words import _
from honnin.errors import between_sentences
from honnin.translation import message

NO_ORIGIN = message("{url} is not the address of a site that may ask for a login.")
NOT_SECURE = message("It must begin with https://; only a site on this machine may do without.")
NOT_ASCII = message("Give an international name in its ASCII form (xn--…), as the browser sends it.")


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
    say(_("Logging in to {origin}").format(origin=origin), err=True)
    with inserted_card(card, reader) as session:
        session.require_usable(KeySlot.AUTHENTICATION)
        pin = ask_pin(_("Authentication PIN"), more["pin_fd"])
        token = answer(nonce, origin, session, pin, use_last_try=more["use_last_try"])
    text = json.dumps(token, indent=2) + "\n"
    if out is not None:
        write(out, text.encode("utf-8"))
        done(str(out))
    elif not as_json:
        click.echo(text, nl=False)
    if as_json:
        print_json({"origin": origin, "file": out and str(out), "token": token})


def _origin(url: str) -> str:
    from honnin.profile.web_origin import DEFAULT_PORT, checked_origin

    if not url.strip():
        raise click.BadParameter(_("the address of the site is missing"), param_hint="URL")
    try:
        parts = urlsplit(url)
        usual = f":{DEFAULT_PORT.get(parts.scheme)}"  # left out, as browsers do
        return checked_origin(f"{parts.scheme}://{parts.netloc.lower().removesuffix(usual)}")
    except ValueError as error:
        sentences = [_(NO_ORIGIN).format(url=url)]
        if not url.lower().startswith("https://"):
            sentences.append(_(NOT_SECURE))
        if not url.isascii():
            sentences.append(_(NOT_ASCII))
        text = between_sentences(present_language()).join(sentences)
        raise click.BadParameter(text, param_hint="URL") from error
