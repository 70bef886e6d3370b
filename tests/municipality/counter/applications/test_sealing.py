"""Copies of evidence at rest: sealed under a key outside the database, and bound to their place."""

import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connections
from django.urls import reverse

from honnin.errors import Unavailable, Untrusted
from honnin.municipality.counter.applications.evidence import sealing
from honnin.municipality.counter.applications.evidence.copies import ShownDocument
from honnin.municipality.counter.applications.models import Application, EvidenceCopy
from tests.support.console import Console, codes
from tests.support.databases import postgresql
from tests.support.databases.engines import require_postgresql
from tests.support.town import LICENCE, PHOTO, Town

pytestmark = pytest.mark.django_db(databases="__all__")

Whose = EvidenceCopy.Whose
PASSPORT = ShownDocument(Whose.APPLICANT, "passport", b"\x89PNG\r\n\x1a\n passport IEND\xaeB`\x82")


@pytest.fixture(autouse=True)
def own_keys(settings: LazySettings, tmp_path: Path, town: Town) -> Path:
    """A folder of keys of this test alone."""
    keys = tmp_path / "keys"
    keys.mkdir()
    for name in ("evidence-key", "card-master-key"):
        shutil.copy(settings.HONNIN_KEYS / name, keys)
    settings.HONNIN_KEYS = keys
    return keys


def copies(town: Town, *shown: ShownDocument) -> list[EvidenceCopy]:
    return list(town.receive(town.move_in(), shown=shown).evidence.order_by("pk"))


def test_nothing_of_a_copy_stands_in_the_database(town: Town) -> None:
    [copy] = copies(town, LICENCE)
    with connections["municipality"].cursor() as cursor:
        cursor.execute("SELECT * FROM municipality_counter_evidencecopy")
        [row] = cursor.fetchall()
    stored = b"\x00".join(bytes(value) if isinstance(value, bytes) else str(value).encode() for value in row)
    assert PHOTO not in stored
    assert b"photograph" not in stored
    for digest in (hashlib.sha256(PHOTO).hexdigest(), hashlib.sha256(PHOTO).digest()):
        assert (digest if isinstance(digest, bytes) else digest.encode()) not in stored
    assert sealing.content_of(copy) == PHOTO


def test_the_same_copy_sealed_twice_looks_different(town: Town) -> None:
    [one], [other] = copies(town, LICENCE), copies(town, LICENCE)
    assert bytes(one.content) != bytes(other.content)


def test_a_copy_that_is_sent_twice_is_kept_once_and_another_beside_it(town: Town) -> None:
    again = ShownDocument(Whose.APPLICANT, "driving_licence", PHOTO + b" of the back")
    assert len(copies(town, LICENCE, LICENCE, again)) == 2


def test_copies_cannot_be_exchanged(town: Town) -> None:
    licence, passport = copies(town, LICENCE, PASSPORT)
    [elsewhere] = copies(town, LICENCE)
    contents = {copy.pk: bytes(copy.content) for copy in (licence, passport, elsewhere)}
    for copy in (licence, passport, elsewhere):
        for content in (content for pk, content in contents.items() if pk != copy.pk):
            copy.content = content
            with pytest.raises(Untrusted, match="E_EVIDENCE_ALTERED"):
                sealing.content_of(copy)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("public_id", "0" * 32),
        ("application_id", "99101-20260401-000000"),
        ("whose", Whose.PROXY),
        ("document", "passport"),
        ("media_type", "application/pdf"),
    ],
)
def test_a_copy_opens_as_what_it_was_kept_for_only(town: Town, column: str, value: str) -> None:
    [copy] = copies(town, LICENCE)
    assert getattr(copy, column) != value
    setattr(copy, column, value)
    with pytest.raises(Untrusted, match="E_EVIDENCE_ALTERED"):
        sealing.content_of(copy)


@pytest.mark.alters_records
def test_which_keys_are_lost(town: Town, own_keys: Path) -> None:
    assert sealing.lost_keys() == []
    copy, _passport = copies(town, LICENCE, PASSPORT)
    (own_keys / "evidence-key-2").write_text(secrets.token_hex(32))
    copies(town, LICENCE)
    assert sealing.lost_keys() == []
    copy.content = bytes(copy.content)[:-1] + b"\x00"
    copy.save(update_fields=["content"])
    assert sealing.lost_keys() == []  # it is the copy that was altered
    (own_keys / "evidence-key-2").write_text(secrets.token_hex(32))
    assert sealing.lost_keys() == ["evidence-key-2"]
    (own_keys / "evidence-key").unlink()
    assert sorted(sealing.lost_keys()) == ["evidence-key", "evidence-key-2"]


