"""Rollover: an authority gets its next generation, with the same name and another key.

The new key and the one before certify each other (RFC 4210, 4.4), so that whoever trusts one of them can come
to trust the other; not where the one before is compromised, for whoever has it can certify any key. No
generation is ended here: those before go on answering for what they issued (`queries.keys_in_service`), they
only issue nothing more. When it is time for a rollover is the operator's to say.
"""

import hashlib
from collections.abc import Collection, Iterator
from datetime import datetime

from django.db import transaction

from honnin.agency.authority.models import IssuingKey
from honnin.agency.authority.queries import certificate_of, generations
from honnin.agency.authority.services import (
    authority,
    certified_responder,
    certify_root,
    drafted_generation,
    next_serial_number,
    numbers_taken,
    record_opening,
    record_responder,
    responder_key_name,
)
from honnin.agency.records.journal import DATABASE, Act, append
from honnin.agency.records.models import IssuanceRecord
from honnin.clock import Clock, day_in_japan
from honnin.errors import Conflict, Unavailable
from honnin.identifiers import SerialNumber
from honnin.journal.binding import Written
from honnin.law.terms import Purpose
from honnin.profile import certification_authority
from honnin.profile.issuance import Particulars, Validity
from honnin.profile.layout import Kind
from honnin.translation import Sentence

LINKED = "link CA"  # as the journal calls the act
# Issuing takes its numbers in this order too, so that the two never wait for each other.
_IN_ORDER = (Purpose.USER_AUTHENTICATION, Purpose.SIGNATURE)


def roll_over(
    purposes: Collection[Purpose], clock: Clock, *, actor: str = "ceremony", after: int | None = None
) -> list[IssuingKey]:
    """Open the next generation of each CA, with both link certificates and a responder: of all or of none.

    From then on it alone issues. `after` names the generation to follow. Raises Unavailable
    E_AUTHORITY_NOT_OPEN, and Conflict E_ROLLED_OVER for whoever asks twice: where another generation is the
    newest than `after`, or, when nothing is named, the newest came by a rollover and has issued nothing yet.
    """
    at = clock.now()
    pairs = [(old, _drafted(old, at)) for old in [_to_follow(p, after) for p in _IN_ORDER if p in purposes]]
    with transaction.atomic(using=DATABASE):
        numbers = [_open(old, new) for old, new in pairs]
        # The journal's lock comes after that of the numbers, for every act.
        for (old, new), last in zip(pairs, numbers, strict=True):
            _record(old, new, actor, numbers_taken(Purpose(new.purpose), last))
    return [new for _, new in pairs]


def _to_follow(purpose: Purpose, after: int | None) -> IssuingKey:
    newest = generations(purpose).first()
    if newest is None:
        raise Unavailable("E_AUTHORITY_NOT_OPEN", purpose=purpose)
    if after is not None:
        if newest.generation != after:
            raise _asked_twice(newest)
        return newest
    since = certificate_of(newest).serial_number
    issued = IssuanceRecord.objects.filter(purpose=purpose, serial_number__gt=since)
    if newest.generation > 1 and not newest.compromise and not issued.exists():
        raise _asked_twice(newest)
    return newest


def _asked_twice(newest: IssuingKey) -> Conflict:
    return Conflict("E_ROLLED_OVER", purpose=Sentence(newest.purpose), generation=newest.generation)


def _drafted(old: IssuingKey, at: datetime) -> IssuingKey:
    """The next generation with its keys in custody, certified by nobody yet."""
    new = drafted_generation(Purpose(old.purpose), old.generation + 1, at)
    new.responder_key_name = responder_key_name(new, at)
    authority().keys.create(new.responder_key_name)
    return new


def _open(old: IssuingKey, new: IssuingKey) -> SerialNumber:
    """Certify and keep the next generation; returns the last number that was taken for it."""
    at = new.opened_at
    certify_root(new)  # takes a number, and with it the lock under which generations are numbered
    newest = generations(Purpose(new.purpose))[0]
    if newest.generation != old.generation:
        raise _asked_twice(newest)
    if at <= certificate_of(old).not_valid_after_utc and not newest.compromise:
        new.new_with_old = _link(old, new, at)
        new.old_with_new = _link(new, old, at)
    responder_key = authority().keys.load(new.responder_key_name).public_key()
    new.responder_certificate, last = certified_responder(new, responder_key, at)
    new.save(force_insert=True)
    return last


def _link(signing: IssuingKey, certified: IssuingKey, at: datetime) -> bytes:
    """A certificate (DER) by one generation for the key of the other, until the first of them ends."""
    office, other = authority(), certificate_of(certified)
    issuer = office.issuer_of(signing)
    last = min(issuer.certificate.not_valid_after_utc, other.not_valid_after_utc)
    public_key = office.keys.load(certified.key_name).public_key()
    number = next_serial_number(issuer.purpose)
    particulars = Particulars(number, public_key, Validity(at, day_in_japan(last)))
    tbs = certification_authority.link_to_be_signed(issuer, particulars)
    return office.sign(office.prepare(Kind.LINK, signing, issuer, tbs))


def _record(old: IssuingKey, new: IssuingKey, actor: str, numbers: Written) -> None:
    record_opening(new, actor, numbers)
    for subject, link in links_of(old, new):
        append(Act(actor, LINKED, subject, {"sha256": hashlib.sha256(link).hexdigest()}), new.opened_at)
    record_responder(new, new.responder_key_name, new.opened_at, actor)


def links_of(old: IssuingKey, new: IssuingKey) -> Iterator[tuple[str, bytes]]:
    """For each link: whose key was certified with whose, and the certificate (DER)."""
    for link, certified, signing in ((new.new_with_old, new, old), (new.old_with_new, old, new)):
        if link is not None:
            yield f"{certified} with {signing.generation}", bytes(link)
