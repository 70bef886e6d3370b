"""Where an installation lies, its secrets, and the databases of its roles."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from django.conf import settings
from django.db import connections

from honnin.agency.authority.services import authority
from honnin.agency.records.models import IssuanceRecord
from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport.in_process import InProcess
from honnin.errors import Malformed, Unavailable
from honnin.municipality.residents.models import Resident
from honnin.sites.addresses import Addresses, chosen_addresses, keep
from honnin.sites.databases.address import database
from honnin.sites.databases.router import RoleRouter
from honnin.sites.deployment import deployment
from honnin.sites.home import Home
from tests.support.town import Town


def test_a_secret_is_made_once_private_and_random(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    secret = home.secret("one")
    assert home.secret("one") == secret != home.secret("two")
    assert len(bytes.fromhex(secret)) == 32
    assert stat.S_IMODE(home.keys.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.keys.iterdir()} == {0o600}
    assert {path.name for path in home.keys.iterdir()} == {"one", "two"}


def test_many_who_start_at_once_share_one_secret(tmp_path: Path) -> None:
    for attempt in range(20):
        home = Home(tmp_path / str(attempt))
        with ThreadPoolExecutor(8) as pool:
            secrets = set(pool.map(lambda _, home=home: home.secret("one"), range(8)))
        assert len(secrets) == 1
        assert len(secrets.pop()) == 64
        assert [path.name for path in home.keys.iterdir()] == ["one"]


def test_settings_are_private_to_the_installation() -> None:
    assert settings.HOME.secret("passphrase") == settings.HONNIN_KEY_PASSPHRASE
    assert settings.HOME.secret("session-secret") == settings.SECRET_KEY
    master_key = settings.HOME.secret_key("card-master-key")
    assert len({settings.SECRET_KEY, settings.HONNIN_KEY_PASSPHRASE, master_key.hex()}) == 3
    values = [getattr(settings, name) for name in dir(settings)]
    assert not any(master_key.hex() in str(value) for value in values)  # it stays in its file


# — Databases —————————————————————————————————————————————————————————————————————————————————————————


def test_each_role_has_its_own_database() -> None:
    router = RoleRouter()
    assert router.db_for_write(IssuanceRecord) == router.db_for_read(IssuanceRecord) == "agency"
    assert router.db_for_write(Resident) == "municipality"
    assert not router.allow_relation(IssuanceRecord(), Resident())
    assert [alias for alias in connections if router.allow_migrate(alias, "agency_records")] == ["agency"]
    assert [alias for alias in connections if router.allow_migrate(alias, "auth")] == ["default"]


@pytest.mark.django_db(databases="__all__")
def test_no_roles_tables_stand_in_anothers_database() -> None:
    for alias in connections:
        with connections[alias].cursor() as cursor:
            tables = connections[alias].introspection.table_names(cursor)
        roles = {name.partition("_")[0] for name in tables} & {"agency", "municipality"}
        assert roles == ({alias} - {"default"})


def test_a_postgresql_address_is_read_with_its_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = (
        "postgresql://honnin:p%40ss%2Fword@db.example:5433/records?sslmode=verify-full&connect_timeout=3"
    )
    monkeypatch.setenv("HONNIN_AGENCY_DATABASE", address)
    described = database("agency", Home(tmp_path))
    assert described["ENGINE"] == "django.db.backends.postgresql"
    assert (described["NAME"], described["USER"], described["PASSWORD"]) == (
        "records",
        "honnin",
        "p@ss/word",
    )
    assert (described["HOST"], described["PORT"]) == ("db.example", "5433")
    assert described["OPTIONS"] == {"sslmode": "verify-full", "connect_timeout": "3"}


@pytest.mark.parametrize(
    "address",
    [
        "mysql://x/y",
        "postgresql://host",
        "postgresql://host/",
        "x",
        "postgresql://h:port/x",
        "postgresql://[/x",
    ],
)
def test_an_address_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HONNIN_AGENCY_DATABASE", address)
    with pytest.raises(Malformed, match="E_DATABASE_ADDRESS") as raised:
        database("agency", Home(tmp_path))
    assert "HONNIN_AGENCY_DATABASE" in raised.value.sentence("en")


def test_postgresql_without_its_driver_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HONNIN_AGENCY_DATABASE", "postgresql://host/records")
    monkeypatch.setitem(sys.modules, "psycopg", None)  # as if it were not installed
    with pytest.raises(Unavailable, match="E_DATABASE_DRIVER") as raised:
        database("agency", Home(tmp_path))
    assert "psycopg" in raised.value.sentence("ja")


@pytest.mark.django_db(databases="__all__")
@pytest.mark.parametrize("alias", ["agency", "municipality", "default"])
def test_sqlite_waits_for_the_disk_and_keeps_its_references(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        answers = {}
        for pragma in ("journal_mode", "synchronous", "foreign_keys"):
            cursor.execute(f"PRAGMA {pragma}")
            answers[pragma] = cursor.fetchone()[0]
    assert answers == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


# — Deployment ————————————————————————————————————————————————————————————————————————————————————————


def test_a_deployment_is_a_test_unless_configured_on_purpose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    assert deployment(home).organisation == "JPKI-TEST"
    monkeypatch.setenv("HONNIN_OCSP_URI", "http://status.example/ocsp")
    assert deployment(home).ocsp_uri == "http://status.example/ocsp"
    assert deployment(home).organisation == "JPKI-TEST"


@pytest.mark.parametrize(
    "uri",
    [
        "nonsense",
        "",
        "ftp://status.example/",
        "http://",
        "http:///ocsp",
        "http://h:x/",
        "http://[/",
        "http://h/a b",
    ],
)
def test_certificates_carry_no_address_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    monkeypatch.setenv("HONNIN_OCSP_URI", uri)
    with pytest.raises(Malformed, match="E_OCSP_URI"):
        deployment(Home(tmp_path))


def test_the_address_in_certificates_stands_in_the_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    keep(home, chosen_addresses(home, ocsp_port=8762))
    assert deployment(home).ocsp_uri == "http://127.0.0.1:8762/ocsp"
    monkeypatch.setenv("HONNIN_OCSP_URI", "http://127.0.0.1:8762/ocsp")  # the same, said again
    assert deployment(home).ocsp_uri == "http://127.0.0.1:8762/ocsp"
    monkeypatch.setenv("HONNIN_OCSP_URI", "http://status.example/ocsp")
    with pytest.raises(Malformed, match="E_OCSP_URI_DIFFERS"):
        deployment(home)
    keep(home, chosen_addresses(home))  # who opens it anew with the other address moves it
    monkeypatch.delenv("HONNIN_OCSP_URI")
    assert deployment(home).ocsp_uri == "http://status.example/ocsp"
    assert chosen_addresses(home, port=9000) == Addresses(9000, 8762, "http://status.example/ocsp")
    assert stat.S_IMODE(home.addresses.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"port": 1}',
        b'{"port": 0, "ocsp_port": 1, "set_ocsp_uri": null}',
        b'{"port": true, "ocsp_port": 1, "set_ocsp_uri": null}',
        b'{"port": 1, "ocsp_port": 2, "set_ocsp_uri": "ftp://x"}',
    ],
)
def test_damaged_addresses_are_not_replaced_by_a_default(tmp_path: Path, content: bytes) -> None:
    home = Home(tmp_path)
    home.addresses.write_bytes(content)
    for asked in (deployment, chosen_addresses):
        with pytest.raises(Malformed, match="E_ADDRESSES_UNREADABLE") as raised:
            asked(home)
        assert str(home.addresses) in raised.value.sentence("ja")
    assert home.addresses.read_bytes() == content


@pytest.mark.django_db(databases="__all__")
def test_who_issues_later_writes_the_address_of_then(town: Town, settings: Any, tmp_path: Path) -> None:
    """Also a process that runs on while the installation gets another address."""
    home = Home(tmp_path)
    settings.HONNIN_DEPLOYMENT = partial(deployment, home)
    authority.cache_clear()
    try:
        for port in (8762, 8763):
            keep(home, chosen_addresses(home, ocsp_port=port))
            card = InProcess(town.with_certificates().card)
            session = CardSession(card)
            session.select_jpki()
            certificate = x509.load_der_x509_certificate(session.read_certificate(KeySlot.AUTHENTICATION))
            access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
            assert [each.access_location.value for each in access] == [f"http://127.0.0.1:{port}/ocsp"]
    finally:
        authority.cache_clear()


def test_importing_the_sites_opens_nothing(tmp_path: Path) -> None:
    """Neither the responder's site nor the command makes a folder by being imported."""
    home = tmp_path / "home"
    program = "import honnin.sites.responder, honnin.cli, honnin.sites.home"
    environment = os.environ | {"HONNIN_HOME": str(home), "PYTHONPATH": str(Path("src").resolve())}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    assert not home.exists()
