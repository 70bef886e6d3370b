"""What is marked in the words of a page: Japanese on an English one, and where the Act's name may be torn."""

import re

from django.utils.translation import override

from honnin.console.templatetags.japanese import NAMES, is_date, is_prose, japanese


def test_the_name_of_the_act_is_torn_between_its_words_alone() -> None:
    with override("ja"):
        marked = japanese(f"サービスは、{NAMES[0]}にもとづきます。")
    parts = re.sub("</?span[^>]*>", "|", marked).split("|")[1].split("<wbr>")
    assert "".join(parts) == NAMES[0]
    assert parts[1:3] == ["地方公共団体情報システム機構の", "認証業務に関する"]


def test_the_year_of_an_era_is_not_torn_in_english() -> None:
    with override("en"):
        assert str(japanese("2031-03-15 (Reiwa 13)")).endswith('<span class="unbroken">(Reiwa 13)</span>')


def test_sentences_are_told_from_names() -> None:
    assert is_prose("この日を過ぎると、カードは失効します。")
    assert is_prose("鍵や暗証番号を他人に知られた、またはそのおそれがある")
    assert not is_prose("みほん県みほん市見本町１－２－３")
    assert not is_prose(None)


def test_a_day_in_both_calendars_is_known() -> None:
    assert is_date("令和8年6月1日（2026年6月1日）")
    assert is_date("令和元年5月1日（2019年5月1日）")
    assert not is_date("2026-06-01 (Reiwa 8)")
    assert not is_date("令和8年6月1日（2026年6月1日）に国外へ転出する予定です")
