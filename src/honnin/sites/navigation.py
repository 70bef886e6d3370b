"""What every page of the staff console shows around its content."""

from django.http import HttpRequest


def console(request: HttpRequest) -> dict[str, object]:
    """Context for the frame of a page."""
    return {}
