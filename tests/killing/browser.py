"""As much of a browser as a clerk needs: pages, links, forms, cookies. It knows no address but the first."""

import http.cookiejar
import re
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPException

Values = Mapping[str, str | bytes]


class Failed(Exception):
    """No answer, half an answer, or one of the 5xx: nobody knows whether it was done."""


@dataclass
class Form:
    """Where a form goes, and what stands in it."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)


@dataclass
class Page(HTMLParser):
    """What came back, and what can be done there."""

    address: str
    status: int
    text: str

    def __post_init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._link: str | None = None
        self._select = ""
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in has:
            self._link = has["href"]
        elif tag == "form":
            self._form = Form(has.get("action", ""), has.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._take_field(self._form, tag, has)

    def _take_field(self, form: Form, tag: str, has: dict[str, str]) -> None:
        name, kind = has.get("name", ""), has.get("type", "text")
        if tag == "select":
            self._select = name
            form.choices[name] = []
        elif tag == "option":
            form.choices[self._select].append(has.get("value", ""))
            if "selected" in has:
                form.fields[self._select] = has.get("value", "")
        elif tag == "input" and name and kind == "file":
            form.files.add(name)
        elif tag == "input" and name and kind not in ("checkbox", "radio", "submit"):
            form.fields[name] = has.get("value", "")
        elif tag == "textarea":
            form.fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "a":
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._link is not None:
            self.links.append((self._link, data))

    def link(self, fits: Callable[[str, str], object]) -> str | None:
        """The address of the first link whose address and text fit."""
        return next((href for href, text in self.links if fits(href, text)), None)

    def form(self, fits: Callable[[Form], object]) -> Form | None:
        return next((form for form in self.forms if fits(form)), None)


class Browser:
    """One visitor with their cookies."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )

    def get(self, address: str) -> Page:
        return self._fetch(urllib.request.Request(urllib.parse.urljoin(self._site, address)))

    def submit(
        self, page: Page, form: Form, values: Values, more: list[tuple[str, str]] | None = None
    ) -> Page:
        """Send a form with these values; `more` for names that are ticked more than once."""
        address = urllib.parse.urljoin(page.address, form.action or page.address)
        pairs: list[tuple[str, str | bytes]] = [*{**form.fields, **values}.items(), *(more or [])]
        if form.method == "get":
            query = urllib.parse.urlencode([(name, value) for name, value in pairs])
            return self._fetch(urllib.request.Request(f"{address.partition('?')[0]}?{query}"))
        kind, body = _encoded(form, pairs)
        return self._fetch(
            urllib.request.Request(address, body, {"Content-Type": kind, "Referer": page.address})
        )

    def _fetch(self, request: urllib.request.Request) -> Page:
        request.add_header("Accept-Language", "en")
        try:
            with self._open.open(request, timeout=40) as response:
                return Page(response.url, response.status, response.read().decode())
        except urllib.error.HTTPError as error:
            try:
                text = error.read().decode(errors="replace")
            except (OSError, HTTPException) as cut:
                raise Failed(f"{request.full_url}: {cut!r}") from cut
            if error.code >= 500:
                code = re.search("E_[A-Z_]+", text)
                raise Failed(f"{request.full_url}: {error.code} {code[0] if code else ''}") from error
            return Page(request.full_url, error.code, text)
        except Exception as error:  # refused, reset, cut off in the middle
            raise Failed(f"{request.full_url}: {error!r}") from error


def _encoded(form: Form, pairs: list[tuple[str, str | bytes]]) -> tuple[str, bytes]:
    if not form.files:
        return "application/x-www-form-urlencoded", urllib.parse.urlencode(pairs).encode()
    edge = secrets.token_hex(12)
    body = b""
    for name, value in pairs:
        head = f'--{edge}\r\nContent-Disposition: form-data; name="{name}"'
        if isinstance(value, bytes):
            head += '; filename="copy.jpg"\r\nContent-Type: image/jpeg'
        body += f"{head}\r\n\r\n".encode() + (value if isinstance(value, bytes) else value.encode()) + b"\r\n"
    return f"multipart/form-data; boundary={edge}", body + f"--{edge}--\r\n".encode()
