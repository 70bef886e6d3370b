"""Finding a caller among those to whom certificates were issued."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from unicodedata import normalize

from django.db.models import QuerySet

from honnin.agency.hotline.models import Call, Holder, Operator
from honnin.agency.issuance.models import Procedure
from honnin.errors import NotAllowed
from honnin.wire import codec
from honnin.wire.issuance import ApplicationForm

MOST_HITS = 10
ON_ONE_PAGE = 20


def operator_of(user_name: str) -> Operator:
    """The operator behind an account. Raises NotAllowed E_NOT_AN_OPERATOR."""
    operator = Operator.objects.filter(user_name=user_name).first()
    if operator is None:
        raise NotAllowed("E_NOT_AN_OPERATOR")
    return operator


@dataclass(frozen=True)
class Caller:
    """A person the caller may be, as the newest application form says."""

    person_code: str
    name: str
    birth_date: date
    address: str

    def __repr__(self) -> str:
        return "Caller(…)"


def callers(name: str, birth_date: date, address: str = "") -> list[Caller]:
    """Holders of this birth date whose name matches, spaces aside; at most ten.

    The agency holds no register: it knows what the application forms said. An address narrows the hits
    only as long as it leaves any, since a caller in distress may say an old one.
    """
    hits = {caller.person_code: caller for caller in _born_on(birth_date) if _same(caller.name, name)}
    near = [caller for caller in hits.values() if address and _folded(address) in _folded(caller.address)]
    return (near or list(hits.values()))[:MOST_HITS]


def _born_on(birth_date: date) -> Iterator[Caller]:
    for procedure in Procedure.objects.filter(birth_date=birth_date).order_by("began_at"):
        form = codec.decode(ApplicationForm, bytes(procedure.form))
        yield Caller(form.person_code, form.name, form.birth_date, form.address)


def caller(person_code: str) -> Caller | None:
    """The holder of this code, as the newest form says, or None when nothing was ever issued."""
    known = Procedure.objects.filter(person_code=person_code, birth_date__isnull=False)
    newest = known.order_by("-began_at").first()
    if newest is None:
        return None
    form = codec.decode(ApplicationForm, bytes(newest.form))
    return Caller(person_code, form.name, form.birth_date, form.address)


def holder_of(public_id: str) -> Holder | None:
    """Whose pages stand under an opaque id."""
    return Holder.objects.filter(pk=public_id).first()


def newest_call(person_code: str) -> Call | None:
    """The last notice of loss for a person, if there was one."""
    return Call.objects.filter(person_code=person_code).order_by("-id").first()


def open_calls() -> QuerySet[Call]:
    """Every call whose loss was not yet reported at a counter, the newest first."""
    return Call.objects.filter(reported_at_counter=False).select_related("operator").order_by("-id")


def _same(one: str, other: str) -> bool:
    return _folded(one) == _folded(other)


def _folded(text: str) -> str:
    """For comparing only: compatibility forms folded, spaces dropped."""
    return "".join(normalize("NFKC", text).split())
