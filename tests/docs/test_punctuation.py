"""Japanese sentences have Japanese punctuation: in every catalogue, and whatever Django's fields say."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import override
from tools.translations import catalogues

import honnin
from honnin.errors import catalogue
from honnin.law.cards.pins import PinKind
from honnin.municipality.counter.cards.forms import CardAndPins
from honnin.translation import gettext

NEW_PINS = (PinKind.SIGNATURE, PinKind.USER_AUTHENTICATION)
JA = "[ぁ-んァ-ヶー一-龥々〇、。「」（）：～]"
HALF_WIDTH = re.compile(
    rf"{JA} ?[:;,?!.](?=\s|$|{JA})|[:;,?!] ?{JA}|{JA} ?\(|\) ?{JA}|\({JA}|{JA}\)|{JA}\.\.\."
)
MEANT = re.compile(
    r"`[^`]*`|\"[^\"]*\"|honnin: |pkcs11: |pkcs11:\S+|postgresql:\S+|DeprecationWarning: "
    r"|(?<![\w}])[\w}]+[:?][/\w]\S*"
)
"""Names, commands and addresses, which are written as they are typed."""
LATIN = re.compile(r"[A-Za-z]{2,}")
WORDS_KNOWN = {"JPEG", "PNG", "PDF", "MB", "KB", "PIN", "IC", "JSON", "UUID", "NULL"}


def faults_in(text: str) -> list[str]:
    return [found[0] for found in HALF_WIDTH.finditer(MEANT.sub("", text))]


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("文字 (値は 3 文字)", True),
        ("エラー: 値", True),
        ("選んでください.", True),
        ("続けますか?", True),
        ("a, b のいずれか", False),
        ("エラー：値（3文字）。", False),
        ("`honnin card samples` の一覧", False),
    ],
)
def test_half_width_punctuation_is_found(text: str, is_wrong: bool) -> None:
    assert bool(faults_in(text)) == is_wrong


def test_sentences_in_the_catalogues_have_japanese_punctuation() -> None:
    wrong = []
    for path, translations in catalogues().items():
        for message in translations:
            if not message.id:
                continue
            said = message.string if isinstance(message.string, tuple | list) else (message.string,)
            wrong += [(path.parts[-5], text, found) for text in said for found in faults_in(str(text))]
    for code, parts in catalogue().items():
        said_of_it = [gettext(part, "ja") for part in parts.values()]
        wrong += [(code, text, found) for text in said_of_it for found in faults_in(text)]
    assert wrong == []


def forms_of_all_rooms() -> Iterator["type[forms.Form | forms.ModelForm[Any]]"]:
    for module in pkgutil.walk_packages(honnin.__path__, "honnin."):
        if "forms" in module.name or module.name.endswith("sign_in"):
            for _, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
                if issubclass(found, forms.Form | forms.ModelForm) and found.__module__ == module.name:
                    yield found


def every_field() -> Iterator[tuple[str, forms.Field]]:
    for form in forms_of_all_rooms():
        for name, field in form.base_fields.items():
            yield f"{form.__name__}.{name}", field
    for name, field in CardAndPins(NEW_PINS, ["TEST1"], "TEST1").fields.items():
        yield f"CardAndPins.{name}", field


BAD: tuple[Any, ...] = (
    None,
    "",
    "x" * 5000,
    "あ\0い",
    "nowhere",
    ["nowhere"],
    "2026-99-99",
    SimpleUploadedFile("empty.pdf", b""),
    SimpleUploadedFile("no-picture.pdf", b"text"),
    SimpleUploadedFile("x" * 300 + ".pdf", b"%PDF-1.7 %%EOF"),
)


def said_of(field: forms.Field) -> Iterator[str]:
    """What a field says of every kind of wrong value; a file's own message is asked for by its limit."""
    if isinstance(field, forms.FileField):
        field.max_length = 100
    for value in BAD:
        try:
            field.clean(value)
        except forms.ValidationError as error:
            yield from map(str, error.messages)
        except (AttributeError, TypeError):
            pass  # a value that no browser sends to such a field


def test_every_field_says_what_is_wrong_in_japanese_alone() -> None:
    with override("ja"):
        told = {(name, said) for name, field in every_field() for said in said_of(field)}
    assert len({name for name, _ in told}) > 15
    for name, said in told:
        assert said.endswith("。"), (name, said)
        assert faults_in(said) == [], (name, said)
        words = {*LATIN.findall(re.sub("「.*」", "", said))} - WORDS_KNOWN
        assert not words or "S55" in said, (name, said)
