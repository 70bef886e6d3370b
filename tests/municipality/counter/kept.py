"""What the counter's pages keep of what was sent: handles of files, fields, and what was said of them."""

import re
from collections.abc import Mapping
from html import unescape

from django.test import Client
from django.urls import reverse

from honnin.municipality.counter.applications.models import Application
from honnin.municipality.records.models import JournalEntry
from tests.support.responses import Response

HANDLE = re.compile(r'name="(\w+_kept)" value="([0-9a-f]{32})"')
OF_PROXY = {"proxy_kind": "mandated", "proxy_name": "代理　一郎", "proxy_document": "passport"}


def handles(response: Response) -> dict[str, str]:
    """The handles of kept files that a page carries, by field."""
    return dict(HANDLE.findall(response.content.decode()))


def switched(client: Client, address: str, typed: Mapping[str, object]) -> Response:
    """The page in Japanese, with what was typed."""
    before = JournalEntry.objects.exclude(act__startswith="look").count()
    response = client.post(address, {**typed, "switch_language": "ja"})
    assert response.status_code == 200
    assert '<html lang="ja">' in response.content.decode()
    assert response.cookies["django_language"].value == "ja"
    assert JournalEntry.objects.exclude(act__startswith="look").count() == before
    return response


def values(response: Response) -> dict[str, object]:
    """What stands in the fields of a page, files and secrets aside."""
    shown = response.context
    forms = [shown.get(each) for each in ("form", "evidence_form", "rejection_form", "withdrawal_form")]
    return {field.name: field.value() for form in forms if form for field in form}


OF_THE_CLERK = {"proxy_kind": "mandated", "proxy_name": "窓口　花子", "proxy_document": "passport"}
CARRIED = re.compile(r'name="(said_before|faults_shown|faults_of_secrets|error_page)" value="([^"]+)"')


def carried(response: Response) -> dict[str, str]:
    """What the page's buttons of languages send along."""
    return {name: unescape(value) for name, value in CARRIED.findall(response.content.decode())}


def page_of(application: Application) -> str:
    return reverse("counter:application", args=[application.number])
