"""Master keys in SoftHSM's token: the same card keys as from a file, and whatever can be wrong."""

import sys
from pathlib import Path
from typing import Any

import pkcs11
import pytest

from honnin.agency.keys.master_keys import (
    KeyFolder,
    KeyToken,
    MasterKeys,
    make_next_version,
    master_keys,
    open_master_keys,
)
from honnin.agency.keys.token import Token
from honnin.agency.keys.token_address import TokenAddress
from honnin.card.scp03 import derive_card_keys
from honnin.clock import FixedClock
from honnin.errors import Unavailable
from tests.conformance.token.keys import KEY, NUMBER
from tests.support.hsm import MODULE, PIN, SoftToken
from tests.support.town import Town

pytestmark = pytest.mark.conformance


def attributes(label: str) -> dict[str, Any]:
    """What the token says of a key, in the session that is open already."""
    wanted = (pkcs11.Attribute.SENSITIVE, pkcs11.Attribute.EXTRACTABLE, pkcs11.Attribute.PRIVATE)
    library = pkcs11.lib(str(MODULE))
    (found,) = [slot.get_token() for slot in library.get_slots(token_present=True)][:1]
    with found.open() as session:
        key = session.get_key(label=label)
        with pytest.raises(pkcs11.AttributeSensitive):
            key[pkcs11.Attribute.VALUE]
        return {each.name: key[each] for each in wanted}


# — The same keys, wherever they lie ———————————————————————————————————————————————————————————————————


@pytest.mark.parametrize("key", [KEY, KEY[:16]], ids=["AES-256", "AES-128"])
def test_both_custodies_give_a_card_the_same_keys(
    soft: SoftToken, address: TokenAddress, tmp_path: Path, key: bytes
) -> None:
    names = {"card-master-key": key, "card-master-key-31": key[::-1]}
    for name, value in names.items():
        soft.import_key(name, value)
        (tmp_path / name).write_text(value.hex())
    files, hsm = MasterKeys(KeyFolder(tmp_path)), MasterKeys(KeyToken(address))
    assert files.versions == hsm.versions == (0x30, 0x31)
    for version in files.versions:
        assert files.card_keys(NUMBER, version) == hsm.card_keys(NUMBER, version)
        assert files.check_value(version) == hsm.check_value(version)
    assert hsm.card_keys(NUMBER, 0x30) == derive_card_keys(key, NUMBER)


def test_a_key_that_is_made_never_leaves_the_token(token: Token) -> None:
    assert token.labels() == ()
    token.make_key("card-master-key")
    assert token.labels() == ("card-master-key",)
    assert token.key_length("card-master-key") == 32
    assert attributes("card-master-key") == {"SENSITIVE": True, "EXTRACTABLE": False, "PRIVATE": True}
    with pytest.raises(FileExistsError):
        token.make_key("card-master-key")


@pytest.mark.django_db(databases="__all__")
def test_a_new_version_is_made_in_the_token(address: TokenAddress, clock: FixedClock, settings: Any) -> None:
    settings.HONNIN_CARD_MASTER_KEY_TOKEN = address
    with pytest.raises(Unavailable, match="E_KEY_TOKEN_NO_KEY"):
        make_next_version(clock, actor="command/root")
    open_master_keys()
    open_master_keys()
    assert make_next_version(clock, actor="command/root") == 0x31
    assert master_keys().versions == (0x30, 0x31)
    first, second = (master_keys().card_keys(NUMBER, version) for version in (0x30, 0x31))
    assert len({first.enc, first.mac, first.dek, second.enc, second.mac, second.dek}) == 6


@pytest.mark.django_db(databases="__all__")
def test_a_card_is_issued_with_keys_from_the_token(address: TokenAddress, settings: Any, town: Town) -> None:
    settings.HONNIN_CARD_MASTER_KEY_TOKEN = address
    open_master_keys()
    holder = town.with_certificates()
    number = holder.card.state.card_number
    assert holder.card.state.issuer_keys == master_keys().card_keys(number, master_keys().newest_version)
    assert {record.delivered_at is not None for record in town.records(holder).values()} == {True}


# — What can be wrong ——————————————————————————————————————————————————————————————————————————————————


def test_a_token_that_was_pulled_out_is_missed_and_found_again(soft: SoftToken, token: Token) -> None:
    soft.import_key("card-master-key", KEY)
    mac = token.cmac("card-master-key", b"message")
    soft.remove()
    for _ in range(2):
        with pytest.raises(Unavailable, match="E_KEY_TOKEN_MISSING") as raised:
            token.cmac("card-master-key", b"message")
        assert soft.label in raised.value.sentence("ja")
        with pytest.raises(Unavailable, match="E_KEY_TOKEN_MISSING"):
            token.labels()
        with pytest.raises(Unavailable, match="E_KEY_TOKEN_MISSING"):
            token.make_key("card-master-key-31")
    soft.insert()
    assert token.cmac("card-master-key", b"message") == mac
    assert token.labels() == ("card-master-key",)


