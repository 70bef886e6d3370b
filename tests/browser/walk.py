"""A clerk's walk through a procedure by keyboard alone on a narrow screen; each page of it is looked at.

Each form is sent by a double click, and once more after the browser's way back: one act comes of it.
"""

import os
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from django.utils import translation
from playwright.sync_api import Error, Page, Response

from honnin.errors import Language, catalogue
from honnin.translation import gettext
from tests.browser.looks import (
    barriers,
    buttons_without_an_act,
    lines_begun_by_stops,
    unlike_the_rules,
    unmarked_japanese,
)
from tests.browser.site import Site

WIDTH = 320
MOST_TABS = 80
CONFIRM = "main form button[name=confirmed]"
SEND = "main form .button-row button[type=submit]:not([name=switch_language])"
SHOTS = os.environ.get("HONNIN_SHOTS", "")

# The focus stands where the page begins to speak: at what went wrong, or at the heading.
_FOCUSED = """() => {
  const where = document.querySelector("[role=alert]") ? "[role=alert]" : "h1";
  return document.activeElement.matches(where);
}"""

# What sort of page it is: its heading, and what else stands on it that the same page has not always.
_KIND = """() => [
  document.querySelector("h1").firstChild.textContent.trim(),
  ...["[role=alert]", "[role=status]", ".refusals", ".panel-next", "button[name=confirmed]", "#entry"].filter(
    each => document.querySelector("main " + each)),
].join(" ")"""

# What is wrong with where Tab led: whether it goes on downwards, and whether one sees where it is.
_STEP = """target => {
  const [it, before] = [document.activeElement, window.focusedBefore];
  window.focusedBefore = it;
  if (it === document.body || it.matches(".skip-link")) return [false, ""];
  const name = it.outerHTML.replace(/\\s+/g, " ").slice(0, 160);
  const style = getComputedStyle(it), box = it.getBoundingClientRect();
  if (style.outlineStyle === "none") return [false, "no focus is seen at " + name];
  if (box.bottom < 0 || box.top > innerHeight) return [false, "out of sight: " + name];
  const main = document.querySelector("main");
  if (before && main.contains(before) && main.contains(it)) {
    if (!(before.compareDocumentPosition(it) & Node.DOCUMENT_POSITION_FOLLOWING))
      return [false, "back to " + name];
    if (box.top < before.getBoundingClientRect().top - 1) return [false, "upwards to " + name];
  }
  return [it.matches(target), ""];
}"""

_WAY = """([name, value]) => {
  const all = [...document.getElementsByName(name)];
  return [all.findIndex(each => each.checked), all.findIndex(each => each.value === value)];
}"""


