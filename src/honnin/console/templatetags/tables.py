"""Template filters for tables."""

from collections.abc import Iterator, Sequence

from django import template

register = template.Library()


@register.filter
def beside(columns: Sequence[object], row: Sequence[object]) -> Iterator[tuple[object, object]]:
    """Each cell of a row with the heading of its column; the last heading stands for cells without one."""
    for place, cell in enumerate(row):
        yield (columns[min(place, len(columns) - 1)] if columns else ""), cell
