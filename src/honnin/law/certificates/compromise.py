"""A key that can no longer be relied on (危殆化): leakage, loss and damage, a user's key and an issuer's."""

from honnin.law.certificates.lapse import NOTICES
from honnin.law.citation import cites
from honnin.law.terms import Compromise, LapseGround


@cites("S4-1.3.3", "S4-7.1", "act/10", "act/29")
def ground_of_notice(compromise: Compromise) -> LapseGround:
    """The ground that a holder's notice of a compromised or endangered key gives.

    規約第1条第3項第3号・第7条第1項、法第10条・第29条: leakage, loss and damage are told apart in the record.
    To relying parties each is `keyCompromise`: the terms call all three a compromise, and RFC 5280 has no
    other reason for a key that is lost or damaged (our choice).
    """
    return NOTICES[compromise]


@cites("S4-1.3.3", "S4-8.1.3", "act/14", "act/33")
def may_issue_with(compromise: Compromise | None) -> bool:
    """Whether an issuer's key still issues: not once a compromise of it is recorded.

    法第14条・第33条: a certificate would have to be revoked in the moment in which it is issued.
    """
    return compromise is None


@cites("S4-1.3.3", "act/16", "act/35")
def may_sign_lists_with(compromise: Compromise | None) -> bool:
    """Whether an issuer's key still signs its lists, and the certificate of its responder.

    Our choice, for no text says: one that leaked does, since relying parties look for no other signature, and
    a list on which everything is revoked does no harm. One that is lost or damaged signs nothing any more,
    also where a copy is found.
    """
    return compromise is None or compromise is Compromise.LEAKAGE


def known_after(before: Compromise | None, now: Compromise) -> Compromise:
    """What is known of an issuer's key after another compromise of it: what ends more of its use."""
    return now if may_sign_lists_with(before) else before or now
