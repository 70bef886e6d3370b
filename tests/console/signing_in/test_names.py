"""One name however it is typed, and what can be no name."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from honnin.console.account_name import LONGEST, account_name
from honnin.console.models import SignInCount
from honnin.journal.binding import changed
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.guards.staff import clerk_of
from tests.console.signing_in.attempts import (
    FREE,
    PASSWORD,
    REAL_HASHERS,
    RIGHT,
    WRONG,
    attempt,
    in_transaction,
    require_paused,
)
from tests.support.console import Console
from tests.support.telling import tell

TYPED = {
    "as it is": "hanako",
    "capitals": "Hanako",
    "a space": " hanako ",
    "a space within": "hana ko",
    "a full-width space": "\u3000hanako",
    "a tab": "hanako\t",
    "a line's end": "hanako\r\n",
    "full-width letters": "ｈａｎａｋｏ",
    "full-width capitals": "ＨＡＮＡＫＯ",
    "a zero-width space": "hana\u200bko",
    "a joiner": "hanako\u200d",
    "a byte order mark": "\ufeffhanako",
    "a soft hyphen": "hana\u00adko",
    "a mark of direction": "\u202ehanako",
    "a no-break space": "hanako\u00a0",
    "a filler": "hanako\u3164",
    "a variation selector": "hanako\ufe0f",
    "a language tag": "hanako\U000e0041",
    "a control character": "hana\x07ko",
}


@pytest.mark.parametrize("typed", TYPED.values(), ids=TYPED)
@in_transaction
def test_a_name_is_one_however_it_is_typed(account: str, typed: str) -> None:
    assert account_name(typed) == account
    assert attempt(typed, PASSWORD).status_code == RIGHT


@in_transaction
def test_no_spelling_begins_a_new_count(account: str) -> None:
    spellings = list(TYPED.values())
    for typed in spellings[:FREE]:
        assert attempt(typed, "wrong").status_code == WRONG
    for typed in spellings:
        require_paused(attempt(typed, PASSWORD))


@given(st.text(max_size=40))
def test_a_normalised_name_stays_as_it_is(typed: str) -> None:
    assert account_name(account_name(typed)) == account_name(typed)


@given(
    st.text(max_size=20), st.sampled_from(" \t\u3000\u200b\u00ad\ufeff\u3164\ufe0f\x00"), st.integers(0, 20)
)
def test_what_is_not_seen_makes_no_other_name(typed: str, unseen: str, place: int) -> None:
    assert account_name(typed[:place] + unseen + typed[place:]) == account_name(typed)


@in_transaction
def test_names_are_kept_as_they_are_compared(console: Console) -> None:
    clerk = console.town.clerk()
    Clerk.objects.filter(pk=clerk.pk).update(user_name=" Ｔａｒｏ")
    clerk.refresh_from_db()
    tell(changed(clerk, "user_name"))
    assert clerk.user_name == "taro"
    assert clerk_of("ＴＡＲＯ") == clerk_of("taro") == clerk
    assert User.objects.create_user("Ｔａｒｏ　", password=PASSWORD).username == "taro"
    assert attempt("TARO", PASSWORD).status_code == RIGHT


@pytest.mark.parametrize("typed", ["n" * (LONGEST + 1), "\ufdfa" * 20, "\u200b", "\u3000 \t"], ids=range(4))
@in_transaction
def test_what_can_be_no_name_is_refused_without_looking_at_the_password(
    account: str, typed: str, settings: Settings, hashed: Callable[[], list[str]]
) -> None:
    settings.PASSWORD_HASHERS = REAL_HASHERS
    answer = attempt(typed, PASSWORD)
    assert answer.status_code == WRONG
    assert "<title>Error: " in answer.content.decode()
    assert hashed() == []
    assert not SignInCount.objects.exists()