def test_every_changed_octet_is_noticed(town: Town) -> None:
    [copy] = copies(town, LICENCE)
    sealed = bytes(copy.content)
    for at in range(len(sealed)):
        copy.content = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises((Untrusted, Unavailable)):
            sealing.content_of(copy)
    for end in range(len(sealed)):
        copy.content = sealed[:end]
        with pytest.raises(Untrusted):
            sealing.content_of(copy)


def test_a_new_key_seals_from_now_on_and_the_former_opens_what_it_sealed(town: Town, own_keys: Path) -> None:
    [before] = copies(town, LICENCE)
    (own_keys / "evidence-key-2").write_text(secrets.token_hex(32))
    [after] = copies(town, LICENCE)
    assert bytes(before.content).startswith(b"sealed:1:")
    assert bytes(after.content).startswith(b"sealed:2:")
    assert sealing.content_of(before) == sealing.content_of(after) == PHOTO
    (own_keys / "evidence-key").unlink()
    assert sealing.content_of(after) == PHOTO
    with pytest.raises(Unavailable, match=r"E_KEY_UNAVAILABLE file=evidence-key$"):
        sealing.content_of(before)


def test_a_lost_key_is_named_and_no_new_one_is_made_in_its_place(console: Console, own_keys: Path) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    console.apply(client, resident)
    copy = EvidenceCopy.objects.get()
    (own_keys / "evidence-key").unlink()
    response = client.get(reverse("counter:evidence_copy", args=[copy.application_id, copy.public_id]))
    assert response.status_code == 503
    assert codes(response.content.decode()) == ["E_KEY_UNAVAILABLE"]
    assert "evidence-key" in response.content.decode()
    with pytest.raises(Unavailable, match="file=evidence-key"):
        sealing.open_key()
    assert not (own_keys / "evidence-key").exists()
    other, _card = console.resident()
    assert console.apply(client, other).status_code == 503
    assert not other.applications.exists()


def test_the_key_is_made_while_nothing_is_sealed(own_keys: Path) -> None:
    (own_keys / "evidence-key").unlink()
    sealing.open_key()
    made = (own_keys / "evidence-key").read_text()
    sealing.open_key()
    assert (own_keys / "evidence-key").read_text() == made
    assert (own_keys / "evidence-key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("content", "name", "shown"),
    [
        (PHOTO, "jpg", "inline"),
        (b"\x89PNG\r\n\x1a\n passport IEND\xaeB`\x82", "png", "inline"),
        (b"%PDF-1.7 <script> %%EOF", "pdf", "attachment"),
    ],
)
def test_a_copy_is_shown_able_to_do_nothing(console: Console, content: bytes, name: str, shown: str) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    application = console.town.receive(resident, shown=(ShownDocument(Whose.APPLICANT, "passport", content),))
    copy = application.evidence.get()
    response = client.get(reverse("counter:evidence_copy", args=[application.number, copy.public_id]))
    assert response.content == content
    policy = response.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    disposition = f'{shown}; filename="{application.number}-{copy.public_id[:8]}.{name}"'
    assert response.headers["Content-Disposition"] == disposition


def test_no_copy_without_its_key_is_taken(town: Town, own_keys: Path) -> None:
    (own_keys / "evidence-key").write_text("no key")
    with pytest.raises(Unavailable, match="E_KEY_UNAVAILABLE"):
        copies(town, LICENCE)
    assert not Application.objects.exists()


@contextmanager
def engine(name: str) -> Iterator[dict[str, str]]:
    """The environment that names a municipality's database on an engine."""
    if name == "sqlite":
        yield {}
        return
    require_postgresql()
    with postgresql.server() as address:
        yield {"HONNIN_MUNICIPALITY_DATABASE": postgresql.create_database(address, "municipality")}


@pytest.mark.parametrize("name", ["sqlite", pytest.param("postgresql", marks=pytest.mark.conformance)])
def test_copies_of_an_earlier_version_are_sealed_when_the_installation_is_opened(
    tmp_path: Path, name: str
) -> None:
    program = [sys.executable, "-m", "tests.municipality.upgrade_program"]
    with engine(name) as database:
        environment = os.environ | {"HONNIN_HOME": str(tmp_path / "home"), "PYTHONPATH": "src:."} | database
        ended = subprocess.run(program, env=environment, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
    told = json.loads(ended.stdout)
    assert told == {"copies": ["whole", "E_EVIDENCE_ALTERED"], "ids": 2, "found": [2, 2, 2, 2], "plain": 0}
