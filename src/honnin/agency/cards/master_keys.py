"""The master keys from which every card's own keys are derived, by version."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings

from honnin.card.scp03 import FIRST_KEY_VERSION, StaticKeys, derive_card_keys
from honnin.errors import Unavailable


@dataclass(frozen=True)
class MasterKeys:
    versions: tuple[int, ...]
    secret: str

    @property
    def newest_version(self) -> int:
        return self.versions[-1]

    def card_keys(self, card_number: str, version: int) -> StaticKeys:
        if version not in self.versions:
            raise Unavailable("E_KEY_UNAVAILABLE", file=f"card-master-key-{version:02x}")
        return derive_card_keys(bytes.fromhex(self.secret), card_number, version)


@cache
def master_keys() -> MasterKeys:
    return MasterKeys((FIRST_KEY_VERSION,), settings.HONNIN_CARD_MASTER_KEY)
