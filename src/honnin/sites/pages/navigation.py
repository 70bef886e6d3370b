"""The frame of every page of the staff console: who works where, and the role's menu."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from honnin.sites.declaration.role import Desk
from honnin.sites.roles import played


def console(request: HttpRequest) -> dict[str, object]:
    """Context for the frame of a page."""
    frame: dict[str, object] = {"production_deployment": not settings.HONNIN_IS_TEST}
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return frame
    desk = desk_of(user.get_username())
    return frame | (_shown(desk, request) if desk else {"operator": user.get_username()})


def desk_of(user_name: str) -> Desk | None:
    """Where an account works, among the roles of this process."""
    return next(filter(None, (role.desk(user_name) for role in played())), None)


def _shown(desk: Desk, request: HttpRequest) -> dict[str, object]:
    """The present entry of the menu is that under whose address the page stands, whatever page it is."""
    urls = [reverse(page) for page, _label in desk.menu]
    present = max((url for url in urls if request.path.startswith(url)), key=len, default=None)
    product = {"product_name": desk.product_name} if desk.product_name else {}
    return product | {
        "home_url": reverse(desk.page),
        "office": desk.office,
        "operator": desk.operator,
        "navigation": [
            {"label": label, "url": url, "current": url == present}
            for url, (_page, label) in zip(urls, desk.menu, strict=True)
        ],
    }
