"""The rules of how a page looks, measured in the browser: sizes, targets, the one next step, marked words."""

import json
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

_AXE = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations"],  # of what is well, no list of every element is made
}
_VIOLATIONS = "options => axe.run(options).then(results => results.violations)"

# What the eye finds: shown, and not only there for those who hear the page.
_SHOWN = """
const shown = element => {
  const box = element.getBoundingClientRect();
  return box.width > 1 && box.height > 1 && element.checkVisibility({visibilityProperty: true});
};
const name = element => element.outerHTML.replace(/\\s+/g, " ").slice(0, 120);
"""

_MEASURES = f"""narrow => {{ {_SHOWN}
  const wrong = [];
  const pixels = (element, property) => parseFloat(getComputedStyle(element)[property]);
  const say = (rule, element) => wrong.push(rule + ": " + name(element));
  const main = document.querySelector("main");
  const side = narrow ? 20 : 40;
  if (pixels(main, "paddingLeft") !== side || pixels(main, "paddingRight") !== side) say("sides", main);
  if (pixels(document.body, "fontSize") !== 16) say("body text", document.body);
  for (const panel of document.querySelectorAll(".panel")) {{
    if (pixels(panel, "borderTopLeftRadius") !== 12) say("corners", panel);
    for (const edge of ["Top", "Right", "Bottom", "Left"])
      if (pixels(panel, "padding" + edge) < 20 || pixels(panel, "padding" + edge) > 24) say("padding", panel);
  }}
  const cards = [...main.querySelectorAll(".panel, .banner, .refusals, .table")].filter(shown);
  for (const card of cards) {{
    const next = card.nextElementSibling;
    if (!next || !cards.includes(next)) continue;
    const [one, two] = [card.getBoundingClientRect(), next.getBoundingClientRect()];
    const gap = two.top >= one.bottom ? two.top - one.bottom : two.left - one.right;
    if (gap < 15.5 || gap > 24.5) say("gap of " + gap, next);
  }}
  const buttons = [...document.querySelectorAll(".button")].filter(shown);
  const filled = buttons.filter(each => getComputedStyle(each).backgroundColor === "rgb(0, 23, 193)");
  if (filled.length > 1) filled.forEach(each => say("more than one filled button", each));
  for (const each of buttons)
    if (each.getBoundingClientRect().height < (each.matches(".button-small") ? 44 : 56)) say("low", each);
  const targets = "a[href], button, summary, select, textarea, .choice label,"
    + " input:not([type=hidden], [type=checkbox], [type=radio])";
  for (const each of document.querySelectorAll(targets))
    if (shown(each) && !each.matches(".skip-link") && each.getBoundingClientRect().height < 43.9)
      say("small target", each);
  const texts = "p, dd, dt, td, th, li, label, a, button, select, input:not([type=checkbox], [type=radio])";
  for (const text of document.querySelectorAll(texts))
    if (shown(text) && pixels(text, "fontSize") < 14) say("small text", text);
  for (const element of document.querySelectorAll("body *"))
    if (getComputedStyle(element).borderTopStyle === "dashed" && !element.matches("[readonly]"))
      say("dashed border", element);
  for (const badge of document.querySelectorAll(".badge"))
    if (badge.closest("a, button")) say("a badge that acts", badge);
  const notice = document.querySelector(".badge-deployment");
  if (!notice || !shown(notice)) say("no notice of a test deployment", document.body);
  return wrong;
}}"""

# Where the last letter of some words stands alone on a line.
_TORN = f"""() => {{ {_SHOWN}
  const letter = /[\\u3040-\\u30ff\\u3400-\\u9fff\\uff10-\\uff5a]/u;
  const block = node => node.parentElement.closest("h1, h2, p, li, dt, dd, th, td, label, legend, a, button");
  const top = ([node, at]) => {{
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + 1);
    return range.getBoundingClientRect().top;
  }};
  const torn = [];
  for (const element of document.querySelectorAll("main :is(h1, h2, p, li, dd, th, td, label, .button)")) {{
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const letters = [];
    while (walker.nextNode()) {{
      const node = walker.currentNode;
      if (!shown(node.parentElement)) continue;
      for (let at = 0; at < node.data.length; at++) if (node.data[at].trim()) letters.push([node, at]);
    }}
    const [before, last] = letters.slice(-2);
    if (letters.length < 4 || !letter.test(last[0].data[last[1]])) continue;
    if (block(before[0]) === block(last[0]) && top(last) > top(before) + 8) torn.push(name(element));
  }}
  return torn;
}}"""

