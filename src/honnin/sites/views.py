"""The page that belongs to no room: where to go after signing in."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

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
