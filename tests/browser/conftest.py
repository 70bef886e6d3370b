"""A site on a free loopback port with an installation of its own, and browsers that are signed in."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, StorageState

from tests.browser.site import Site, Visitors
from tests.browser.walk import WIDTH, Walk

TIMEOUT = 30


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site as it is in use: a server process over an opened installation."""
    home = tmp_path_factory.mktemp("browser-home")
    environment = os.environ | {
        "HONNIN_HOME": str(home),
        "HONNIN_START_PAGE": "buttons",
        "DJANGO_SETTINGS_MODULE": "honnin.sites.settings",
        "PYTHONPATH": os.pathsep.join(["src", "."]),
    }
    opened = subprocess.run(
        [sys.executable, "-m", "tests.browser.open_installation"],
        env=environment,
        capture_output=True,
        check=False,
    )
    assert opened.returncode == 0, opened.stderr.decode()
    port = _free_port()
    server = subprocess.Popen(
        [
            *(
                sys.executable,
                "-m",
                "granian",
                "--interface",
                "asgi",
                "--host",
                "127.0.0.1",
                "--port",
                str(port),
            ),
            *("--no-ws", "--log-level", "warning", "honnin.sites.asgi:application"),
        ],
        env=environment,
        start_new_session=True,
    )
    try:
        _wait_for(port)
        yield Site(f"http://127.0.0.1:{port}", home, **json.loads(opened.stdout))
    finally:
        server.terminate()
        server.wait(TIMEOUT)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the site did not start")


@pytest.fixture(scope="session")
def signed_in(site: Site, chromium: Browser) -> Callable[[str], StorageState]:
    """What a browser keeps after an account has signed in; each account signs in once."""
    kept: dict[str, StorageState] = {}

    def state(user_name: str) -> StorageState:
        if user_name not in kept:
            context = chromium.new_context(base_url=site.origin, locale="en")
            page = context.new_page()
            page.goto("/sign-in/")
            page.fill("#id_username", user_name)
            page.fill("#id_password", site.passwords[user_name])
            page.click("main button[type=submit]")
            assert "/sign-in/" not in page.url
            kept[user_name] = context.storage_state()
            context.close()
        return kept[user_name]

    return state


@pytest.fixture
def visitors(site: Site, chromium: Browser, signed_in: Callable[[str], StorageState]) -> Iterator[Visitors]:
    """Browsers as people open them: an account (or nobody), a language, a width, with or without scripts."""
    opened: list[BrowserContext] = []

    def visitor(
        user_name: str = "", *, language: str = "ja", width: int = 1366, scripts: bool = True
    ) -> BrowserContext:
        context = chromium.new_context(
            base_url=site.origin,
            locale=language,
            viewport={"width": width, "height": 900},
            java_script_enabled=scripts,
            storage_state=signed_in(user_name) if user_name else None,
        )
        context.set_default_timeout(15_000)
        opened.append(context)
        return context

    yield visitor
    for context in opened:
        context.close()


@pytest.fixture
def walk(site: Site, visitors: Visitors) -> Callable[[str], Walk]:
    """A clerk, in a language, on a narrow screen."""

    def begun(language: str) -> Walk:
        return Walk(site, visitors("hanako", language=language, width=WIDTH).new_page())

    return begun


@pytest.fixture
def copy_file(tmp_path: Path) -> Path:
    """A scanned document on the clerk's disk."""
    path = tmp_path / "licence.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 a photograph of a document\xff\xd9")
    return path
