"""pyHanko's PDF signer with the time as an argument and without network access."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_signer import PdfSigningSession

from honnin.citizen.stamp import Stamp


class PdfSignerAt(signers.PdfSigner):
    """Signs at a given instant instead of the machine's time."""

    def __init__(
        self,
        metadata: signers.PdfSignatureMetadata,
        signer: signers.Signer,
        when: datetime,
        stamp: Stamp,
    ) -> None:
        super().__init__(metadata, signer, stamp_style=stamp)
        self._when = when

    def init_signing_session(
        self, pdf_out: BasePdfFileWriter, existing_fields_only: bool = False
    ) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only=existing_fields_only)
        session.system_time = self._when
        return session

    def _retrieve_seed_value_spec(self, sig_field: Any) -> Any:
        """What a field demands, without the address of a time stamp authority, which the document's maker
        chose: a document that one signs must not make one's machine connect to anybody.
        """
        try:
            demanded = super()._retrieve_seed_value_spec(sig_field)
        except SigningError:
            raise
        except Exception as error:  # whatever a stranger's file demands
            raise SigningError("The seed value dictionary cannot be read.") from error
        if demanded is None:
            return None
        if demanded.timestamp_required:
            raise SigningError("The seed value dictionary requires a time stamp.")
        return replace(demanded, timestamp_server_url=None)


class Rehearsal(PdfSignerAt):
    """Has no certificate yet, so nothing that a field demands of one is asked."""

    def _retrieve_seed_value_spec(self, sig_field: Any) -> Any:
        demanded = super()._retrieve_seed_value_spec(sig_field)
        return None if demanded is None else replace(demanded, cert=None)
