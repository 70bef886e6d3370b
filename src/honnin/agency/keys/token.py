"""A PKCS#11 token: AES keys that never leave it.

A token computes with its keys and never reveals them; keys that it would are refused. One session for
each process and token, used by one thread at a time: python-pkcs11 lets a module start without locks, and
some crash then when two threads are in them. Processes open their sessions one after another, because a
module may not find its token while another process is logging in. Which modules that concerns nobody knows,
and waiting costs milliseconds. They wait at a folder of their own, the installation's keys, and not at the
module's file: that anybody could hold for ever.
"""

import fcntl
import os
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from honnin.agency.keys.token_address import TokenAddress
from honnin.errors import Unavailable
from honnin.pin import Pin

if TYPE_CHECKING:
    from pkcs11 import Session

T = TypeVar("T")
KEY_LENGTHS: Final = (16, 24, 32)
NEW_KEY_BITS: Final = 256
_ONE_AT_A_TIME = threading.RLock()
_ours: set[TokenAddress] = set()  # tokens that this process has to itself
TIMEOUT: Final = 30.0  # seconds until another process must have opened the token
_STEP: Final = 0.02


class Token:
    """One token as this process uses it. Opened when first asked, and anew after it was lost.

    Besides what they name, all functions raise Unavailable: E_KEY_TOKEN_DRIVER, E_KEY_TOKEN_MODULE,
    E_KEY_TOKEN_MISSING, E_KEY_TOKEN_PIN, E_KEY_TOKEN_PIN_FILE, E_KEY_TOKEN_BUSY, E_KEY_TOKEN_LOCK, and
    E_KEY_TOKEN_FAILED for anything else that the token finds wrong.
    """

    def __init__(self, address: TokenAddress) -> None:
        self.address = address
        self._session: Session | None = None
        self._process = 0
        self._keys: dict[str, Any] = {}
        self._refused_pin: Pin | None = None

    def labels(self) -> tuple[str, ...]:
        """The labels of the AES keys that are in the token now, whoever put them there."""
        return self._ask(self._find_labels)

    def cmac(self, label: str, message: bytes) -> bytes:
        """AES-CMAC (RFC 4493) under a key. Raises Unavailable E_KEY_TOKEN_NO_KEY, E_KEY_TOKEN_UNFIT_KEY."""
        return self._ask(lambda session: self._sign(session, label, message))

    def key_length(self, label: str) -> int:
        """The length of a key in bytes. Raises Unavailable E_KEY_TOKEN_NO_KEY, E_KEY_TOKEN_UNFIT_KEY."""
        return self._ask(lambda session: int(self._key(session, label).key_length) // 8)

    def make_key(self, label: str) -> None:
        """Make an AES key of 32 bytes. Raises FileExistsError when the label is taken."""
        aes, bits = driver().KeyType.AES, NEW_KEY_BITS
        self._add(label, lambda session, template: session.generate_key(aes, bits, template=template))

    def put_key(self, label: str, key: bytes) -> None:
        """Bring an AES key into the token, which will not give it back. Raises FileExistsError likewise."""
        pkcs11 = driver()
        value = {
            pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY,
            pkcs11.Attribute.KEY_TYPE: pkcs11.KeyType.AES,
            pkcs11.Attribute.VALUE: key,
        }
        self._add(label, lambda session, template: session.create_object(template | value))

    def _ask(self, question: Callable[["Session"], T]) -> T:
        """Ask in the one session; once more in a new one where the token says that anything went wrong."""
        with _ONE_AT_A_TIME:
            try:
                return question(self._opened())
            except driver().PKCS11Error:
                self._forget()
            try:
                return question(self._opened())
            except driver().PKCS11Error as error:
                self._forget()
                raise self._failed(error) from error

    def _find_labels(self, session: "Session") -> tuple[str, ...]:
        session.generate_random(64)  # a search that begins in a lost session complains twice, once to stderr
        pkcs11 = driver()
        wanted = {
            pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY,
            pkcs11.Attribute.KEY_TYPE: pkcs11.KeyType.AES,
        }
        return tuple(key[pkcs11.Attribute.LABEL] for key in session.get_objects(wanted))

    def _sign(self, session: "Session", label: str, message: bytes) -> bytes:
        pkcs11 = driver()
        try:
            return bytes(self._key(session, label).sign(message, mechanism=pkcs11.Mechanism.AES_CMAC))
        except (pkcs11.MechanismInvalid, pkcs11.KeyTypeInconsistent, pkcs11.FunctionNotSupported) as error:
            raise self._unfit(label) from error

    def _key(self, session: "Session", label: str) -> Any:
        if label not in self._keys:
            self._keys[label] = self._fit_key(session, label)
        return self._keys[label]

    def _fit_key(self, session: "Session", label: str) -> Any:
        """The one AES key under a label, which stays in the token and may compute MACs."""
        pkcs11 = driver()
        session.generate_random(64)
        try:
            key = session.get_key(pkcs11.ObjectClass.SECRET_KEY, pkcs11.KeyType.AES, label)
        except pkcs11.NoSuchKey as error:
            raise Unavailable("E_KEY_TOKEN_NO_KEY", token=self.address.label, key=label) from error
        except pkcs11.MultipleObjectsReturned as error:
            raise self._unfit(label) from error
        attribute = pkcs11.Attribute
        stays = key[attribute.SENSITIVE] and not key[attribute.EXTRACTABLE]
        if not stays or not key[attribute.SIGN] or key.key_length // 8 not in KEY_LENGTHS:
            raise self._unfit(label)
        return key

    def _add(self, label: str, add: Callable[["Session", dict[Any, Any]], object]) -> None:
        """Let a key be added that stays in the token. Not tried twice: there could be two keys then."""
        pkcs11 = driver()
        attribute = pkcs11.Attribute
        stays = {attribute.PRIVATE: True, attribute.SENSITIVE: True, attribute.EXTRACTABLE: False}
        uses = ("ENCRYPT", "DECRYPT", "VERIFY", "WRAP", "UNWRAP", "DERIVE")
        nothing_else = {attribute[use]: False for use in uses}
        named = {attribute.TOKEN: True, attribute.LABEL: label, attribute.ID: label.encode()}
        with _ONE_AT_A_TIME, _only_process(self.address):
            if label in self.labels():  # opens the session where it was lost
                raise FileExistsError(label)
            try:
                # Without the PIN: a login counts for every session that a process has with the token.
                with self._opened().token.open(rw=True) as writing:
                    add(writing, {**named, **stays, **nothing_else, attribute.SIGN: True})
            except pkcs11.PKCS11Error as error:
                raise self._failed(error) from error

    def _opened(self) -> "Session":
        """The session of this process; what a parent process opened is the parent's."""
        if self._session is None or self._process != os.getpid():
            again, self._process = self._process != 0, os.getpid()
            self._forget()
            self._session = self._open(again=again)
        return self._session

    def _forget(self) -> None:
        self._keys.clear()
        self._session = None

    def _open(self, *, again: bool) -> "Session":
        pin = self.address.pin()
        with _only_process(self.address):
            library = _library(self.address.module, again=again)
            token = self._present(library)
            if token is None:  # modules see the tokens that were there when they started
                token = self._present(_library(self.address.module, again=True))
            if token is None:
                raise Unavailable("E_KEY_TOKEN_MISSING", token=self.address.label)
            return self._logged_in(token, pin)

    def _present(self, library: Any) -> Any:
        pkcs11, serial = driver(), self.address.serial
        try:
            return library.get_token(
                token_label=self.address.label, token_serial=serial.encode() if serial else None
            )
        except (pkcs11.NoSuchToken, pkcs11.MultipleTokensReturned):
            return None

    def _logged_in(self, token: Any, pin: Pin) -> "Session":
        """Log in. A PIN that was refused is not sent again, and a last try not at all: it could block."""
        pkcs11 = driver()
        in_danger = pkcs11.TokenFlag.USER_PIN_FINAL_TRY | pkcs11.TokenFlag.USER_PIN_LOCKED
        if pin == self._refused_pin or token.flags & in_danger:
            raise Unavailable("E_KEY_TOKEN_PIN", token=self.address.label)
        try:
            session: Session = token.open(user_pin=pin.text)
        except pkcs11.UserAlreadyLoggedIn:
            session = token.open()
        except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange, pkcs11.PinLocked) as error:
            self._refused_pin = pin
            raise Unavailable("E_KEY_TOKEN_PIN", token=self.address.label) from error
        return session

    def _unfit(self, label: str) -> Unavailable:
        return Unavailable("E_KEY_TOKEN_UNFIT_KEY", token=self.address.label, key=label)

    def _failed(self, error: Exception) -> Unavailable:
        return Unavailable("E_KEY_TOKEN_FAILED", token=self.address.label, reason=type(error).__name__)


