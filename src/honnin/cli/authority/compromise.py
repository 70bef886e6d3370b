"""`honnin authority compromise …`: the leakage, loss or damage of an issuer's key, and what it ends."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from honnin.cli.authority.publishing import publish_and_sign
from honnin.cli.terminal.installation import present_user, start_django
from honnin.cli.terminal.options import json_fields, json_option, print_json
from honnin.cli.terminal.streams import done, say
from honnin.cli.terminal.words import _, display_name
from honnin.clock import SystemClock, day_in_japan
from honnin.law.terms import Compromise, Purpose

if TYPE_CHECKING:
    from honnin.agency.authority.models import IssuingKey, KeyCompromise

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
_purpose: Decorator = click.argument(
    "purpose", metavar="PURPOSE", type=click.Choice([purpose.value for purpose in Purpose])
)
_generation: Decorator = click.argument("generation", type=click.IntRange(1))
_kind: Decorator = click.argument(
    "kind", metavar="KIND", type=click.Choice([kind.value for kind in Compromise])
)
_by: Decorator = click.option(
    "--by", required=True, metavar="NAME", help="Who acts, by the name that is recorded."
)


@click.group("compromise")
def compromise() -> None:
    """An issuer's key that leaked, was lost or was damaged: everything that it signed is revoked.

    One person asks upon a forecast, another confirms the same forecast. From then on the key issues nothing.
    """


@compromise.command("forecast")
@_purpose
@_generation
@_kind
@json_fields("purpose", "generation", "kind", "good", "held", "digest")
def forecast(purpose: str, generation: int, kind: str, as_json: bool) -> None:
    """Show what recording a compromise would revoke; changes nothing.

    PURPOSE is signature or user_authentication, KIND is leakage, loss or damage.
    """
    start_django("agency")
    from honnin.agency.authority import compromise as services

    key = services.generation_of(Purpose(purpose), generation)
    foreseen = services.forecast(key, Compromise(kind), day_in_japan(SystemClock().now()))
    document = {"purpose": purpose, "generation": generation, "kind": kind, **vars(foreseen)}
    if as_json:
        print_json(document)
        return
    _say_forecast(document)
    say(_signing(key, kind))


@compromise.command("ask")
@_purpose
@_generation
@_kind
@_by
@json_fields("compromise")
def ask(purpose: str, generation: int, kind: str, by: str, as_json: bool) -> None:
    """Ask for the recording of a compromise upon its forecast; somebody else confirms it.

    Withdraws what was asked for before about the key and not confirmed.

    PURPOSE is signature or user_authentication, KIND is leakage, loss or damage.
    """
    start_django("agency")
    from honnin.agency.authority import compromise as services

    key = services.generation_of(Purpose(purpose), generation)
    asked = services.ask(key, Compromise(kind), by=by, actor=present_user(), at=SystemClock().now())
    done(_subject(asked))
    _print(asked, as_json=as_json)


@compromise.command("show")
@json_option
def show(as_json: bool) -> None:
    """Show what was asked for, what was confirmed, and how far the revocation is."""
    start_django("agency")
    from honnin.agency.authority.models import KeyCompromise

    found = KeyCompromise.objects.select_related("issuing_key").order_by("asked_at", "pk")
    if as_json:
        print_json([_document(each) for each in found])
        return
    for each in found:
        _say(each)


@compromise.command("confirm")
@_purpose
@_generation
@_by
@click.option("--digest", required=True, metavar="HEX", help="The digest of the forecast that you have seen.")
@json_fields("compromises", "published")
def confirm(purpose: str, generation: int, by: str, digest: str, as_json: bool) -> None:
    """Record the compromise that somebody else has asked for, and revoke everything that the key signed.

    Shows how far it is on the way, then publishes the lists and signs the journal. What is broken off goes on
    with `go-on`, and by itself while `honnin up` or `honnin chores` runs.

    PURPOSE is signature or user_authentication.
    """
    start_django("agency")
    from honnin.agency.authority import compromise as services

    key = services.generation_of(Purpose(purpose), generation)
    recorded = services.confirm(key, digest, by=by, actor=present_user(), at=SystemClock().now())
    done(_subject(recorded))
    _carry_out([recorded], as_json=as_json)


@compromise.command("go-on")
@json_fields("compromises", "published")
def go_on(as_json: bool) -> None:
    """Go on with a revocation that was broken off, then publish the lists and sign the journal."""
    start_django("agency")
    from honnin.agency.authority.compromise import unfinished

    _carry_out(list(unfinished()), as_json=as_json)


@compromise.command("withdraw")
@_purpose
@_generation
@_by
@json_fields("compromise")
def withdraw(purpose: str, generation: int, by: str, as_json: bool) -> None:
    """Take back what was asked for and not confirmed.

    PURPOSE is signature or user_authentication.
    """
    start_django("agency")
    from honnin.agency.authority import compromise as services

    key = services.generation_of(Purpose(purpose), generation)
    taken_back = services.withdraw(key, by=by, actor=present_user(), at=SystemClock().now())
    done(_subject(taken_back))
    _print(taken_back, as_json=as_json)


def _carry_out(found: "list[KeyCompromise]", *, as_json: bool) -> None:
    from honnin.agency.authority import compromise as services

    finished = []
    for each in found:
        progress = _Progress(each.good + each.held)
        finished.append(services.go_on(each, SystemClock(), actor=present_user(), progress=progress.say))
    for each in finished if not as_json else ():
        _say(each)
    publish_and_sign(as_json=as_json, compromises=[_document(each) for each in finished])


class _Progress:
    """Says how far it is, at most a hundred times."""

    def __init__(self, total: int) -> None:
        self._total, self._percent = max(total, 1), -1

    def say(self, present: "KeyCompromise") -> None:
        percent = min(100 * present.revoked // self._total, 100)
        if percent > self._percent:
            self._percent = percent
            words = _("revoked {revoked} of {total}")
            say(words.format(revoked=present.revoked, total=self._total), err=True)


def _document(found: "KeyCompromise") -> dict[str, Any]:
    key = found.issuing_key
    times = ("asked_at", "confirmed_at", "finished_at", "withdrawn_at")
    moments = {name: getattr(found, name) for name in times}
    return {
        "purpose": key.purpose,
        "generation": key.generation,
        "kind": found.kind,
        **{name: getattr(found, name) for name in ("good", "held", "digest", "revoked")},
        **{name: getattr(found, name) or None for name in ("asked_by", "confirmed_by", "withdrawn_by")},
        **{name: at.isoformat() if at else None for name, at in moments.items()},
    }


def _subject(found: "KeyCompromise") -> str:
    return str(found)


def _print(found: "KeyCompromise", *, as_json: bool) -> None:
    if as_json:
        print_json({"compromise": _document(found)})
    else:
        _say(found)


def _say(found: "KeyCompromise") -> None:
    document = _document(found)
    _say_forecast(document)
    say("  " + _("asked for by {asked_by}, {asked_at}").format(**document))
    if found.withdrawn_at:
        say("  " + _("withdrawn by {withdrawn_by}, {withdrawn_at}").format(**document))
    elif found.confirmed_at:
        say("  " + _("confirmed by {confirmed_by}, {confirmed_at}").format(**document))
        ended = _("all revoked: {revoked}, {finished_at}") if found.finished_at else _("revoked: {revoked}")
        say("  " + ended.format(**document))
        say("  " + _signing(found.issuing_key, found.kind))
    else:
        say("  " + _("waits for somebody else to confirm it"))
        say("  " + _signing(found.issuing_key, found.kind))


def _say_forecast(document: dict[str, Any]) -> None:
    kind, purpose = display_name(document["kind"]), display_name(document["purpose"])
    total = document["good"] + document["held"]
    named = document | {"kind": kind, "purpose": purpose, "total": total}
    say(_("{purpose} CA {generation}, {kind}").format(**named))
    say("  " + _("certificates: {total}, valid: {good}, on hold: {held}").format(**named))
    say("  " + _("digest {digest}").format(**named))


def _signing(key: "IssuingKey", kind: str) -> str:
    """What the key still signs after a compromise of a kind, and how long its responder answers."""
    from honnin.agency.authority.services import certificate_of_responder
    from honnin.law.certificates.compromise import may_sign_lists_with

    if may_sign_lists_with(Compromise(kind)) and may_sign_lists_with(_known(key)):
        return _("its lists and its responder's certificates are still signed with it, and nothing else")
    if key.responder_certificate is None:
        return _("nothing is signed with it any more: it has no list")
    until = certificate_of_responder(key).not_valid_after_utc.isoformat()
    words = _(
        "nothing is signed with it any more: its list is taken down; its responder answers until {until}"
    )
    return words.format(until=until)


def _known(key: "IssuingKey") -> Compromise | None:
    return Compromise(key.compromise) if key.compromise else None
