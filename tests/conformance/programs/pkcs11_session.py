"""Run as a program: keeps a PKCS#11 session open and signs at each line of its standard input.

Answers each line with `signed`, or with the name of the PKCS#11 error.
"""

import sys
from typing import Any

import pkcs11

TOKEN = "JPKI (User Authentication PIN)"


def main(module: str, pin: str) -> None:
    library = pkcs11.lib(module)
    session: pkcs11.Session | None = None
    for _ in sys.stdin:
        try:
            if session is None:
                session = library.get_token(token_label=TOKEN).open(user_pin=pin)
            key: Any = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=b"\x01")
            key.sign(b"message", mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS)
            answer = "signed"
        except pkcs11.PKCS11Error as error:
            session, answer = None, type(error).__name__
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
