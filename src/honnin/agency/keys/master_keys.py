"""The master keys from which the keys of all cards are derived, by version, in files or in a token.

A version is a master key of its own, so that one that others may know can be replaced; the former stay, for
cards that have not been opened since. A lost master key is never made anew: it would open no card. In a
token it computes, and this process does not learn it.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path
from typing import Final, Protocol

from django.conf import settings
from django.db import transaction

from honnin.agency.keys.token import token_at
from honnin.agency.keys.token_address import TokenAddress
from honnin.agency.records.journal import DATABASE, Act, append, lock_tail
from honnin.agency.records.models import JournalEntry
from honnin.card.scp03 import (
    BLOCK,
    FIRST_KEY_VERSION,
    LAST_KEY_VERSION,
    Prf,
    StaticKeys,
    cmac,
    derive_card_keys_by,
)
from honnin.clock import Clock
from honnin.custody.secret_files import make_secret, read_key
from honnin.errors import Conflict
from honnin.identifiers import CardNumber
from honnin.translation import Sentence

FIRST_NAME: Final = "card-master-key"
MADE: Final = "make card master key"
MOVED: Final = "bring card master key into token"
CHECK_VALUE_LENGTH: Final = 5
_NAME: Final = re.compile(rf"{FIRST_NAME}(?:-([0-9A-F]{{2}}))?")


class Custody(Protocol):
    """Where master keys are kept, by name."""

    description: str

    def names(self) -> Iterable[str]:
        """The names of what is there now; others than master keys may be among them."""

    def key(self, name: str) -> tuple[Prf, int]:
        """AES-CMAC under a key, and the key's length in bytes. Raises Unavailable when it is not there."""

    def make(self, name: str) -> None:
        """Make a key. Raises FileExistsError when there is one of that name."""


class MasterKeys:
    """The master keys of this installation. Thread-safe; what another process adds is seen when asked for."""

    def __init__(self, custody: Custody) -> None:
        self.custody = custody
        self._keys: dict[int, tuple[Prf, int]] = {}

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions that are there now, the oldest first."""
        return tuple(sorted(filter(None, map(_version_of, self.custody.names()))))

    @property
    def newest_version(self) -> int:
        """The version that cards are to have. Raises Unavailable when there is no master key at all."""
        versions = self.versions
        if not versions:
            self.custody.key(FIRST_NAME)  # says what is missing
        return versions[-1] if versions else FIRST_KEY_VERSION

    def card_keys(self, card_number: CardNumber, version: int) -> StaticKeys:
        """The keys of one card in one version.

        Raises Unavailable for a version that is not there: E_KEY_UNAVAILABLE in files, E_KEY_TOKEN_NO_KEY in
        a token, and what else a token finds wrong (`agency.keys.token`).
        """
        prf, length = self._key(version)
        return derive_card_keys_by(prf, length, card_number, version)

    def check_value(self, version: int) -> bytes:
        """By this two people see that they mean the same master key; it reveals nothing of it.

        The first 5 bytes of AES-CMAC over a block of zeros, as devices that keep keys show them.
        """
        return self._key(version)[0](bytes(BLOCK))[:CHECK_VALUE_LENGTH]

    def _key(self, version: int) -> tuple[Prf, int]:
        if version not in self._keys:
            self._keys[version] = self.custody.key(name_of(version))
        return self._keys[version]


def name_of(version: int) -> str:
    """What the master key of a version is called, as a file and in a token."""
    return FIRST_NAME if version == FIRST_KEY_VERSION else f"{FIRST_NAME}-{version:02X}"


def _version_of(name: str) -> int | None:
    found = _NAME.fullmatch(name)
    if not found:
        return None
    version = int(found[1], 16) if found[1] else FIRST_KEY_VERSION
    return version if name == name_of(version) and FIRST_KEY_VERSION <= version <= LAST_KEY_VERSION else None


class KeyFolder:
    """Master keys in files of the keys folder, private to this user."""

    description: str = Sentence("file")

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> Iterable[str]:
        return [path.name for path in self.folder.glob(f"{FIRST_NAME}*")]

    def key(self, name: str) -> tuple[Prf, int]:
        key = read_key(self.folder / name)
        return partial(cmac, key), len(key)

    def make(self, name: str) -> None:
        make_secret(self.folder / name)


class KeyToken:
    """Master keys that never leave a PKCS#11 token."""

    def __init__(self, address: TokenAddress) -> None:
        self.description: str = Sentence("token {label}", label=address.label)
        self._token = token_at(address)

    def names(self) -> Iterable[str]:
        return self._token.labels()

    def key(self, name: str) -> tuple[Prf, int]:
        return partial(self._token.cmac, name), self._token.key_length(name)

    def make(self, name: str) -> None:
        self._token.make_key(name)

    def put(self, name: str, key: bytes) -> None:
        """Bring in a key that was kept elsewhere. Raises FileExistsError when there is one of that name."""
        self._token.put_key(name, key)


def master_keys() -> MasterKeys:
    """The master keys of this process, as its settings say."""
    return _master_keys(settings.HONNIN_KEYS, settings.HONNIN_CARD_MASTER_KEY_TOKEN)


@lru_cache
def _master_keys(folder: Path, address: TokenAddress | None) -> MasterKeys:
    return MasterKeys(KeyFolder(folder) if address is None else KeyToken(address))


def open_master_keys() -> None:
    """Make the first master key where there is none: for an installation that has no card yet."""
    keys = master_keys()
    if not keys.versions:
        with suppress(FileExistsError):  # another process was first: its key counts
            keys.custody.make(FIRST_NAME)


def require_versions() -> None:
    """Raises Unavailable when a version that was made is lost: a replaced one would count as the newest."""
    keys = master_keys()
    for name in JournalEntry.objects.filter(act=MADE).values_list("subject", flat=True):
        keys.custody.key(name)


def make_next_version(clock: Clock, *, actor: str) -> int:
    """Make a master key that replaces the newest; returns its version. Cards move to it when they are opened.

    Raises Conflict E_KEY_VERSIONS_SPENT after version 7F, and Unavailable when a version that was made before
    is not there: under its name another would be made.
    """
    keys = master_keys()
    with transaction.atomic(using=DATABASE):
        lock_tail()  # one at a time: who is second sees what the first has made
        require_versions()
        version = keys.newest_version + 1
        if version > LAST_KEY_VERSION:
            raise Conflict("E_KEY_VERSIONS_SPENT")
        append(Act(actor, MADE, name_of(version), {"custody": keys.custody.description}), clock.now())
        keys.custody.make(name_of(version))  # last: what fails before leaves neither key nor entry
    return version


def bring_into_token(address: TokenAddress, folder: Path, clock: Clock, *, actor: str) -> tuple[int, ...]:
    """Bring the master keys that lie in files into a token, where they are not yet; returns their versions.

    The files stay: whoever has seen that the token works takes them away. Raises Conflict
    E_KEY_TOKEN_OTHER_KEY when the token has another key under the name of one of them.
    """
    files, token = MasterKeys(KeyFolder(folder)), KeyToken(address)
    there, brought = MasterKeys(token), []
    for version in files.versions:
        name = name_of(version)
        if version not in there.versions:
            with transaction.atomic(using=DATABASE):
                append(Act(actor, MOVED, name, {"custody": token.description}), clock.now())
                token.put(name, read_key(folder / name))
            brought.append(version)
        if there.check_value(version) != files.check_value(version):
            raise Conflict("E_KEY_TOKEN_OTHER_KEY", token=address.label, key=name)
    return tuple(brought)
