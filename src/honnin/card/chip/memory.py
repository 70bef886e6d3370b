"""The memory of a card: one durable state, and the little that is lost with the power.

`commit` is the only way to change the durable state. It keeps the new state first and remembers it only
when that worked, so that a full disk or a cut leaves the old state. A state that was kept and may not
outlive a cut is in force, and the command fails all the same: 6581 answers both (ISO/IEC 7816-4, 5.6).
"""

from collections.abc import Callable

from honnin.card.chip.state import ApplicationContent, CardState, PinRecord, SlotContent
from honnin.card.kinds.declaration import KeySlot
from honnin.card.status_word import CommandRejected, StatusWord
from honnin.errors import HonninError

Store = Callable[[CardState], None]
"""Keeps a state. Raises OSError or HonninError with the old one in place, UnsureError with the new one."""


class UnsureError(OSError):
    """The new state was kept, and whether it outlives a cut of power is not known."""


class Memory:
    """Shared by the applications of one card."""

    def __init__(self, state: CardState, store: Store) -> None:
        self._state = state
        self._store = store
        # PINs (application, file) that may be set without the old one: until used, or until the power goes.
        # To each the mark that it keeps then, if the permission has one.
        self.pin_setting_authorised: dict[tuple[str, int], bytes] = {}

    @property
    def state(self) -> CardState:
        return self._state

    def application(self, name: str) -> ApplicationContent:
        return self._state.applications[name]

    def slot(self, slot: KeySlot) -> SlotContent:
        return self._state.slot(slot)

    def commit(self, state: CardState) -> None:
        """Keep a new state. Raises CommandRejected 6581 when it was not kept, or may not last."""
        try:
            self._store(state)
        except UnsureError as error:
            self._state = state
            raise CommandRejected(StatusWord.MEMORY_FAILURE) from error
        except (OSError, HonninError) as error:
            raise CommandRejected(StatusWord.MEMORY_FAILURE) from error
        self._state = state

    def commit_slot(self, slot: KeySlot, content: SlotContent) -> None:
        self.commit(self._state.with_slot(slot, content))

    def commit_pin(self, application: str, file: int, pin: PinRecord) -> None:
        self.commit(
            self._state.with_application(application, self.application(application).with_pin(file, pin))
        )

    def power_off(self) -> None:
        self.pin_setting_authorised.clear()
