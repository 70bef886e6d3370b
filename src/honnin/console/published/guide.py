"""A guide to the card and its certificates: what the service's leaflets tell people and no other page says."""

from django.utils.translation import gettext_lazy as _

from honnin.console.published.document import Article, Document, Paragraph, Procedure, Sentence

# A text reads as one: a sentence is a line.
# fmt: off
GUIDE = Document((
    Article("care", _("Card and PINs"), (
        Paragraph((
            Sentence(_("Keep the card so that it is neither lost nor stolen."), ("S1-C2.1",)),
        )),
        Paragraph((
            Sentence(_("The PIN of the signature certificate has %(shortest)s to %(longest)s letters and digits, that of the user-authentication certificate %(digits)s digits."), ("S2-1.1", "S2-1.2")),
            Sentence(_("You may note them on the sheet that the municipality gives you; keep it secret."), ("S1-C2.2a",)),
            Sentence(_("No system of the service keeps them: they are on the card alone."), ("S1-C2.2a",)),
        )),
        Paragraph((
            Sentence(_("After %(signature_tries)s wrong entries in a row the PIN of the signature certificate is blocked, after %(authentication_tries)s that of the user-authentication certificate; the counter of your municipality resets it."), ("S2-2.2a", "S2-2.2b")),
        )),
    )),
    Article("loss", _("Lost or stolen: the telephone"), (
        Paragraph((
            Sentence(_("A card that is lost or stolen is reported by telephone at any hour, on every day of the year: %(free_line)s, free of charge."), ("S1-C5.1a", "S1-C5.1c", "S3-C3")),
            Sentence(_("If your telephone, such as some IP telephones, cannot reach that number: %(instead)s."), ("S3-C4",)),
            Sentence(_("Then report the loss at the counter of your municipality as well."), ("S1-C5.1b",)),
        )),
        Paragraph((
            Sentence(_("The call puts the user-authentication certificate on hold, and revokes the signature certificate: apply for a new one at the counter.")),
            Sentence(_("If you find the card again, the hold is released at the same counter."), ("S1-C5.1d",)),
        )),
        Paragraph((
            Sentence(_("Questions of any kind are answered under the same number on weekdays %(weekdays)s, on Saturdays, Sundays and holidays %(other_days)s, and not at the turn of the year."), ("S3-C2",)),
            Sentence(_("In English, Chinese, Korean, Spanish and Portuguese, free of charge: %(other_languages)s."), ("S3-C5",)),
        )),
        Paragraph((
            Sentence(_("The guide that came with the first My Number Cards named a paid line too, %(paid_line)s, and %(instead)s for those who could not reach it; no later guide names it."), ("S1-C5.1c",)),
        )),
    )),
    Article("renewal", _("Renewal"), (
        Paragraph((
            Sentence(_("If you have noted your PINs on a sheet, bring it to a renewal of your certificates: it helps, but it is not needed."), ("S3-10",)),
        ), needs=(Procedure.RENEWAL,)),
    )),
    Article("kiosk", _("PIN reset at a kiosk"), (
        Paragraph((
            Sentence(_("At the kiosks of convenience stores, %(kiosks_open)s, the PINs of the certificates can be reset within %(reservation_hours)s hours of a reservation by smartphone."), ("S2-K6", "S2-K8b")),
            Sentence(_("How it is done is published at %(kiosk_site)s, and in which stores at %(stores)s."), ("S2-K10",)),
        ), needs=(Procedure.KIOSK_RESET,)),
        Paragraph((
            Sentence(_("Questions about it are answered on every day %(about_kiosks)s: %(free_line)s."), ("S2-K11",)),
        )),
        Paragraph((
            Sentence(_("If you cannot finish it even with the call centre’s help, go to the counter of your municipality."), ("S2-K13",)),
        )),
        Paragraph((
            Sentence(_("What is said here of kiosks is as of %(guide_as_of)s."), ("S2-K14",)),
        )),
    )),
    Article("filing", _("Before you file online"), (
        Paragraph((
            Sentence(_("Some agencies need further software: look at the agency’s own page before you file."), ("S0-21",)),
        )),
    )),
    Article("more", _("More information"), (
        Paragraph((
            Sentence(_("There is more information")),
        ), (
            Sentence(_("of the service, of certificates and of how to use them: by the portal, %(portal)s, and by the counter of the municipality that holds your residence record;"), ("S0-2", "S0-4", "S1-E6", "S2-6")),
            Sentence(_("of the card: officially by the card site, %(card_site)s, and by the ministry, %(ministry)s."), ("S1-C6", "S3-C1")),
        )),
    )),
    Article("juki", _("The card before: the Juki card"), (
        Paragraph((
            Sentence(_("Certificates of the Juki card, valid for %(juki_years)s years, were those of the prefectures: their certification body of record was the designated certification body, the foundation 自治体衛星通信機構."), ("S0-7",)),
        )),
    )),
), numbered=False)
