"""Pages that belong to no room: where to go after signing in, and what to say when an address is wrong."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from honnin.agency.hotline.models import Operator
from honnin.errors import NotAllowed
from honnin.municipality.counter.models import Clerk


@login_required
def start(request: HttpRequest) -> HttpResponse:
    """To the pages of the account's role. Raises NotAllowed E_NOT_STAFF for an account without one."""
    user_name = request.user.get_username()
    if Clerk.objects.filter(user_name=user_name).exists():
        return redirect("counter:applications")
    if Operator.objects.filter(user_name=user_name).exists():
        return redirect("hotline:search")
    raise NotAllowed("E_NOT_STAFF")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    context = {
        "title": _("There is no such page"),
        "cause": _("Nothing stands under this address."),
        "remedy": _("Go back to the start page and look for it from there."),
    }
    return render(request, "honnin/error.html", context, status=404)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 for what Django itself refuses."""
    return render(request, "honnin/error.html", {"title": _("You may not do this here")}, status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 for what Django itself cannot read."""
    return render(request, "honnin/error.html", {"title": _("The request cannot be read")}, status=400)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose token is missing or old; `reason` is for developers and is not shown."""
    context = {
        "title": _("The form is no longer valid"),
        "cause": _("The form was opened too long ago, or cookies are switched off. Nothing was changed."),
        "remedy": _("Go back, load the page again and send the form once more."),
    }
    return render(request, "honnin/error.html", context, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, drawn without the request: whatever broke may break the frame as well."""
    return HttpResponse(render_to_string("honnin/error.html"), status=500)