@cache
def token_at(address: TokenAddress) -> Token:
    """The token at an address, one for each process: a token lets a process log in once."""
    return Token(address)


def driver() -> Any:
    """python-pkcs11, which not every installation has. Raises Unavailable E_KEY_TOKEN_DRIVER."""
    try:
        import pkcs11
    except ImportError as error:
        raise Unavailable("E_KEY_TOKEN_DRIVER") from error
    return pkcs11


def _library(module: Path, *, again: bool) -> Any:
    """A module, started; `again`: started anew, which ends all sessions of this process with it."""
    pkcs11 = driver()
    try:
        library = pkcs11.lib(str(module))
        if again:
            library.reinitialize()
    except pkcs11.PKCS11Error as error:
        raise Unavailable("E_KEY_TOKEN_MODULE", path=str(module)) from error
    return library


@contextmanager
def _only_process(address: TokenAddress) -> Iterator[None]:
    """No other process of this installation opens the token meanwhile; may be nested.

    Raises Unavailable E_KEY_TOKEN_BUSY when another does not get done, E_KEY_TOKEN_LOCK.
    """
    if address in _ours:
        yield
        return
    folder = address.lock_folder or _runtime_folder()
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise Unavailable("E_KEY_TOKEN_LOCK", path=str(folder)) from error
    try:
        _wait_for(descriptor, folder, address.label)
        _ours.add(address)
        yield
    finally:
        _ours.discard(address)
        os.close(descriptor)


def _wait_for(descriptor: int, folder: Path, label: str) -> None:
    deadline = time.monotonic() + TIMEOUT
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Unavailable(
                    "E_KEY_TOKEN_BUSY", token=label, seconds=int(TIMEOUT), path=str(folder)
                ) from None
            time.sleep(_STEP)
        except OSError as error:
            raise Unavailable("E_KEY_TOKEN_LOCK", path=str(folder)) from error
        else:
            return


def _runtime_folder() -> Path:
    """A folder that is this user's alone, for programs that belong to no installation."""
    folder = Path(tempfile.gettempdir()) / f"honnin-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise Unavailable("E_KEY_TOKEN_LOCK", path=str(folder)) from error
    is_private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077 and found.st_uid == os.getuid()
    if not is_private:
        raise Unavailable("E_KEY_TOKEN_LOCK", path=str(folder))
    return folder
