"""The screens in a process of their own, and the session of a clerk."""

from collections.abc import Iterator

import pytest
from django.urls import reverse

from honnin.clock import SystemClock
from tests.sites.front.strangers.screens import Screens, cookies_of, seen_at
from tests.support.console import Console


@pytest.fixture(scope="package")
def screens(django_db_setup: None) -> Iterator[Screens]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DJANGO_SETTINGS_MODULE")  # these tests' own would make an installation of its own
        with Screens() as server:
            server.seconds_for_a_page()
            yield server


@pytest.fixture
def clerk(committed: None, console: Console) -> tuple[str, str]:
    """The cookie of a clerk who has signed in, and the address of a page that takes copies."""
    client = console.clerk()
    seen_at(client, SystemClock().now())  # the server's clock is the machine's
    resident, _ = console.resident()
    cookies = f"Cookie: {cookies_of(client)}"
    return cookies, reverse("counter:new_application", args=[resident.public_id])
