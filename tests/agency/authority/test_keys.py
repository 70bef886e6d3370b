"""How the authorities' keys are kept: private, under a passphrase, never overwritten, never replaced."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from django.conf import settings

from honnin.agency.authority.models import SerialSequence
from honnin.agency.authority.services import (
    authority,
)
from honnin.custody.key_files import KeyFiles
from honnin.errors import Unavailable
from honnin.pkix.encrypted_key import stretching_of
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")


# — Custody ———————————————————————————————————————————————————————————————————————————————————————————


@pytest.fixture
def keys(tmp_path: Path) -> KeyFiles:
    files = KeyFiles(tmp_path / "keys", "a passphrase")
    files.create("ca")
    files.create_journal_key("journal")
    return files


def test_key_files_are_private(keys: KeyFiles) -> None:
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys.folder.iterdir()} == {0o600}
    assert {path.name for path in keys.folder.iterdir()} == {"ca.pem", "journal.pem"}


def test_the_installations_own_keys_are_private() -> None:
    for path in settings.HONNIN_KEYS.glob("*.pem"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert b"BEGIN ENCRYPTED PRIVATE KEY" in path.read_bytes()


def test_keys_cannot_be_read_without_the_passphrase(keys: KeyFiles) -> None:
    pem = (keys.folder / "ca.pem").read_bytes()
    with pytest.raises(TypeError, match="encrypted"):
        serialization.load_pem_private_key(pem, None)
    stranger = KeyFiles(keys.folder, "another passphrase")
    for read in (
        lambda: stranger.load("ca"),
        lambda: stranger.sign("ca", b"x"),
        lambda: stranger.journal_key("journal"),
    ):
        with pytest.raises(Unavailable, match="E_KEY_UNAVAILABLE"):
            read()


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "another kind"])
def test_a_key_that_cannot_be_opened_is_unavailable(keys: KeyFiles, damage: str) -> None:
    path, again = keys.folder / "ca.pem", KeyFiles(keys.folder, "a passphrase")
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "another kind":
        path.write_bytes((keys.folder / "journal.pem").read_bytes())
    else:
        path.write_bytes(content[: len(content) // 2] if damage == "cut" else b"")
    with pytest.raises(Unavailable, match="E_KEY_UNAVAILABLE"):
        again.load("ca")


def test_a_passphrase_is_stretched_by_scrypt_under_one_salt(keys: KeyFiles) -> None:
    found = {stretching_of(path.read_bytes()) for path in keys.folder.iterdir()}
    assert len(found) == 1
    [stretching] = found
    assert stretching is not None
    assert (stretching.cost, stretching.block_size, stretching.passes) == (1 << 14, 8, 5)
    assert len(stretching.salt) == 16


def test_key_files_of_former_versions_are_read_and_put_under_scrypt(tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    theirs, private = serialization.BestAvailableEncryption(b"another"), serialization.PrivateFormat.PKCS8
    ours = serialization.BestAvailableEncryption(b"a passphrase")
    old = {
        "ca": key.private_bytes(serialization.Encoding.PEM, private, ours),
        "other": key.private_bytes(serialization.Encoding.PEM, private, theirs),
    }
    for name, content in old.items():
        (tmp_path / f"{name}.pem").write_bytes(content)
    files = KeyFiles(tmp_path, "a passphrase")
    assert files.load("ca").private_numbers() == key.private_numbers()
    assert files.stretch_old_files() == ["ca"]
    assert files.stretch_old_files() == []
    again = KeyFiles(tmp_path, "a passphrase")
    assert again.load("ca").private_numbers() == key.private_numbers()
    assert stretching_of((tmp_path / "ca.pem").read_bytes()) is not None
    assert stat.S_IMODE((tmp_path / "ca.pem").stat().st_mode) == 0o600
    assert (tmp_path / "other.pem").read_bytes() == old["other"]
    assert {path.name for path in tmp_path.iterdir()} == {"ca.pem", "other.pem"}


def test_a_key_is_never_overwritten(keys: KeyFiles) -> None:
    before = (keys.folder / "ca.pem").read_bytes()
    with pytest.raises(FileExistsError):
        keys.create("ca")
    assert (keys.folder / "ca.pem").read_bytes() == before


def test_the_journals_key_stays_the_same(keys: KeyFiles) -> None:
    key = keys.journal_key("journal")
    assert isinstance(key, ed25519.Ed25519PrivateKey)
    keys.create_journal_key("journal")
    again = KeyFiles(keys.folder, "a passphrase").journal_key("journal")
    assert again.public_key() == key.public_key()


def test_a_lost_key_of_the_journal_is_not_replaced(keys: KeyFiles) -> None:
    (keys.folder / "journal.pem").unlink()
    with pytest.raises(Unavailable, match="E_KEY_UNAVAILABLE"):
        keys.journal_key("journal")
    assert not (keys.folder / "journal.pem").exists()


def test_without_its_key_the_authority_signs_nothing_and_no_number_is_used(
    town: Town, tmp_path: Path
) -> None:
    holder = town.holder()
    application = town.approved(holder.resident)
    before = list(SerialSequence.objects.values())
    moved = settings.HONNIN_KEYS.rename(tmp_path / "elsewhere")
    authority.cache_clear()
    try:
        with pytest.raises(Unavailable, match="E_KEY_UNAVAILABLE"):
            town.issue(application, holder.reader())
    finally:
        moved.rename(settings.HONNIN_KEYS)
    assert list(SerialSequence.objects.values()) == before
    assert town.records(holder) == {}
    assert len(town.issue(application, holder.reader())) == 2
