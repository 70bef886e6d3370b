"""The pages: who asks for what and the field for the PIN, what stands against it, and what went wrong."""

import secrets
from dataclasses import dataclass
from typing import Final

from honnin.citizen.companion.asked import LoginAsked
from honnin.citizen.companion.frame import Page, banner, definitions, explained
from honnin.citizen.companion.markup import Html, html, joined
from honnin.errors import Explanation, HonninError, Language, between_sentences, explain
from honnin.law.cards.pins import PinKind, pin_rule
from honnin.law.terms import Generation
from honnin.translation import gettext, message

TITLE: Final = {
    "not_allowed": message("You may not do this here"),
    "malformed": message("The request cannot be read"),
    "untrusted": message("This could not be confirmed"),
    "conflict": message("This is over"),
    "unavailable": message("This cannot be done now"),
    "card_error": message("The card cannot be used"),
}
_LAST_TRY: Final = message(
    "If you are sure of the PIN, type it, tick the box below it and send it. If you are not, go back and "
    "have the PIN reset at the counter of your municipality."
)
_ALL_TRIES: Final = pin_rule(PinKind.USER_AUTHENTICATION, Generation.NUMBER_CARD).tries
_FORM: Final = """<form class="panel" method="post" id="entry" action="{here}" novalidate>
  <input type="hidden" name="entry" value="{entry}">
  <div class="field">
    <label class="field-label" for="pin">{label} <span class="field-required">{required}</span></label>
    <p class="field-hint" id="pin_hint">{hint}</p>
    <div class="field-control"><input type="password" name="pin" id="pin" inputmode="numeric" maxlength="16"
      autocomplete="off" aria-describedby="pin_hint"{invalid}></div>
  </div>{last}
  <div class="button-row">
    <button class="button button-secondary" type="submit" form="leaving">{leave}</button>
    <button class="button" type="submit">{act}</button>
  </div>
</form>
<form method="post" id="leaving" action="{here}/leave"></form>"""
_LAST: Final = """
  <div class="field">
    <div class="choice"><input type="checkbox" name="use_last_try" value="1" id="use_last_try"><label
      for="use_last_try">{label}</label></div>
  </div>"""
_NO_ENTRY: Final = """<div class="button-row button-row-start">
  <form method="post" action="{here}/leave">
    <button class="button button-secondary" type="submit">{leave}</button>
  </form>
  <a class="button" href="{here}">{again}</a>
</div>"""


@dataclass(frozen=True)
class Asking:
    """What the pages of one request say: where they are, who asks, which card, which word."""

    here: str
    asked: LoginAsked
    card_name: str
    word: str
    language: Language

    def page(self, tries_left: int, failure: HonninError | None = None) -> Page:
        """The PIN is asked for. `failure`: why the one before was no answer."""
        language, parts = self.language, []
        if failure is not None:
            parts.append(_of_pin(failure, language))
        elif tries_left == 1:
            parts.append(_last_try_warning(language))
        parts += [self._who(), self._form(tries_left, failure)]
        return Page(self._title(), joined(parts), language, alert=failure is not None)

    def obstacle(self, error: HonninError) -> Page:
        """Something stands against it that no PIN mends."""
        language = self.language
        buttons = html(
            _NO_ENTRY,
            here=self.here,
            leave=gettext("Go back without logging in", language),
            again=gettext("Look at the card again", language),
        )
        parts = [
            explained(error.code, explain(error.code, language, error.context), language),
            self._who(),
            buttons,
        ]
        return Page(self._title(), joined(parts), language, alert=True)

    def _title(self) -> str:
        return gettext("Log in to {host}?", self.language).format(host=self.asked.host)

    def _who(self) -> Html:
        language = self.language
        site = html('<dd class="code">{origin}{note}</dd>', origin=self.asked.origin, note=self._name_note())
        learns = gettext("your user-authentication certificate, which has no name or address in it", language)
        rows = [
            (gettext("Who asks", language), site),
            (gettext("For what", language), _prose(gettext("Logging in", language))),
            (gettext("What the site gets", language), _prose(learns)),
            (gettext("Card", language), html('<dd class="code">{name}</dd>', name=self.card_name)),
            (gettext("Word of this companion", language), _word(self.word, language)),
        ]
        return definitions(rows)

    def _name_note(self) -> Html:
        if not self.asked.is_encoded_name:
            return Html("")
        note = gettext(
            "This name stands for letters of another script, which may look like another site's. If it is "
            "not the one that you mean, go back.",
            self.language,
        )
        return html('<p class="small">{note}</p>', note=note)

    def _form(self, tries_left: int, failure: HonninError | None) -> Html:
        language = self.language
        hint = gettext("Four digits. It goes to the card alone, and is kept nowhere.", language)
        if tries_left < _ALL_TRIES:
            hint += between_sentences(language)
            hint += gettext("Tries left: {count}.", language).format(count=tries_left)
        label = gettext("I know that a wrong PIN now blocks it", language)
        return html(
            _FORM,
            here=self.here,
            entry=secrets.token_urlsafe(16),
            label=gettext("Authentication PIN", language),
            required=gettext("*required", language),
            hint=hint,
            invalid=Html("" if failure is None else ' aria-invalid="true"'),
            last=html(_LAST, label=label) if tries_left == 1 else Html(""),
            leave=gettext("Go back without logging in", language),
            act=gettext("Log in with this card", language),
        )


