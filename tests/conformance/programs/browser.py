"""Run as a program: Chromium on a display of its own opens a page, and the PIN it asks for is typed once.

A process of its own because two Playwrights in one process cannot stand each other. Arguments: address, PIN,
folder. HOME holds the NSS database with the card's module and the trusted CA. Prints JSON: `page`, the text
of the page, or `error`, why there is none; `refused`, whether the PIN was asked for again; `windows`, their
names at the end. The screen at the end is in `screen.png` in the folder.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from PIL import ImageGrab
from playwright.sync_api import BrowserContext, Error, sync_playwright

from tests.support.chromium import ARGUMENTS, CHROMIUM

PIN_WINDOW = "Unlock Security Device"
TIMEOUT = 30.0
STEP = 0.1
SETTLED = 1.0


@contextmanager
def display() -> Iterator[str]:
    """A screen in memory, under a number that the server finds free; ends with its browser at the latest."""
    reading, writing = os.pipe()
    options = ("-screen", "0", "1280x900x24", "-nolisten", "tcp", "-terminate")
    command = ["Xvfb", "-displayfd", str(writing), *options]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as number:
            yield f":{number.readline().strip()}"
    finally:
        server.terminate()
        server.wait(TIMEOUT)


def xdotool(*words: str) -> list[str]:
    """The lines it prints; none where it finds nothing."""
    done = subprocess.run(["xdotool", *words], capture_output=True, check=False, text=True, timeout=TIMEOUT)
    return done.stdout.splitlines()


def windows(name: str) -> list[str]:
    return xdotool("search", "--onlyvisible", "--name", name)


def comes_true(condition: Callable[[], object], timeout: float = TIMEOUT) -> bool:
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(STEP)
    return True


def press(window: str, *keys: str) -> None:
    """There is no window manager: a window that should hear the keys is given the focus."""
    xdotool("windowfocus", "--sync", window)
    xdotool(*keys)


def answer(pin: str, over: Event) -> bool:
    """Types the PIN once and takes the certificate offered, until it is over. Whether the PIN was refused.

    A refused PIN brings a window of the same name at once, without a word, and so does cancelling, some
    times: all of them are cancelled, as typing again would block the card. The list of certificates is no
    window of its own but drawn inside the browser's.
    """
    if not comes_true(lambda: over.is_set() or windows(PIN_WINDOW)) or over.is_set():
        return False
    first = windows(PIN_WINDOW)[0]
    press(first, "type", "--delay", "50", pin)
    xdotool("key", "Return")
    comes_true(lambda: first not in windows(PIN_WINDOW))
    comes_true(lambda: over.is_set() or windows(PIN_WINDOW), SETTLED)
    refused = False
    while not over.wait(STEP):
        if again := windows(PIN_WINDOW):
            refused = True
            press(again[0], "key", "Escape")
        elif not refused:  # to this window alone: one that asks for the PIN again must never get it
            xdotool("key", "--window", windows("Chromium")[0], "Return")
    return refused


def opened(browser: BrowserContext, address: str, pin: str) -> dict[str, str | bool]:
    """What the page says or why there is none, and whether the PIN was refused."""
    page = browser.new_page()
    over = Event()
    with ThreadPoolExecutor(1) as pool:
        refused = pool.submit(answer, pin, over)
        try:
            page.goto(address, timeout=TIMEOUT * 1000)
            seen = {"page": page.inner_text("body"), "error": ""}
        except Error as error:
            seen = {"page": "", "error": error.message}
        finally:
            over.set()
        return seen | {"refused": refused.result(TIMEOUT)}


def main(address: str, pin: str, folder: str) -> None:
    with display() as os.environ["DISPLAY"], sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            Path(folder) / "profile", executable_path=CHROMIUM, headless=False, args=ARGUMENTS
        )
        seen = opened(browser, address, pin)
        windows_left = [title for window in windows(".") for title in xdotool("getwindowname", window)]
        ImageGrab.grab(xdisplay=os.environ["DISPLAY"]).save(Path(folder) / "screen.png")
        browser.close()
    sys.stdout.write(json.dumps(seen | {"windows": windows_left}))


if __name__ == "__main__":
    main(*sys.argv[1:])
