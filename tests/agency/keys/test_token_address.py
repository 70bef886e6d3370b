"""pkcs11: URIs: what is understood, and that nothing else is passed over."""

from pathlib import Path

import pytest

from honnin.agency.keys.token_address import TokenAddress, token_address
from honnin.errors import Malformed, Unavailable
from honnin.sites.deployment import card_master_key_token

MODULE = "module-path=/usr/lib/x.so"


def read(uri: str) -> TokenAddress:
    return token_address(uri, variable="VARIABLE")


@pytest.mark.parametrize(
    ("uri", "meant"),
    [
        (
            f"pkcs11:token=honnin?{MODULE}&pin-source=file:/etc/pin",
            TokenAddress("honnin", Path("/usr/lib/x.so"), pin_source=Path("/etc/pin")),
        ),
        (
            f"PKCS11:serial=00%2F1;token=The%20cards%20%E9%8D%B5?pin-source=/etc/pin&{MODULE}",
            TokenAddress("The cards 鍵", Path("/usr/lib/x.so"), "00/1", Path("/etc/pin")),
        ),
        (
            f"pkcs11:token=a=b?{MODULE}&pin-value=12%2634",
            TokenAddress("a=b", Path("/usr/lib/x.so"), pin_value="12&34"),
        ),
    ],
)
def test_what_a_uri_says(uri: str, meant: TokenAddress) -> None:
    assert read(uri) == meant


@pytest.mark.parametrize(
    ("uri", "part"),
    [
        ("", "pkcs11:"),
        (f"token=x?{MODULE}&pin-value=1", "pkcs11:"),
        ("pkcs11:", "#1"),
        (f"pkcs11:?{MODULE}&pin-value=1", "#1"),
        (f"pkcs11:token=?{MODULE}&pin-value=1", "token"),
        (f"pkcs11:token=x;token=y?{MODULE}&pin-value=1", "token"),
        (f"pkcs11:token=x;?{MODULE}&pin-value=1", "#2"),
        (f"pkcs11:token=x;slot-id=1?{MODULE}&pin-value=1", "#2"),
        (f"pkcs11:token=x;object=y?{MODULE}&pin-value=1", "#2"),
        (f"pkcs11:token=x;pin-value=1?{MODULE}", "#2"),
        ("pkcs11:token=x", "module-path"),
        ("pkcs11:token=x?pin-value=1", "module-path"),
        ("pkcs11:token=x?module-path=x.so&pin-value=1", "module-path"),
        ("pkcs11:token=x?module-name=x&pin-value=1", "#2"),
        (f"pkcs11:token=x?{MODULE}", "pin-source"),
        (f"pkcs11:token=x?{MODULE}&pin-value=1&pin-source=file:/etc/pin", "pin-source"),
        (f"pkcs11:token=x?{MODULE}&pin-source=file:etc/pin", "pin-source"),
        (f"pkcs11:token=x?{MODULE}&pin-source=|/bin/ask", "pin-source"),
        (f"pkcs11:token=x?{MODULE}&pin-value=", "pin-value"),
        (f"pkcs11:token=x?{MODULE}&pin-value=1 2", "pin-value"),
        (f"pkcs11:token=x?{MODULE}&pin-value=1%2", "pin-value"),
        (f"pkcs11:token=x?{MODULE}&pin-value=%FF", "pin-value"),
        (f"pkcs11:token=x?{MODULE}&pin-value=1#2", "pin-value"),
        (f"pkcs11:token=x?{MODULE}&pin-value=ab&cd", "#4"),
        (f"pkcs11:token=x%00?{MODULE}&pin-value=1", "token"),
    ],
)
def test_what_is_wrong_is_named_and_no_pin_told(uri: str, part: str) -> None:
    with pytest.raises(Malformed, match="E_KEY_TOKEN_URI") as raised:
        read(uri)
    assert raised.value.context == {"variable": "VARIABLE", "part": part}
    assert f"VARIABLE is no pkcs11: URI that can be used: {part.rstrip(':')} is" in raised.value.sentence(
        "en"
    )


def test_an_address_does_not_show_its_pin() -> None:
    assert "4711" not in repr(read(f"pkcs11:token=x?{MODULE}&pin-value=4711"))


def test_a_pin_is_the_first_line_of_its_file_as_it_is_now(tmp_path: Path) -> None:
    source = tmp_path / "pin"
    address = read(f"pkcs11:token=x?{MODULE}&pin-source=file:{source}")
    for content in (None, b"", b"\xff\xff"):
        if content is not None:
            source.write_bytes(content)
        with pytest.raises(Unavailable, match="E_KEY_TOKEN_PIN_FILE") as raised:
            address.pin()
        assert str(source) in raised.value.sentence("ja")
    for pin in ("1234", "56 78"):
        source.write_text(f"{pin}\n")
        assert address.pin() == pin
    assert read(f"pkcs11:token=x?{MODULE}&pin-value=99").pin() == "99"


def test_without_the_variable_files_hold_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HONNIN_CARD_MASTER_KEY_URI", raising=False)
    assert card_master_key_token() is None
    monkeypatch.setenv("HONNIN_CARD_MASTER_KEY_URI", "softhsm")
    with pytest.raises(Malformed, match="HONNIN_CARD_MASTER_KEY_URI"):
        card_master_key_token()
