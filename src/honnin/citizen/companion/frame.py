"""The frame of every page: header, title, languages, foot, as the pages of the console have it."""

from dataclasses import dataclass
from typing import Final

from honnin.citizen.companion.markup import Html, html, joined
from honnin.errors import Explanation, Language
from honnin.translation import gettext

LANGUAGES: Final[tuple[tuple[Language, str], ...]] = (("ja", "日本語"), ("en", "English"))
NOTHING: Final = Html("")
STYLES: Final = ("tokens.css", "honnin.css", "forms.css", "components.css")
_FRAME: Final = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} | {product}</title>
<link rel="icon" href="/style/icon.svg" type="image/svg+xml">
{styles}{head}
</head>
<body>
<a class="skip-link" href="#main">{skip}</a>
<header class="header">
  <p class="product">{product}</p>
  <div class="header-tools">
    <p class="badge badge-deployment">{test}</p>
    {languages}
  </div>
</header>
<div class="frame frame-plain">
  <main class="main" id="main" tabindex="-1">
    <h1 class="page-title" tabindex="-1"{focus}>{heading}</h1>
    <div class="stack">{content}</div>
  </main>
</div>
<footer class="footer"><p>{notice}</p></footer>
</body>
</html>
"""
_BANNER: Final = """<div class="banner banner-{kind}"{role}>
  {sign}
  <div class="banner-body"><p class="banner-title">{title}</p><p>{text}</p></div>
</div>"""
_SIGNS: Final = {
    "error": Html(
        '<path d="M7.4 1h9.2L23 7.4v9.2L16.6 23H7.4L1 16.6V7.4z"/>'
        '<path class="icon-mark" d="M10.75 5.5h2.5v8.5h-2.5zM10.75 16h2.5v2.5h-2.5z"/>'
    ),
    "warning": Html(
        '<path d="M12 1.2a1.6 1.6 0 0 1 1.4.8l10 18.2a1.6 1.6 0 0 1-1.4 2.4H2a1.6 1.6 0 0 1-1.4-2.4L10.6 2'
        'a1.6 1.6 0 0 1 1.4-.8z"/><path class="icon-mark" d="M10.85 8h2.3v7.2h-2.3zM10.85 17h2.3v2.3h-2.3z"/>'
    ),
    "success": Html('<circle cx="12" cy="12" r="11"/><path class="icon-stroke" d="M6.5 12.5l4 4 7.5-8.5"/>'),
}


@dataclass(frozen=True)
class Page:
    """One page in one language. `links` says whether it can be asked for again in the other.

    `alert`: something on it went wrong and takes the focus. `head`: more of the head of the document.
    """

    title: str
    content: Html
    language: Language
    links: bool = True
    alert: bool = False
    head: Html = NOTHING

    def octets(self) -> bytes:
        """The document, in UTF-8."""
        language = self.language
        return html(
            _FRAME,
            language=language,
            title=self.title,
            heading=self.title,
            product=gettext("Card companion", language),
            styles=joined(
                [html('<link rel="stylesheet" href="/style/{name}">\n', name=each) for each in STYLES]
            ),
            head=self.head,
            skip=gettext("Skip to the main content", language),
            test=gettext("Test deployment", language),
            languages=self._languages() if self.links else Html(""),
            focus=Html("" if self.alert else " autofocus"),
            content=self.content,
            notice=gettext(
                "This is a test deployment, not the real public personal authentication service.", language
            ),
        ).encode()

    def _languages(self) -> Html:
        current = Html(' aria-current="true"')
        links = [
            html(
                '<a href="?language={code}" lang="{code}"{current}>{name}</a> ',
                code=code,
                current=current if code == self.language else Html(""),
                name=name,
            )
            for code, name in LANGUAGES
        ]
        return html(
            '<nav class="language-switch" aria-label="{label}">{links}</nav>',
            label=gettext("Language", self.language),
            links=joined(links),
        )


def banner(kind: str, title: str, text: str, language: Language, *, alert: bool = False) -> Html:
    """A sign and a few words across the page; `kind`: error, warning or success."""
    names = {
        "error": gettext("Error", language),
        "warning": gettext("Attention", language),
        "success": gettext("Done", language),
    }
    sign = html(
        '<svg class="icon" viewBox="0 0 24 24" role="img" aria-label="{name}">{paths}</svg>',
        name=names[kind],
        paths=_SIGNS[kind],
    )
    role = Html(' role="alert" tabindex="-1" autofocus' if alert else "")
    return html(_BANNER, kind=kind, role=role, sign=sign, title=title, text=text)


def definitions(rows: list[tuple[str, Html]]) -> Html:
    """Names and what stands behind them, one below another."""
    row = "<div><dt>{name}</dt>{value}</div>"
    return html(
        '<div class="panel"><dl class="definitions">{rows}</dl></div>',
        rows=joined([html(row, name=name, value=value) for name, value in rows]),
    )


def explained(code: str, explanation: Explanation, language: Language) -> Html:
    """What is wrong, the next step, whom to ask, and the code."""
    contact = html('<dd class="prose">{contact}</dd>', contact=explanation.contact)
    rows = [
        (gettext("Contact", language), contact),
        (gettext("Code", language), html('<dd class="code">{code}</dd>', code=code)),
    ]
    return joined(
        [banner("error", explanation.cause, explanation.remedy, language, alert=True), definitions(rows)]
    )
