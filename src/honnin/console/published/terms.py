"""The terms of use (利用者規約) of the service, article by article.

The facts are those of the service's own terms, and articles and items have their numbers; the sentences are
ours. Who changes one gives the text another version and keeps it (`versions`).
"""

from django.utils.translation import gettext_lazy as _

from honnin.console.published.document import Article, Document, Paragraph, Procedure, Sentence

_PROXY_PAPERS = _("A proxy hands in a power of attorney or another proof of authority.")
_PROXY_DOCUMENTS = _("The proxy also shows documents that prove who the proxy is.")
_PROXY_COPIES = _("The clerk copies these as well and keeps the copies.")
_COPIES = _("The clerk copies what is shown and keeps the copies.")

# A text reads as one: a sentence is a line.
# fmt: off
TERMS = Document((
    Article("1", _("The service and these terms"), (
        Paragraph((
            Sentence(_("The public personal authentication service rests on the Act on Certification Business of the Japan Agency for Local Authority Information Systems in Relation to Electronic Signatures (Act No. 153 of 2002, “the Act”).")),
            Sentence(_("Two certification authorities stand behind it, and the Japan Agency for Local Authority Information Systems (“the Organisation”) runs both: one issues certificates for digital signatures, the other certificates for user authentication."), ("S4-1.1a",)),
            Sentence(_("The authority for signatures and the bridge authority of the government certify each other."), ("S4-1.1b",)),
        ), needs=(Procedure.BRIDGE,)),
        Paragraph((
            Sentence(_("Whoever uses the service keeps to these terms, to the Act, and to the practice statement (CP/CPS) that each of the two authorities has."), ("S4-1.2",)),
        ), needs=(Procedure.PRACTICE_STATEMENTS,)),
        Paragraph((
            Sentence(_("In these terms")),
        ), (
            Sentence(_("“the basic four” are a person’s name, date of birth, sex and address;"), ("S4-1.3.1",)),
            Sentence(_("a “substitute character” takes the place of a character that the terminal for issuing cannot display;"), ("S4-1.3.2",)),
            Sentence(_("a key is “compromised” when it has leaked, was lost or was damaged;"), ("S4-1.3.3",)),
            Sentence(_("the “private key” is that key of a pair with which signatures are made;"), ("S4-1.3.4",)),
            Sentence(_("the “public key” is the other key of the pair, by which whoever receives a signature checks it;"), ("S4-1.3.4",)),
            Sentence(_("the “issuer’s key” is the private key with which the Organisation, as issuer, signs certificates."), ("S4-1.3.4",)),
        )),
    )),
    Article("2", _("For whom, and what it gives"), (
        Paragraph((
            Sentence(_("The service is there for people who are recorded in the Basic Resident Register and have applied for it (“applicants”)."), ("S4-2.1",)),
        )),
        Paragraph((
            Sentence(_("Certificates are provided in an IC card that meets the criteria of the Act, such as the My Number Card."), ("S4-2.2",)),
        )),
        Paragraph((
            Sentence(_("A certificate proves that the public key recorded in it is that of the person to whom it was handed over under article 4, paragraph 3 (“the holder”)."), ("S4-2.3",)),
        )),
        Paragraph((
            Sentence(_("For electronic signatures the holder may use the private key that belongs to the public key in a certificate of either kind."), ("S4-2.4",)),
        ), needs=(Procedure.AUTHENTICATION_KEY_SIGNS,)),
    )),
    Article("3", _("Applying for certificates"), (
        Paragraph((
            Sentence(_("Whoever wants certificates hands in the prescribed form, to the Organisation or at the counter of the municipality in which they live (“the counter”)."), ("S4-3.1",)),
        ), needs=(Procedure.APPLICATION_ELSEWHERE,)),
        Paragraph((
            Sentence(_("Documents that prove who the applicant is are shown or handed in with the form, or when the card is handed over."), ("S4-3.2a",)),
            Sentence(_COPIES, ("S4-3.2b",)),
        ), needs=(Procedure.DOCUMENTS_AT_DELIVERY,)),
        Paragraph((
            Sentence(_("Where a character of the basic four cannot be shown properly in the signature certificate, the applicant agrees to a substitute character."), ("S4-3.3",)),
        )),
        Paragraph((
            Sentence(_("What an application says must be true."), ("S4-3.4",)),
        )),
        Paragraph((
            Sentence(_("Nobody may have the same kind of certificate issued twice over."), ("S4-3.5",)),
        )),
        Paragraph((
            Sentence(_PROXY_PAPERS, ("S4-3.6a",)),
            Sentence(_PROXY_DOCUMENTS, ("S4-3.6b",)),
            Sentence(_PROXY_COPIES, ("S4-3.6c",)),
        )),
    )),
    Article("4", _("Examination and issue"), (
        Paragraph((
            Sentence(_("A clerk of the counter takes the application and examines it in the prescribed way."), ("S4-4.1",)),
        )),
        Paragraph((
            Sentence(_("If it turns out not to be proper, it is not accepted, and neither certificate is issued."), ("S4-4.2",)),
        )),
        Paragraph((
            Sentence(_("If the clerk finds it genuine, the holder is given the certificates that the Organisation has issued."), ("S4-4.3",)),
        )),
        Paragraph((
            Sentence(_("The prescribed fee is paid at the counter when the certificates are issued."), ("S4-4.4",)),
        ), needs=(Procedure.FEES,)),
    )),
    Article("5", _("How long certificates are valid"), (
        Paragraph((
            Sentence(_("A signature certificate is valid from the day of issue to the earliest of these days:"), ("S4-5.1",)),
        ), (
            Sentence(_("the applicant’s %(birthdays)sth birthday after the day of issue; in a renewal, applied for with less than %(renewal_months)s months of validity left, the %(birthdays_renewed)sth;"), ("S4-5.1.1", "S4-5.1.1r")),
            Sentence(_("where the applicant has a user-authentication certificate, its last day;"), ("S4-5.1.2",)),
            Sentence(_("the last day of the My Number Card that holds the certificate."), ("S4-5.1.3",)),
        ), needs=(Procedure.RENEWAL,)),
        Paragraph((
            Sentence(_("A user-authentication certificate is valid from the day of issue to the earlier of these days:"), ("S4-5.2",)),
        ), (
            Sentence(_("the applicant’s %(birthdays)sth birthday after the day of issue; in a renewal, applied for with less than %(renewal_months)s months of validity left, the %(birthdays_renewed)sth;"), ("S4-5.2.1",)),
            Sentence(_("the last day of the My Number Card that holds the certificate."), ("S4-5.2.2",)),
        ), needs=(Procedure.RENEWAL,)),
    )),
    Article("6", _("Renewal"), (
        Paragraph((
            Sentence(_("Once less than %(renewal_months)s months of its validity are left, the holder of a certificate may apply at the counter for its renewal."), ("S4-6",)),
        ), needs=(Procedure.RENEWAL,)),
    )),
    Article("7", _("Revocation at the holder’s word"), (
        Paragraph((
            Sentence(_("A holder whose private key is compromised, or may be, says so at the counter promptly."), ("S4-7.1",)),
        )),
        Paragraph((
            Sentence(_("A holder who gives up the use of a certificate applies for its revocation."), ("S4-7.2a",)),
            Sentence(_("This can be done at the counter or online."), ("S4-7.2b",)),
        ), needs=(Procedure.ONLINE_REVOCATION,)),
    )),
    Article("8", _("Revocation by the Organisation"), (
        Paragraph((
            Sentence(_("Besides what article 7 says, the Organisation revokes certificates when it has recorded")),
        ), (
            Sentence(_("a change or removal of the holder’s entry in the register;"), ("S4-8.1.1",), ("act/12", "act/31")),
            Sentence(_("an error in the record, or something that was left out of it;"), ("S4-8.1.2",), ("act/13", "act/32")),
            Sentence(_("that the issuer’s key has leaked, was lost or was damaged."), ("S4-8.1.3",), ("act/14", "act/33")),
        ), needs=(Procedure.OTHER_LAPSES,)),
        Paragraph((
            Sentence(_("Of a revocation for an error in the record, the Organisation promptly tells the holder."), ("S4-8.2",)),
        ), needs=(Procedure.WORD_OF_LAPSES,)),
        Paragraph((
            Sentence(_("That it revoked because of the issuer’s key, the Organisation publishes on its web site or otherwise, without delay."), ("S4-8.3",)),
        ), needs=(Procedure.WORD_OF_LAPSES,)),
    )),
    Article("9", _("Hold after a loss, and its release"), (
        Paragraph((
            Sentence(_("A holder who has lost the card with the certificates contacts the desk for lost cards at once, and gives notice of a temporary hold."), ("S4-9a",)),
            Sentence(_("A user-authentication certificate on hold can be released by a notice at the counter of the municipality of residence."), ("S4-9b",)),
        )),
    )),
    Article("10", _("PIN reset"), (
        Paragraph((
            Sentence(_("A holder who has forgotten the PIN of the signature certificate or of the user-authentication certificate, or has a like reason, may apply at the counter for a PIN reset."), ("S4-10.1",)),
        )),
        Paragraph((
            Sentence(_("So may a holder whose PIN is blocked because it was entered wrongly in a row: %(signature_tries)s times that of the signature certificate, %(authentication_tries)s times that of the user-authentication certificate."), ("S4-10.2",)),
        )),
        Paragraph((
            Sentence(_("For this a form is handed in, and documents that prove who the holder is are shown or handed in."), ("S4-10.3",)),
            Sentence(_COPIES, ("S4-10.3",)),
        )),
        Paragraph((
            Sentence(_("A proxy may apply for the holder."), ("S4-10.4",)),
            Sentence(_PROXY_PAPERS, ("S4-10.4",)),
            Sentence(_PROXY_DOCUMENTS, ("S4-10.4",)),
            Sentence(_PROXY_COPIES, ("S4-10.4",)),
        )),
    )),
    Article("11", _("Care of key, card and PINs"), (
        Paragraph((
            Sentence(_("An electronic signature may be given the same legal effect as one’s own handwritten signature or seal."), ("S4-11.0",)),
            Sentence(_("So the holder takes good care of the private key, of the card that holds it and of the PINs, and keeps the PINs secret, for instance by changing them from time to time."), ("S4-11.1",)),
        )),
        Paragraph((
            Sentence(_("Signatures are made with %(algorithm)s of %(key_bits)s bits and %(digest)s, and the holder uses no other algorithm."), ("S4-11.2",)),
        )),
    )),
    Article("12", _("What holders undertake"), (
        Paragraph((
            Sentence(_("Besides what article 11 says, the holder")),
        ), (
            Sentence(_("uses certificates only for the purposes that these terms, the Act and the practice statements name;"), ("S4-12.1",)),
            Sentence(_("looks from time to time at what is published about the service;"), ("S4-12.2",)),
            Sentence(_("provides equipment, software and lines on the holder’s own account and at the holder’s own cost;"), ("S4-12.3",)),
            Sentence(_("decides, with all this in mind, about each use of a certificate, and answers for it."), ("S4-12.4",)),
        )),
    )),
    Article("13", _("What is forbidden"), (
        Paragraph((
            Sentence(_("Holders must not do any of the following, nor anything that may come to it:")),
        ), (
            Sentence(_("offend against public order and good morals;"), ("S4-13.1",)),
            Sentence(_("break the law;"), ("S4-13.2",)),
            Sentence(_("hinder the operation of the service, or harm its good name;"), ("S4-13.3",)),
            Sentence(_("put other holders at a disadvantage."), ("S4-13.4",)),
        )),
    )),
    Article("14", _("Punishment of false applications"), (
        Paragraph((
            Sentence(_("Who brings the Organisation by a false application to issue an untrue certificate faces imprisonment of up to %(imprisonment)s years or a fine of up to %(fine)s yen."), ("S4-14",), ("act/73",)),
        )),
    )),
    Article("15", _("Personal data"), (
        Paragraph((
            Sentence(_("The Organisation takes proper care of the personal data of holders."), ("S4-15.1",)),
        )),
        Paragraph((
            Sentence(_("It gives personal data to nobody else, unless the Act provides for it or a law-enforcement body asks on the ground of a law."), ("S4-15.2",)),
        )),
    )),
    Article("16", _("Seeing and correcting one’s own record"), (
        Paragraph((
            Sentence(_("Everybody may ask to see the certification record that there is of them."), ("S4-16.1",)),
        ), needs=(Procedure.DISCLOSURE,)),
        Paragraph((
            Sentence(_("What they were shown of it they may ask to have corrected, in whole or in part."), ("S4-16.2",)),
        ), needs=(Procedure.DISCLOSURE,)),
        Paragraph((
            Sentence(_("For both a form is handed in, and documents that prove who asks are shown or handed in."), ("S4-16.3",)),
            Sentence(_COPIES, ("S4-16.3",)),
        ), needs=(Procedure.DISCLOSURE,)),
        Paragraph((
            Sentence(_("A proxy may ask for both."), ("S4-16.4",)),
            Sentence(_PROXY_PAPERS, ("S4-16.4",)),
            Sentence(_PROXY_DOCUMENTS, ("S4-16.4",)),
            Sentence(_PROXY_COPIES, ("S4-16.4",)),
        ), needs=(Procedure.DISCLOSURE,)),
    )),
    Article("17", _("Certificates of offices"), (
        Paragraph((
            Sentence(_("Holders can check whether a certificate is effective that a ministry or a local authority has issued to the holder of an office (官職証明書, 職責証明書)."), ("S4-17",)),
        ), needs=(Procedure.OFFICIAL_CERTIFICATES,)),
    )),
    Article("18", _("Notices and publication"), (
        Paragraph((
            Sentence(_("The authorities notify holders by letter, or by another way that they find suitable."), ("S4-18.1",)),
        ), needs=(Procedure.LETTERS,)),
        Paragraph((
            Sentence(_("They publish these terms, and whatever else is necessary or important for using the certificates, on the web or otherwise."), ("S4-18.2",)),
        ), needs=(Procedure.PRACTICE_STATEMENTS,)),
    )),
    Article("19", _("Interruptions"), (
        Paragraph((
            Sentence(_("The authorities and the counter may stop the service for a time, in whole or in part and without notice beforehand, when")),
        ), (
            Sentence(_("the equipment needs maintenance, whether regular or urgent;"), ("S4-19.1",)),
            Sentence(_("fire, a power cut, a natural disaster, war, riot, a labour dispute or the like makes it difficult to provide;"), ("S4-19.2",)),
            Sentence(_("a telecommunications carrier interrupts or ends what the service needs of it;"), ("S4-19.3",)),
            Sentence(_("another technical or operational reason makes it necessary."), ("S4-19.4",)),
        )),
    )),
    Article("20", _("Changes of the service"), (
        Paragraph((
            Sentence(_("When the Act is amended, or for a like reason, the Organisation may change the service in whole or in part."), ("S4-20",)),
        )),
    )),
    Article("21", _("Rights in software and documents"), (
        Paragraph((
            Sentence(_("Copyright and all other rights in the programs and documents that holders are lent or given for the service, such as manuals and these terms, stay with those who made them."), ("S4-21",)),
            Sentence(_("This holds after somebody has ceased to use the service, too."), ("S4-21",)),
        )),
    )),
    Article("22", _("For what the Organisation is not liable"), (
        Paragraph((
            Sentence(_("Where the Organisation is not to blame, it is not liable for damage"), ("S4-22.1",)),
        ), (
            Sentence(_("by an earthquake, an eruption, a tsunami, a typhoon or another natural disaster;"), ("S4-22.1",)),
            Sentence(_("by war, terror, riot, upheaval, unrest or a labour dispute;"), ("S4-22.1",)),
            Sentence(_("by radioactive or explosive matter, or matter that pollutes the environment;"), ("S4-22.1",)),
            Sentence(_("because cryptography or another safeguard of the service was broken that the general state of the art held to be safe;"), ("S4-22.1",)),
            Sentence(_("by another force majeure;"), ("S4-22.1",)),
            Sentence(_("because the holder’s private key leaked or the like;"), ("S4-22.1",)),
            Sentence(_("because the holder broke these terms, the Act or the practice statements."), ("S4-22.1",)),
        )),
        Paragraph((
            Sentence(_("Where it is not to blame for the cause, neither is it liable for a holder’s damage that comes of"), ("S4-22.2",)),
        ), (
            Sentence(_("a fire, a power cut, or an interruption of public utilities;"), ("S4-22.2",)),
            Sentence(_("faults of the holder’s software, hardware, systems or network, or mistakes in using them;"), ("S4-22.2",)),
            Sentence(_("what the use of certificates does to the holder’s computers and programs;"), ("S4-22.2",)),
            Sentence(_("urgent maintenance of the equipment by which the authorities provide the service."), ("S4-22.2",)),
        )),
    )),
    Article("23", _("For what it is liable"), (
        Paragraph((
            Sentence(_("For damage that is its own fault, such as what its staff did to a holder on purpose or by negligence in certification work, the Organisation is liable."), ("S4-23",)),
        )),
    )),
    Article("24", _("Amendments of these terms"), (
        Paragraph((
            Sentence(_("For a justified reason the Organisation may amend these terms without asking the holders, who agree to this in advance."), ("S4-24.1",)),
        )),
        Paragraph((
            Sentence(_("An amendment binds holders from the moment at which it is published on the web or otherwise, also those whose certificates were issued before."), ("S4-24.2",)),
        )),
    )),
    Article("25", _("Governing law"), (
        Paragraph((
            Sentence(_("Whether these terms came about, what they mean and how they are carried out is decided by the law of Japan."), ("S4-25",)),
        )),
    )),
    Article("26", _("Export"), (
        Paragraph((
            Sentence(_("Who exports software or technology that is used with the service, or a part of it, observes the export law of Japan and of other countries and international agreements."), ("S4-26",)),
        )),
    )),
    Article("27", _("Court"), (
        Paragraph((
            Sentence(_("For every dispute about these terms or the service the Tokyo District Court has exclusive jurisdiction in the first instance."), ("S4-27",)),
        )),
    )),
))