def home_page(card_name: str, word: str, language: Language) -> Page:
    """Where a browser is after it was connected."""
    text = gettext("Go to the site where you want to log in; it brings you here and back.", language)
    rows = [
        (gettext("Card", language), html('<dd class="code">{name}</dd>', name=card_name)),
        (gettext("Word of this companion", language), _word(word, language)),
    ]
    connected = banner(
        "success", gettext("This browser is connected with your card.", language), text, language
    )
    return Page(gettext("Your card is at hand", language), joined([connected, definitions(rows)]), language)


def passing_page(asked: LoginAsked, language: Language) -> Page:
    """Leads on by itself: a browser shows its secret only on the way from one of our pages to another."""
    address = f"/asked?{asked.query()}"
    head = html('<meta http-equiv="refresh" content="0; url={address}">', address=address)
    link = html(
        '<p><a class="button" href="{address}">{words}</a></p>',
        address=address,
        words=gettext("Go on to the card", language),
    )
    title = gettext("Log in to {host}?", language).format(host=asked.host)
    return Page(title, link, language, links=False, head=head)


def error_page(error: HonninError, language: Language, *, back: str = "") -> Page:
    """Cause, next step, whom to ask; and the way back to a site that asked wrongly, where it has one."""
    parts = [explained(error.code, explain(error.code, language, error.context), language)]
    if back:
        words = gettext("Go back without logging in", language)
        parts.append(html('<p><a class="button" href="{back}">{words}</a></p>', back=back, words=words))
    return Page(gettext(TITLE[error.kind], language), joined(parts), language, links=False, alert=True)


def _of_pin(error: HonninError, language: Language) -> Html:
    explanation = explain(error.code, language, error.context)
    if error.code in ("E_PIN_LAST_TRY", "E_PIN_TRIES_UNKNOWN"):
        explanation = Explanation(explanation.cause, gettext(_LAST_TRY, language), explanation.contact)
    return banner("error", explanation.cause, explanation.remedy, language, alert=True)


def _last_try_warning(language: Language) -> Html:
    title = gettext("One try is left: a wrong PIN now blocks it.", language)
    return banner("warning", title, gettext(_LAST_TRY, language), language)


def _prose(text: str) -> Html:
    return html('<dd class="prose">{text}</dd>', text=text)


def _word(word: str, language: Language) -> Html:
    note = gettext("The same stands where you started it. A page that says another is not yours.", language)
    return html(
        '<dd class="prose"><span class="code">{word}</span> <span class="small">{note}</span></dd>',
        word=word,
        note=note,
    )


def is_of_pin(error: HonninError) -> bool:
    """Whether another PIN, or the person's word on the last try, may mend it."""
    return error.code in ("E_PIN_WRONG", "E_PIN_FORMAT", "E_PIN_LAST_TRY", "E_PIN_TRIES_UNKNOWN")