def test_a_wrong_pin_is_sent_once(soft: SoftToken, token: Token) -> None:
    soft.import_key("card-master-key", KEY)
    soft.pin_file.write_text("654321\n")
    for _ in range(3):
        with pytest.raises(Unavailable, match="E_KEY_TOKEN_PIN ") as raised:
            token.labels()
    assert isinstance(raised.value.__cause__, type(None))  # the token was not asked a third time
    soft.pin_file.write_text(f"{PIN}\n")
    assert token.labels() == ("card-master-key",)


def test_a_pin_file_that_is_missing_is_named(soft: SoftToken, token: Token) -> None:
    soft.pin_file.unlink()
    with pytest.raises(Unavailable, match="E_KEY_TOKEN_PIN_FILE"):
        token.labels()


@pytest.mark.parametrize("content", [None, "no library"])
def test_a_module_that_is_none_is_named(tmp_path: Path, content: str | None) -> None:
    module = tmp_path / "module.so"
    if content is not None:
        module.write_text(content)
    token = Token(TokenAddress("honnin", module, pin_value="1"))
    with pytest.raises(Unavailable, match="E_KEY_TOKEN_MODULE") as raised:
        token.labels()
    assert str(module) in raised.value.sentence("en")


def test_a_token_of_another_name_or_number_is_not_taken(soft: SoftToken, address: TokenAddress) -> None:
    for other in (
        TokenAddress("other", MODULE, pin_value=PIN),
        TokenAddress(soft.label, MODULE, "0", None, PIN),
    ):
        with pytest.raises(Unavailable, match="E_KEY_TOKEN_MISSING"):
            Token(other).labels()


def test_without_python_pkcs11_that_is_said(address: TokenAddress, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)  # as if it were not installed
    with pytest.raises(Unavailable, match="E_KEY_TOKEN_DRIVER"):
        Token(address).labels()


def test_a_key_that_is_gone_is_missed_and_not_made_anew(soft: SoftToken, token: Token) -> None:
    soft.import_key("card-master-key", KEY)
    token.cmac("card-master-key", b"message")
    with writing(soft) as session:
        session.get_key(label="card-master-key").destroy()
    for _ in range(2):
        with pytest.raises(Unavailable, match="E_KEY_TOKEN_NO_KEY") as raised:
            token.cmac("card-master-key", b"message")
    assert "card-master-key" in raised.value.sentence("en")
    assert token.labels() == ()


UNFIT = {
    "it can be read": {pkcs11.Attribute.SENSITIVE: False},
    "it can be taken out": {pkcs11.Attribute.EXTRACTABLE: True},
    "it may compute no MAC": {pkcs11.Attribute.SIGN: False},
}


@pytest.mark.parametrize("wrong", UNFIT.values(), ids=UNFIT)
def test_a_key_that_could_leave_or_is_of_no_use_is_refused(
    soft: SoftToken, token: Token, wrong: dict[pkcs11.Attribute, bool]
) -> None:
    token.labels()
    create(soft, "card-master-key", wrong)
    for question in (token.key_length, lambda label: token.cmac(label, b"message")):
        with pytest.raises(Unavailable, match="E_KEY_TOKEN_UNFIT_KEY"):
            question("card-master-key")


def test_two_keys_of_one_name_are_refused(soft: SoftToken, token: Token) -> None:
    token.labels()
    for _ in range(2):
        create(soft, "card-master-key", {})
    with pytest.raises(Unavailable, match="E_KEY_TOKEN_UNFIT_KEY"):
        token.cmac("card-master-key", b"message")


def writing(soft: SoftToken) -> Any:
    """A session that may write, of the process that is logged in already."""
    return pkcs11.lib(str(MODULE)).get_token(token_label=soft.label).open(rw=True)


def create(soft: SoftToken, label: str, different: dict[pkcs11.Attribute, bool]) -> None:
    usual = {
        pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY,
        pkcs11.Attribute.KEY_TYPE: pkcs11.KeyType.AES,
        pkcs11.Attribute.VALUE: KEY,
        pkcs11.Attribute.LABEL: label,
        pkcs11.Attribute.TOKEN: True,
        pkcs11.Attribute.PRIVATE: True,
        pkcs11.Attribute.SENSITIVE: True,
        pkcs11.Attribute.EXTRACTABLE: False,
        pkcs11.Attribute.SIGN: True,
    }
    with writing(soft) as session:
        session.create_object(usual | different)
