"""The pages of the published texts. Nobody signs in for them."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from honnin.console.published import versions, wording
from honnin.console.published.document import Document
from honnin.console.published.guide import GUIDE
from honnin.console.published.terms import TERMS
from honnin.law.citation import cites
from honnin.law.information import LINE_IN_OTHER_LANGUAGES, NOTICES
from honnin.law.terms_of_use import VERSION, WRITTEN_ON
from honnin.law.wording import format_day

Ask = Callable[[], wording.Offered]


@require_safe
@cites("S4-18.2")
def terms(request: HttpRequest, offered: Ask) -> HttpResponse:
    """The terms of use. `offered`: tells what can be done in this installation."""
    version = {
        "version": VERSION,
        "written_on": format_day(WRITTEN_ON, wording.language()),
        "earlier_versions": [each for each in versions.versions() if each != VERSION],
    }
    return render(request, "published/terms.html", _context(TERMS, offered()) | version)


@require_safe
def terms_version(request: HttpRequest, version: str, offered: Ask) -> HttpResponse:
    """A version of the terms of use that somebody agreed to, as it was read then. Raises Http404."""
    if version == VERSION:
        return terms(request, offered)
    try:
        text = versions.kept(version, wording.language())
    except LookupError as error:
        raise Http404 from error
    extra = {
        "version": version,
        "written_on": format_day(text.written_on, wording.language()),
        "is_earlier": True,
        "articles": text.articles,
    }
    return render(request, "published/terms.html", _context(TERMS, offered()) | extra)


@require_safe
def guide(request: HttpRequest, offered: Ask) -> HttpResponse:
    """The guide to card and certificates. `offered`: as above."""
    notices = {
        "notices": NOTICES.items(),
        "line_in_other_languages": LINE_IN_OTHER_LANGUAGES,
        "further_title": _("In other languages"),
        "further_anchor": "languages",
    }
    return render(request, "published/guide.html", _context(GUIDE, offered()) | notices)


def _context(document: Document, offered: wording.Offered) -> dict[str, object]:
    """The same page for everybody: of who is signed in, nothing."""
    return {
        "product_name": _("Public personal authentication service"),
        "home_url": reverse("start"),
        "navigation": (),
        "office": "",
        "operator": "",
        "articles": wording.render_document(document, offered),
        "offered": wording.procedures(offered),
    }