class Walk:
    """One clerk's browser. `looked_at`: of which pages axe has seen one of their kind."""

    def __init__(self, site: Site, page: Page) -> None:
        self.site, self.page = site, page
        self.failed: list[str] = []
        page.on("response", self._note)

    def _note(self, response: Response) -> None:
        if response.status >= 500:
            self.failed.append(f"{response.status} {response.url}")

    @property
    def language(self) -> Language:
        return "ja" if self.page.locator("html").get_attribute("lang") == "ja" else "en"

    # — Where the walk goes ————————————————————————————————————————————————————————————————————————————————

    def open(self, address: str) -> None:
        self.page.goto(address)
        self.look()

    def go(self, link: str) -> None:
        """Follow a link."""
        self.tab_to(link)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.look()

    def from_the_menu(self, link: str) -> None:
        """Open the menu, which is folded on a narrow screen, and follow a link of it."""
        self.tab_to("summary")
        self.page.keyboard.press("Enter")
        self.go(f".navigation-narrow {link}")

    def tab_to(self, target: str) -> None:
        """Press Tab until the target has the focus; everything on the way is seen and comes in order."""
        for _press in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            reached, wrong = self.page.evaluate(_STEP, target)
            assert not wrong, wrong
            if reached:
                return
        raise AssertionError(f"the keyboard does not reach {target}")

    # — What is entered ————————————————————————————————————————————————————————————————————————————————————

    def type(self, **texts: str) -> None:
        """Type into fields, by their names in the order of the page."""
        for name, text in texts.items():
            self.tab_to(f"#id_{name}")
            self.page.keyboard.press("Control+A")
            self.page.keyboard.insert_text(text)

    def tick(self, name: str) -> None:
        self.tab_to(f"#id_{name}")
        self.page.keyboard.press("Space")

    def choose(self, name: str, value: str) -> None:
        """One of a group of round buttons: Tab leads to the group, the arrows within it."""
        self.tab_to(f"input[name={name}]")
        at, wanted = self.page.evaluate(_WAY, [name, value])
        if at < 0:
            self.page.keyboard.press("Space")
        self._arrow(wanted - max(at, 0))

    def pick(self, name: str, value: str) -> None:
        """One of a list."""
        self.tab_to(f"#id_{name}")
        values = self.page.locator(f"#id_{name} option").evaluate_all("all => all.map(each => each.value)")
        self._arrow(values.index(value) - values.index(self.page.locator(f"#id_{name}").input_value()))

    def _arrow(self, steps: int) -> None:
        for _step in range(abs(steps)):
            self.page.keyboard.press("ArrowDown" if steps > 0 else "ArrowUp")

    def attach(self, name: str, file: Path) -> None:
        """Go to the field of a file; the window in which it is chosen is the browser's own."""
        self.tab_to(f"#id_{name}")
        self.page.locator(f"#id_{name}").set_input_files(file)

    # — What is sent ———————————————————————————————————————————————————————————————————————————————————————

    def send(self, button: str = SEND, *, act: str = "") -> None:
        """Send a form by a double click. One act comes of it, with one entry in the journal."""
        before = self.entries(act)
        self.tab_to(button)
        self.page.evaluate("window.isBefore = true")
        self.page.locator(button).last.dblclick(no_wait_after=True)
        self.page.wait_for_function("() => !window.isBefore")
        self.look()
        assert (self.entries(act) - before).total() == bool(act), act

    def again(self, act: str, *, button: str = SEND) -> None:
        """Back by the browser's button, and what is there sent once more: nothing is done twice."""
        before = self.entries(act)
        try:
            self.page.go_back()
        except Error as error:  # the browser shows no answer to a form again; its page asks to send it anew
            if "ERR_CACHE_MISS" not in str(error):
                raise
            self.page.wait_for_url("chrome-error://**")
            self.page.reload()
        for each in (button, CONFIRM):
            if self.page.locator(each).count():
                with self.page.expect_navigation():
                    self.page.locator(each).last.click()
        self.look()
        assert self.entries(act) == before, act

    def entries(self, act: str) -> Counter[str]:
        """How many entries tell of such an act, by the name of the role in whose journal they stand."""
        role, _colon, name = act.rpartition(": ")
        wanted = [self.site.home / f"{role or 'municipality'}.sqlite3"] if name else []
        return Counter({path.stem: _entries(path, name) for path in wanted})

    # — What is seen ———————————————————————————————————————————————————————————————————————————————————————

    def look(self) -> None:
        """The page is as pages are to be, at 320 pixels, and the focus is where it begins."""
        page = self.page
        page.wait_for_load_state()
        assert not self.failed, self.failed
        page.wait_for_function(_FOCUSED)
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
        assert unlike_the_rules(page, WIDTH) == []
        assert lines_begun_by_stops(page) == []
        assert (buttons_without_an_act if self.language == "ja" else unmarked_japanese)(page) == []
        kind = f"{self.language} {page.evaluate(_KIND)}"
        if kind not in self.site.looked_at:
            self.site.looked_at.add(kind)
            assert barriers(page) == []
            self._shoot(f"{len(self.site.looked_at):03d}-{kind}")

    def _shoot(self, name: str) -> None:
        for width in (1280, WIDTH) if SHOTS else ():
            self.page.set_viewport_size({"width": width, "height": 900})
            safe = re.sub(r"\W+", "-", name)
            self.page.screenshot(path=Path(SHOTS) / f"walk-{safe}-{width}.png", full_page=True)

    def reads(self, *codes: str) -> None:
        """The page tells the cause of each refusal, and the next step."""
        text = _close(self.page.locator("main").inner_text())
        for code in codes:
            for part in ("cause", "remedy"):
                sentence = gettext(catalogue()[code][part], self.language)
                assert re.search(_pattern(sentence), text), f"{code} {part}: {sentence}\n{text}"

    def tells(self, *sentences: str) -> None:
        """The page says these sentences of its catalogue, in its language, however its lines are cut."""
        text = _close(self.page.locator("main").inner_text())
        with translation.override(self.language):
            patterns = [_pattern(translation.gettext(each)) for each in sentences]
        assert [each for each in patterns if not re.search(each, text)] == [], text


def _close(text: str) -> str:
    return re.sub(r"[\s\u200b\u2060]+", "", text)


def _pattern(sentence: str) -> str:
    """The sentence with anything in place of what is filled in."""
    return ".+".join(re.escape(_close(each)) for each in re.split(r"\{\w+\}|%\(\w+\)s", sentence))


def _entries(database: Path, act: str) -> int:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return sum(
            connection.execute(f'SELECT count(*) FROM "{table}" WHERE act = ?', (act,)).fetchone()[0]
            for table in _journals(connection)
        )


def _journals(connection: sqlite3.Connection) -> Iterator[str]:
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        if name.endswith("_journalentry"):
            yield name