# Where a line begins with what ends a sentence or a part of one.
_BEGUN_BY_STOPS = f"""() => {{ {_SHOWN}
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const begun = [];
  while (walker.nextNode()) {{
    const {{data, parentElement: element}} = walker.currentNode;
    if (!shown(element)) continue;
    for (const {{index}} of data.matchAll(/(?<=\\S)[、。）」]/gu)) {{
      const [before, stop] = [index - 1, index].map(at => {{
        const range = document.createRange();
        range.setStart(walker.currentNode, at);
        range.setEnd(walker.currentNode, at + 1);
        return range.getBoundingClientRect().top;
      }});
      if (stop > before + 8) begun.push(data.trim());
    }}
  }}
  return begun;
}}"""

_STRAY = f"""() => {{ {_SHOWN}
  const letter = /[\\u3040-\\u30ff\\u3400-\\u9fff\\uf900-\\ufaff\\u{{20000}}-\\u{{3ffff}}]/u;
  const marked = element => /^(ja|zh)/.test(element.closest("[lang]").lang);
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {{
    const {{data, parentElement: element}} = walker.currentNode;
    if (letter.test(data) && !marked(element) && !element.closest("script, style")) found.push(data.trim());
  }}
  for (const field of document.querySelectorAll("input:not([type=hidden]), textarea"))
    if (letter.test(field.value) && !marked(field)) found.push(field.value);
  for (const element of document.querySelectorAll("[aria-label], [alt], [placeholder], [data-label]"))
    for (const words of ["aria-label", "alt", "placeholder", "data-label"])
      if (letter.test(element.getAttribute(words) || "") && !marked(element)) found.push(name(element));
  return found;
}}"""

_NO_ACTS = """() => [...document.querySelectorAll(".button, .sign-out button")]
  .map(each => each.textContent.trim()).filter(text => !/[うくすつぬぶむる]$/.test(text))"""


_LONG_NAMES = """name => {
  for (const each of document.querySelectorAll("main [lang|=ja]"))
    if (!each.children.length && /^\\p{Script=Han}+\\u3000\\p{L}+$/u.test(each.textContent.trim()))
      each.textContent = name;
}"""


def barriers(page: Page) -> list[str]:
    """What axe finds on a page that keeps somebody from using it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(_VIOLATIONS, _AXE)
    return [json.dumps(each, ensure_ascii=False, indent=1) for each in found]


def unlike_the_rules(page: Page, width: int) -> list[str]:
    """What on this page is not as every page is to look."""
    found: list[Any] = page.evaluate(_MEASURES, width < 1024)
    return [str(each) for each in found]


def torn_words(page: Page) -> list[str]:
    """Words whose last letter stands alone on a line."""
    found: list[Any] = page.evaluate(_TORN)
    return [str(each) for each in found]


def lines_begun_by_stops(page: Page) -> list[str]:
    """Texts of which a line begins with a stop."""
    found: list[Any] = page.evaluate(_BEGUN_BY_STOPS)
    return [str(each) for each in found]


def with_long_names(page: Page) -> None:
    """Put a name of the longest kind, of long words, wherever the page shows a name in Japanese."""
    page.evaluate(_LONG_NAMES, "WOLFESCHLEGELSTEINHAUSENBERGERDORFF MAXIMILIAN ALEXANDER BARTHOLOMEW")


def unmarked_japanese(page: Page) -> list[str]:
    """Japanese words on an English page that no `lang` tells of."""
    found: list[Any] = page.evaluate(_STRAY)
    return [str(each) for each in found]


def buttons_without_an_act(page: Page) -> list[str]:
    """Buttons of a Japanese page that do not say what they do."""
    found: list[Any] = page.evaluate(_NO_ACTS)
    return [str(each) for each in found]
