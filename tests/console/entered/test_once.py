"""The same form, sent several times at the same moment, is carried out once, whichever process takes it."""

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import cast
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from honnin.clock import FixedClock
from honnin.console.entered.once import KEPT_FOR, over
from honnin.console.entered.turns import AT_ONCE
from honnin.console.models import SentForm
from tests.support.console import Console, codes
from tests.support.databases.engines import environment_of, require_postgresql

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_form_that_is_sent_at_once_to_one_process_and_to_two_costs_one_try(
    engine: str, tmp_path: Path
) -> None:
    if engine == "postgresql":
        require_postgresql()
    program = [sys.executable, "-W", "error", "-m", "tests.console.entered.once_program"]
    with environment_of(engine, tmp_path / "home") as environment:
        ended = subprocess.run(program, env=environment, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
    told = json.loads(ended.stdout)
    assert told["vendor"] == engine
    full = told["tries"][0]
    assert told["tries"] == [full, full - 1, full - 2]
    assert [len(each) for each in told["said"]] == [3, 2]
    assert all(status == 409 for each in told["said"] for status in each)
    assert told["again"] == 1
    assert len(told["right"]) == 3
    assert len({tuple(each) for each in told["right"]}) == 1
    assert told["right"][0][0] == 302
    assert told["released"] == 1


def another_process(client: Client) -> Client:
    """The same browser there: a client has middleware of its own."""
    other = Client()
    other.cookies = client.cookies
    return other


def form_id(page: str) -> str:
    found = re.search(r'name="form_id" value="(\w+)"', page)
    assert found is not None
    return found[1]


@pytest.mark.django_db(databases="__all__")
def test_a_form_is_sent_again_once_it_was_corrected(console: Console, clock: FixedClock) -> None:
    client, (resident, _card) = console.clerk(), console.resident()
    address = reverse("counter:change_address", args=[resident.public_id])
    form = form_id(client.get(address).content.decode())

    def send(by: Client, fields: dict[str, str]) -> HttpResponse:
        return cast(HttpResponse, by.post(address, urlencode(fields), content_type=FORM))

    typed = {"address": "", "moved_on": "2026-06-01", "change": "address", "form_id": form}
    refused = send(client, typed)
    assert refused.status_code != 302
    assert form_id(refused.content.decode()) != form
    twice = send(client, typed)  # the second click, however late the browser sends it
    assert (twice.status_code, twice.content) == (refused.status_code, refused.content)
    corrected = client.post(address, typed | {"address": "みほん県みほん市別町１"})
    assert "E_FORM_SENT_TWICE" not in corrected.content.decode()
    elsewhere = send(another_process(client), typed)
    assert (elsewhere.status_code, codes(elsewhere.content.decode())) == (409, ["E_FORM_SENT_TWICE"])
    clock.move_to(clock.now() + AT_ONCE)
    assert "E_FORM_SENT_TWICE" not in send(another_process(client), typed).content.decode()


@pytest.mark.django_db(databases="__all__")
def test_nothing_of_a_form_is_kept_but_where_it_led_and_that_not_for_long(
    console: Console, clock: FixedClock
) -> None:
    client, (resident, _card) = console.clerk(), console.resident()
    address = reverse("counter:change_address", args=[resident.public_id])
    sent = {"form_id": "a" * 32, "pin": "1234", "address": "別町"}
    client.post(address, sent)
    client.post(address, sent | {"pin": "9876"})
    row = SentForm.objects.get()
    assert re.fullmatch(r"[0-9a-f]{64}", row.key)
    assert row.led_to == ""
    assert not over(clock.now()).exists()
    assert over(clock.now() + KEPT_FOR).count() == 1
    assert over(clock.now() - timedelta(seconds=1)).count() == 1
