"""The issuer writes what is not a key pair: files, printed codes, and the end of the card.

Part of the issuer's commands (`issuer_commands` has the table). Files are written in pieces into volatile
memory and come into force together, in one durable change, when the issuer has confirmed them all. Refuses
files of a key slot, whose certificates belong to its key, and those that the card computes.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from honnin.card.apdu import Command, Response
from honnin.card.chip.memory import Memory
from honnin.card.chip.state import FILE_MAX, JPKI, PinRecord
from honnin.card.issuer_commands import (
    CONFIRM_FILES,
    READ_DIGESTS,
    SET_CODE,
    TERMINATE,
    WRITE_FILE,
    digest_of,
)
from honnin.card.kinds.declaration import ApplicationDeclaration
from honnin.card.status_word import CommandRejected, StatusWord

_OFFSET_LENGTH: Final = 2


class ContentWriting:
    """Carries out these commands; what was written and not confirmed is volatile."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._written: dict[tuple[int, int], bytes] = {}
        self.commands: Mapping[int, Callable[[Command], Response]] = {
            WRITE_FILE: self._write_file,
            CONFIRM_FILES: self._confirm_files,
            SET_CODE: self._set_code,
            READ_DIGESTS: self._read_digests,
            TERMINATE: self._terminate,
        }

    def forget(self) -> None:
        """Drop what was not confirmed."""
        self._written.clear()

    def _write_file(self, command: Command) -> Response:
        """P1 application, P2 file; data: offset (2), a piece. Offset 0 begins anew, another one goes on."""
        application = self._application(command.p1)
        declared = application.files.get(command.p2)
        if declared is None or declared.presence or self._is_of_a_slot(application, command.p2):
            raise CommandRejected(StatusWord.FILE_NOT_FOUND)
        if len(command.data) <= _OFFSET_LENGTH:
            raise CommandRejected(StatusWord.WRONG_LENGTH)
        offset, piece = int.from_bytes(command.data[:_OFFSET_LENGTH], "big"), command.data[_OFFSET_LENGTH:]
        place = command.p1, command.p2
        before = self._written.get(place, b"") if offset else b""
        if offset != len(before):
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        if offset + len(piece) > FILE_MAX:
            raise CommandRejected(StatusWord.NOT_ENOUGH_MEMORY)
        self._written[place] = before + piece
        return Response()

    def _is_of_a_slot(self, application: ApplicationDeclaration, file: int) -> bool:
        """Whether a file holds a certificate that must fit a key: only ACTIVATE, which looks, writes it."""
        slots = self._memory.state.kind.slots.values()
        return application.name == JPKI and any(
            file in (slot.certificate_file, slot.ca_certificate_file) for slot in slots
        )

    def _confirm_files(self, command: Command) -> Response:
        """Everything written comes into force if its digest is the one in the data; 6A80 otherwise."""
        if command.p1 or command.p2:
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        if not self._written or not compare_digest(command.data, digest_of(self._written)):
            raise CommandRejected(StatusWord.WRONG_DATA)
        state = self._memory.state
        for (number, file), content in self._written.items():
            name = self._application(number).name
            held = state.applications[name]
            state = state.with_application(name, replace(held, files={**held.files, file: content}))
        self._memory.commit(state)
        self._written.clear()
        return Response()

    def _set_code(self, command: Command) -> Response:
        """P1 application, P2 PIN: a code that its issuer knows, as it is printed; its tries are full."""
        application = self._application(command.p1)
        declared = application.pins.get(command.p2)
        if declared is None or not declared.fixed:
            raise CommandRejected(StatusWord.REFERENCED_DATA_NOT_FOUND)
        value = command.data.decode("ascii", "replace")
        if not declared.rule.fullmatch(value):
            raise CommandRejected(StatusWord.WRONG_DATA)
        self._memory.commit_pin(application.name, command.p2, PinRecord(value, declared.tries))
        return Response()

    def _read_digests(self, command: Command) -> Response:
        """P1 application: identifier (2) and SHA-256 (32) of each file; nothing of one that is not there."""
        application = self._memory.state.kind.application(command.p1)
        if command.p2 or application is None:
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        content = self._memory.state.applications.get(application.name)
        held = content.files if content else {}
        return Response(
            b"".join(
                file.to_bytes(2, "big") + sha256(content).digest() for file, content in sorted(held.items())
            )
        )

    def _terminate(self, command: Command) -> Response:
        """The card ends: only its issuer finds anything on it from now on. Never undone."""
        if command.p1 or command.p2:
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        if not self._memory.state.terminated:
            self._memory.commit(replace(self._memory.state, terminated=True))
        return Response()

    def _application(self, number: int) -> ApplicationDeclaration:
        application = self._memory.state.kind.application(number)
        if application is None or application.name not in self._memory.state.applications:
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        return application
