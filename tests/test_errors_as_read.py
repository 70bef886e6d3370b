"""Errors as people read them, on a page, on the command line and in JSON: nothing dangles at their end."""

import json
import re
import string
import sys
from html.parser import HTMLParser

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override

from honnin import cli as commands
from honnin.cli import EXIT_CODE
from honnin.cli.terminal import json_output
from honnin.errors import Conflict, Language, Reader, Refusal, catalogue
from honnin.law.wording import ErrorText, explain_error, explain_refusals

LANGUAGES: tuple[Language, ...] = ("ja", "en")
# What others put into a sentence: nothing, words with a stop of their own, words of another language.
VALUES = ("", " ", "It failed.", "失敗しました。", "reason: ", "7")
DANGLING = re.compile(r"[\s:：;,、–—-]$|[(（]\s*[)）]|[.。][.。]|[:：]\s*[.。]|\s[.。](?!\w)")


def context_of(code: str, value: str) -> dict[str, str]:
    cause = catalogue()[code]["cause"]
    return {name: value for _, name, _, _ in string.Formatter().parse(cause) if name is not None}


def faults_of(said: ErrorText, language: Language) -> list[str]:
    stop = "。" if language == "ja" else "."
    wrong = [text for text in (said.cause, said.remedy) if not text.endswith(stop) or DANGLING.search(text)]
    if not said.contact or DANGLING.search(said.contact) or said.contact[-1] in ".。":
        wrong.append(said.contact)
    if language == "en" and not said.contact[0].isupper() and not said.contact.startswith("honnin "):
        wrong.append(said.contact)
    return wrong


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reader", Reader)
def test_every_sentence_ends_as_one_whatever_stands_in_it(language: Language, reader: Reader) -> None:
    wrong = {}
    for code in catalogue():
        for value in VALUES:
            context = context_of(code, value)
            (said,) = explain_error(Conflict(code, **context), language, reader)
            (refused,) = explain_refusals([Refusal(code, (), tuple(context.items()))], language, reader)
            assert refused == said
            if faults := faults_of(said, language):
                wrong[code] = faults
    assert wrong == {}


class Texts(HTMLParser):
    """What stands in the elements that say something to the reader."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in ("p", "dd", "dt", "h1"):
            self.found.append("")
            self._open += 1

    def handle_endtag(self, tag: str) -> None:
        self._open -= tag in ("p", "dd", "dt", "h1")

    def handle_data(self, data: str) -> None:
        if self._open:
            self.found[-1] += data


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_dangles_on_a_page(language: Language) -> None:
    for code in catalogue():
        said = explain_error(Conflict(code, **context_of(code, "It failed.")), language, Reader.CLERK)
        (one,) = said
        with override(language):
            drawn = (
                render_to_string("honnin/components/refusals.html", {"refusals": said}),
                render_to_string(
                    "honnin/error.html",
                    {"title": "-", "cause": one.cause, "remedy": one.remedy, "contact": one.contact},
                ),
            )
        for page in drawn:
            texts = [text.strip() for text in Texts(page).found]
            assert {one.cause, one.remedy, one.contact} <= set(texts), code
            assert [text for text in texts if not text or DANGLING.search(text)] == [] or "-" in texts, code


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_dangles_on_the_command_line_and_in_json(
    language: Language, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["honnin", "card", "list", "--json"])
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8" if language == "ja" else "en_GB.UTF-8")
    for code in set(catalogue()) - {"E_CATALOGUE_MISSING"}:  # which cannot be said but in English
        json_output.begin()
        with pytest.raises(SystemExit) as ended:
            commands._end_with(Conflict(code, **context_of(code, "It failed.")))
        printed = capsys.readouterr()
        sentence, contact = printed.err.splitlines()
        assert ended.value.code == EXIT_CODE["conflict"]
        assert sentence.endswith("。" if language == "ja" else "."), code
        assert not DANGLING.search(sentence), code
        assert re.fullmatch(rf" {{8}}\S.*\S \[{code}\]", contact), code
        assert not DANGLING.search(contact.partition(" [E_")[0]), code
        said = json.loads(printed.out)["error"]
        assert said["code"] == code
        assert set(said["context"]) == set(context_of(code, ""))
