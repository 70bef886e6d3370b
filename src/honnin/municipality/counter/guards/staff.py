"""Who is a clerk, and which resident a clerk is: written by an administrator, and told in the journal."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from honnin.errors import NotAllowed, Refusal, Refused
from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.journal.binding import changed
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.records.journal import DATABASE, Act, append
from honnin.municipality.residents.models import Resident


@dataclass(frozen=True)
class Post:
    """A clerk's place: account, name as colleagues know it, municipality (its code) and counter."""

    user_name: str
    name: str
    municipality_code: MunicipalityCode
    counter_name: str


def appoint(post: Post, *, person_code: PersonCode | None = None, actor: str, at: datetime) -> Clerk:
    """The clerk of an account, made where there is none yet; one that is there stays as it is."""
    with transaction.atomic(using=DATABASE):
        defaults = {
            "name": post.name,
            "municipality_id": post.municipality_code,
            "counter_name": post.counter_name,
            "person_code": person_code or "",
        }
        clerk, new = Clerk.objects.get_or_create(user_name=post.user_name, defaults=defaults)
        if new:
            append(Act(actor, "appoint clerk", _about(clerk), {}), at, clerk)
    return clerk


def note_residence(user_name: str, person_code: PersonCode | None, *, actor: str, at: datetime) -> Clerk:
    """Write down which resident a clerk is, so that they act on none of their own papers; None for none.

    Raises NotAllowed E_ACCOUNT_NOT_A_CLERK for another account, Refused E_RESIDENT_CODE_UNKNOWN for a code in
    no register.
    """
    if person_code and not Resident.objects.filter(pk=person_code).exists():
        raise Refused(Refusal("E_RESIDENT_CODE_UNKNOWN"))
    with transaction.atomic(using=DATABASE):
        clerk = Clerk.objects.select_for_update().filter(user_name=user_name).first()
        if clerk is None:
            raise NotAllowed("E_ACCOUNT_NOT_A_CLERK")
        clerk.person_code = person_code or PersonCode("")
        clerk.save(update_fields=["person_code"])
        act = Act(actor, "note residence", _about(clerk), {"known": int(bool(person_code))})
        append(act, at, changed(clerk, "person_code"))
    return clerk


def note_new_password(user_name: str, *, actor: str, at: datetime) -> None:
    """An administrator gave a clerk's account another password: the journal tells who did."""
    with transaction.atomic(using=DATABASE):
        append(Act(actor, "set password", f"clerk {user_name}"[:80], {}), at)


def _about(clerk: Clerk) -> str:
    return f"clerk {clerk.user_name}"[:80]  # as long as a subject of the journal may be


def clerk_of(user_name: str) -> Clerk:
    """The clerk behind an account. Raises NotAllowed E_NOT_A_CLERK."""
    clerk = Clerk.objects.select_related("municipality").filter(user_name=user_name).first()
    if clerk is None:
        raise NotAllowed("E_NOT_A_CLERK")
    return clerk


def names_of(user_names: Iterable[str]) -> dict[str, str]:
    """What colleagues call the clerks of these accounts."""
    return dict(Clerk.objects.filter(user_name__in=set(user_names)).values_list("user_name", "name"))
