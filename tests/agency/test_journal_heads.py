"""The file of the journal's signed heads: appended whole or not at all, and no line of it can be altered."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from honnin.agency.records.heads import Head, sign_head
from honnin.agency.records.models import JournalEntry
from honnin.errors import Unavailable
from tests.agency.journalling import heads, proof, sign, write
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def signed() -> None:
    """One head over the opening's entries."""
    sign()


@pytest.mark.parametrize(
    "altered",
    [
        {"signed_at": "2026-06-03T01:00:00+00:00"},
        {"signature": "00" * 64},
        {"signature": "no hex"},
        {"entry_hash": "0" * 64},
        {"sequence": 2},
        {"previous": "1" * 64},
    ],
    ids=str,
)
def test_an_altered_head_is_found(altered: dict[str, object]) -> None:
    head = Head.from_line(heads().read_text().strip())
    heads().write_text(replace(head, **altered).line() + "\n")
    assert any("signature is broken" in fault for fault in proof().faults)


@pytest.mark.parametrize(
    "line",
    ["", "[]", "7", "{}", '{"sequence": 1}', "\ufffd", '{"sequence": 1, "more": 2}', "{" * 5000],
)
def test_a_line_that_is_no_head_is_found(line: str) -> None:
    heads().write_text(f"{line}\n{heads().read_text()}")
    assert "line 1 of the heads: no head" in proof().faults


def test_a_head_that_was_taken_out_is_found() -> None:
    for number in range(3):
        write(f"later {number}")
        sign()
    lines = heads().read_text().splitlines(keepends=True)
    for place in (0, 1, 2):
        heads().write_text("".join(lines[:place] + lines[place + 1 :]))
        assert proof().faults == (f"line {place + 1} of the heads: does not continue the line before",)
    heads().write_text("".join([lines[1], lines[0], *lines[2:]]))
    assert len(proof().faults) == 3


def test_a_head_signed_by_another_key_is_found() -> None:
    true = heads().read_text()
    heads().unlink()
    sign_head(Ed25519PrivateKey.generate(), heads(), NOW)
    fault = f"signed head {JournalEntry.objects.count()}: its signature is broken"
    assert fault in proof().faults
    heads().write_text(true)
    assert proof().faults == ()


def test_a_head_is_signed_once_for_each_length() -> None:
    assert sign() is None
    write("one more")
    assert sign() is not None
    assert proof().signed_heads == 2


def test_a_head_that_was_cut_off_while_it_was_written_is_written_again() -> None:
    first = heads().read_bytes()
    write("one more")
    sign()
    whole = heads().read_bytes()
    for length in range(len(first), len(whole)):
        heads().write_bytes(whole[:length])
        assert proof().faults == ()
        assert sign() is not None
        assert heads().read_bytes() == whole


@pytest.mark.parametrize("spoil", ["folder", "garbage"])
def test_heads_that_cannot_be_read_or_written_are_named(spoil: str) -> None:
    heads().unlink()
    if spoil == "folder":
        heads().mkdir()
    else:
        heads().write_bytes(b"\xff\n")
    with pytest.raises(Unavailable, match="E_JOURNAL_HEADS"):
        sign()
    if spoil == "folder":
        heads().rmdir()


def test_a_full_disk_leaves_the_heads_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    before = heads().read_bytes()
    write("one more")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(Unavailable, match="E_JOURNAL_HEADS"):
            sign()
    assert heads().read_bytes() == before
    assert sign() is not None
