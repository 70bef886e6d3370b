"""Hidden fields of every form: the CSRF token, the account for which the form was drawn, and its own id."""

from django import template
from django.http import HttpRequest
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from honnin.console.entered import turns, unsent
from honnin.console.opaque import new_opaque_id

register = template.Library()


@register.simple_tag(takes_context=True)
def form_token(context: Context) -> SafeString:
    """All as hidden fields; nothing on a page that is drawn without a request."""
    token = context.get("csrf_token")
    request: HttpRequest | None = context.get("request")
    if not token:
        return SafeString()
    hidden = format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', token)
    whose = unsent.mark(request.user) if request is not None and hasattr(request, "user") else ""
    if not whose:
        return hidden
    for name, value in ((unsent.DRAWN_FOR, whose), (turns.FORM_ID, new_opaque_id())):
        hidden += format_html('<input type="hidden" name="{}" value="{}">', name, value)
    return hidden
