"""An invitation is read as it was written; what is none is called that."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from honnin.errors import (
    Malformed,
)
from honnin.wire import invitations
from honnin.wire.https.client import HttpsLine
from honnin.wire.invitations import Invitation
from tests.wire.https.ends import DONE, HERE, LOSS


def test_an_invitation_is_read_as_it_was_written(tmp_path: Path, invitation: Invitation) -> None:
    path = tmp_path / "mihon.json"
    path.write_bytes(invitations.written(invitation))
    assert invitations.read(path) == invitation
    assert HttpsLine(invitations.read(path)).ask(LOSS, HERE.staff) == DONE


@pytest.mark.parametrize(
    "change",
    [
        lambda whole: whole[:-9],
        lambda whole: b"[]",
        lambda whole: b"",
        lambda whole: whole.replace(b'"role"', b'"rule"'),
        lambda whole: whole.replace(b'"99101"', b"99101"),
    ],
)
def test_what_is_no_invitation_is_called_that(
    tmp_path: Path, invitation: Invitation, change: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "mihon.json"
    path.write_bytes(change(invitations.written(invitation)))
    with pytest.raises(Malformed, match="E_INVITATION"):
        invitations.read(path)


@pytest.mark.parametrize("part", ["certificate", "key", "authority"])
def test_an_invitation_without_its_key_or_certificates_is_called_that(
    invitation: Invitation, part: str
) -> None:
    for text in ("", "x", "-----BEGIN CERTIFICATE-----"):
        with pytest.raises(Malformed, match="E_INVITATION"):
            HttpsLine(replace(invitation, **{part: text}))
