"""HTML put together so that nothing in it becomes markup by accident."""

from html import escape


class Html(str):
    """Markup. Everything else is text."""

    __slots__ = ()


def html(template: str, **values: object) -> Html:
    """The template with its gaps filled: markup as it is, and text as text, in elements and attributes alike.

    Attributes stand in quotation marks in every template.
    """
    filled = {
        name: value if isinstance(value, Html) else escape(str(value)) for name, value in values.items()
    }
    return Html(template.format_map(filled))


def joined(parts: list[Html]) -> Html:
    """One after another."""
    return Html("".join(parts))
