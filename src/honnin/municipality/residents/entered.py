"""What may be recorded in an entry: asked by every service that records, whoever calls it."""

from collections.abc import Iterable, Mapping

from django.db.models import Model

from honnin.errors import Refused
from honnin.law.names.entered import entered_refusals
from honnin.municipality.residents.models import Departure


def require_entered(values: Mapping[str, object], standing: object = None) -> None:
    """Raises Refused with the law's `entered_refusals` of these items; of those that say already what is
    `standing`, none.
    """
    others = {name: text for name, text in values.items() if text != getattr(standing, name, "")}
    if refusals := entered_refusals(others):
        raise Refused(*refusals)


def require_rows_entered(rows: Iterable[Model]) -> None:
    """The same of rows that are written with an act: where somebody moves to."""
    for row in rows:
        if isinstance(row, Departure):
            require_entered({"destination": row.destination})
