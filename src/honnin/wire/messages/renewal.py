"""Municipality → agency: renewing certificates on the card that their holder has.

The counter examines the application by the law (`law.counter`), proves the holder's PINs at the card, and
then speaks as in issuing (`issuance`): `RequestRenewal` opens the procedure, each `RelayAnswers` carries the
card's answers and brings the next commands, until `IssuanceStep.done`, whose certificates are the new ones.

* A PIN that was forgotten or is blocked is set anew before that: `RequestCardUpdate` of kind RESET_PINS,
  with the number of the same application. A renewal touches no PIN; where that of a renewed certificate is
  blocked or was never set, it is refused before anything is recorded (E_PIN_LOCKED).
* Until the card has answered with its new keys nothing is recorded, and the old certificates work. Then, in
  one transaction, the old ones are revoked and the new ones recorded. What remains is the writing.
* After any cut the same request is sent again, also on another day, by another clerk of the municipality,
  with a newer count of `notices`: before the recording it is looked at anew, afterwards it finishes the
  writing onto the same card. Another application for the same purposes is refused meanwhile
  (E_RENEWAL_UNFINISHED, which names the one to finish). `PersonState.unwritten` says who waits for that.
* What lapses between the recording and the end of the writing (a move, a report of loss) is not written; the
  rest is, and the last step names what was written. A card that was reported lost gets nothing until its
  holder comes to a counter (`ReportLoss`); then also a certificate on hold, for the card signs with its key
  for the release.
* `issuance.AbandonIssuance` with the number of the application ends one that is rejected or withdrawn. Once
  the new certificates are recorded it is refused (E_RENEWAL_RECORDED) for as long as one of them has effect.
"""

from dataclasses import dataclass

from honnin.identifiers import CardNumber
from honnin.law.terms import Purpose
from honnin.wire.line import Message
from honnin.wire.messages.issuance import ApplicationForm, IssuanceStep


@dataclass(frozen=True)
class RequestRenewal(Message[IssuanceStep]):
    """Open (or open again) the renewal of an approved application, onto the card on the reader.

    `purposes`: what is renewed; a certificate that is not named stays as it is. `notices` is
    `PersonState.notices` as it was when the application was examined. `resident_abroad`: the applicant moved
    abroad, and renews from a year before the expiry on.
    """

    reply = IssuanceStep
    form: ApplicationForm
    card_number: CardNumber
    purposes: tuple[Purpose, ...]
    notices: int
    resident_abroad: bool = False
