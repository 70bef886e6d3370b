"""What every page of the staff console shows around its content: who works where, and the role's menu."""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.agency.hotline.models import Operator
from honnin.municipality.counter.models import Clerk

# The menu of each role: the address that an entry leads to, and its words.
COUNTER_MENU = (
    ("applications", gettext_lazy("Applications received")),
    ("residents", gettext_lazy("Residents and their certificates")),
)
HOTLINE_MENU = (
    ("search", gettext_lazy("Report of loss")),
    ("calls", gettext_lazy("Open calls")),
)
Menu = Sequence[tuple[str, object]]


def console(request: HttpRequest) -> dict[str, object]:
    """Context for the frame of a page."""
    frame: dict[str, object] = {"production_deployment": not settings.HONNIN_IS_TEST}
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return frame
    return frame | _role(user.get_username(), request)


def _role(user_name: str, request: HttpRequest) -> dict[str, object]:
    clerk = Clerk.objects.select_related("municipality").filter(user_name=user_name).first()
    if clerk is not None:
        place = clerk.municipality
        return {
            "home_url": reverse("counter:applications"),
            "office": f"{place.prefecture} {place.name} {clerk.counter_name}",
            "operator": clerk.name,
            "navigation": _menu("counter", COUNTER_MENU, request),
        }
    operator = Operator.objects.filter(user_name=user_name).first()
    if operator is not None:
        return {
            "product_name": _("My Number Card hotline"),
            "home_url": reverse("hotline:search"),
            "office": _("24 hours, 365 days"),
            "operator": operator.name,
            "navigation": _menu("hotline", HOTLINE_MENU, request),
        }
    return {"operator": user_name}


def _menu(room: str, menu: Menu, request: HttpRequest) -> list[dict[str, object]]:
    """The entries; the present one is that under whose address the page stands, whatever page it is."""
    urls = [reverse(f"{room}:{name}") for name, _label in menu]
    present = max((url for url in urls if request.path.startswith(url)), key=len, default=None)
    return [
        {"label": label, "url": url, "current": url == present}
        for url, (_name, label) in zip(urls, menu, strict=True)
    ]
