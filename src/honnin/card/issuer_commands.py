"""The issuer's commands as both ends read them: instructions, parameters and what they mean.

Our choice, all with CLA 84 inside the channel; the slot is 01 signature, 02 authentication; applications have
numbers in their declaration:

====  ====  ====  =============================================  ==========================================
INS   P1    P2    command and data                               answer
====  ====  ====  =============================================  ==========================================
46    80    slot  GENERATE KEY PAIR: makes a pending key         modulus (256), exponent is 65537; Le extended
46    81    slot  the public key that is pending                 the same; 6A88 when none is pending
46    82    slots  pending keys for slots 01, 02 or both (03),     their moduli in this order; nothing, and no
                  in one durable change                          key, where a PIN of them cannot be used
E2    slot  n     WRITE CERTIFICATES: block n of certificate     block 0 starts anew; another order is 6A86
                  and CA certificate, one after the other
44    00    slot  ACTIVATE: pending key + what was written       6A80 when they do not belong together
E4    00    slot  REMOVE key and certificates, pending ones too  9000, also when the slot is empty
54    app   pin   AUTHORISE PIN SETTING, with a mark (16) or     volatile; used up by the PIN that is set,
                without                                        which keeps the mark
5A    app   pin   READ PIN MARK                                  the mark (16), or nothing
D6    app   file  WRITE FILE: offset (2), piece                  volatile; offset 0 begins anew, a gap is 6A86
                                                                 and a file of a slot 6A82
DC    00    00    CONFIRM FILES: SHA-256 over all written        in force together; 6A80 when it is another
56    app   code  SET CODE that a holder cannot choose           tries full; 6A80 for another form
F4    app   00    READ DIGESTS of the application's files        identifier (2), SHA-256 (32); Le extended
E6    00    00    TERMINATE                                      never undone; other applications become 6A82
F2    00    00    READ STATE                                     see `issuer.commands`
D8    kvn   81    PUT KEY: replaces the keys of version kvn      see `put_key`
====  ====  ====  =============================================  ==========================================
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

GENERATE: Final = 0x46
WRITE: Final = 0xE2
ACTIVATE: Final = 0x44
REMOVE: Final = 0xE4
AUTHORISE_PIN: Final = 0x54
READ_PIN_MARK: Final = 0x5A
READ_STATE: Final = 0xF2
WRITE_FILE: Final = 0xD6
CONFIRM_FILES: Final = 0xDC
SET_CODE: Final = 0x56
READ_DIGESTS: Final = 0xF4
TERMINATE: Final = 0xE6
NEW_KEY: Final = 0x80
PENDING_KEY: Final = 0x81
NEW_KEYS: Final = 0x82
MODULUS_LENGTH: Final = 256
MARK_LENGTH: Final = 16
STATE_FORMAT: Final = 2
TERMINATED: Final = 0x01
HAS_CERTIFICATE: Final = 0x01
HAS_PENDING_KEY: Final = 0x02
PIN_IS_SET: Final = 0x04

Written = Mapping[tuple[int, int], bytes]
"""Contents by number of the application and file identifier."""


def digest_of(written: Written) -> bytes:
    """SHA-256 over all contents in the order of application and file, each after its place and length."""
    whole = sha256()
    for (application, file), content in sorted(written.items()):
        whole.update(
            bytes((application,)) + file.to_bytes(2, "big") + len(content).to_bytes(4, "big") + content
        )
    return whole.digest()
