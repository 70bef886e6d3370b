"""An empty token of SoftHSM, which this process finds when it looks for it."""

from pathlib import Path

import pytest

from honnin.agency.keys.token import Token
from honnin.agency.keys.token_address import TokenAddress, token_address
from tests.support.hsm import SoftToken, soft_token


@pytest.fixture
def soft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    """An empty token, which this process finds when it looks for it."""
    token = soft_token(tmp_path)
    monkeypatch.setenv("SOFTHSM2_CONF", token.environment["SOFTHSM2_CONF"])
    return token


@pytest.fixture
def address(soft: SoftToken) -> TokenAddress:
    return token_address(soft.uri, variable="")


@pytest.fixture
def token(address: TokenAddress) -> Token:
    return Token(address)
