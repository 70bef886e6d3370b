"""Who proves to be whom at a counter: identity documents and proxies.

Serves every act that needs identification: issue, renewal, a PIN set again, release, disclosure. Looks at
facts a clerk recorded; it reads no document, and it never accepts one that was not copied and kept.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from honnin.errors import Refusal
from honnin.law.calendar import age_on
from honnin.law.citation import cites

AGENT_NEEDED_BELOW_AGE = 15
AGE_OF_MAJORITY, AGE_OF_MAJORITY_BEFORE_2022 = 18, 20
MAJORITY_AT_18_FROM = date(2022, 4, 1)


class IdentityDocument(StrEnum):
    """Documents a counter accepts. The second block has no photo and proves nothing by itself."""

    NUMBER_CARD = "number_card"
    DRIVING_LICENCE = "driving_licence"
    DRIVING_RECORD = "driving_record"  # 運転経歴証明書
    PASSPORT = "passport"
    RESIDENCE_CARD = "residence_card"  # 在留カード
    SPECIAL_PERMANENT_RESIDENT_CERTIFICATE = "special_permanent_resident_certificate"
    DISABILITY_CERTIFICATE = "disability_certificate"  # 身体障害者手帳など
    OTHER_LICENCE = "other_licence"  # 規則の別表の免許証・資格証明書
    ELECTRONIC_DOCUMENT = "electronic_document"  # 端末の画面に表示する電子的な本人確認書類
    OTHER_PHOTO_DOCUMENT = "other_photo_document"  # 市町村長が認める写真付き官公署発行書類

    INQUIRY_ANSWER = "inquiry_answer"  # 照会書兼回答書
    HEALTH_INSURANCE = "health_insurance"  # 資格確認書など
    PENSION_BOOK = "pension_book"
    BIRTH_NOTIFICATION = "birth_notification"
    OTHER_DOCUMENT = "other_document"  # 市町村長が適当と認める書類

    @property
    def has_photo(self) -> bool:
        """Whether the document alone proves identity."""
        return self not in _WITHOUT_PHOTO


_WITHOUT_PHOTO = frozenset(
    {
        IdentityDocument.INQUIRY_ANSWER,
        IdentityDocument.HEALTH_INSURANCE,
        IdentityDocument.PENSION_BOOK,
        IdentityDocument.BIRTH_NOTIFICATION,
        IdentityDocument.OTHER_DOCUMENT,
    }
)


DOCUMENTS_WANTED = frozenset(
    {"E_ID_DOC_MISSING", "E_ID_DOC_NOT_RETAINED", "E_PROXY_MANDATE_MISSING", "E_PROXY_ID_MISSING"}
)
"""The refusals of this module that a document, or its copy, takes away."""


class ProxyKind(StrEnum):
    """On what a proxy's authority rests."""

    MANDATED = "mandated"  # 任意代理人
    STATUTORY_AGENT = "statutory_agent"  # 法定代理人
    HOUSEHOLD_MEMBER = "household_member"  # 転入届等と併せて申請する同一世帯の者


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Documents shown at the counter, and whether the clerk has stored their copies."""

    documents: frozenset[IdentityDocument] = frozenset()
    retained: bool = False


@dataclass(frozen=True, kw_only=True)
class ProxyFacts:
    """A proxy at the counter: authority, own evidence, and the state of the applicant's sealed form.

    `mandate`: the power of attorney, for a statutory agent the proof of agency, was submitted.
    `seal_intact`: the envelope with the form came sealed; None when the act needs none.
    """

    kind: ProxyKind
    mandate: bool
    evidence: Evidence
    seal_intact: bool | None = None


@cites("civil-code/4", "civil-code/8", "civil-code/818")
def has_statutory_agent(birth_date: date, on: date, *, adult_ward: bool) -> bool:
    """Whether the law knows a statutory agent for somebody on a day: a minor's parents, a ward's guardian.

    民法第4条・第8条・第818条: adults are those of 18 years, until 2022-03-31 those of 20. Whether the agent
    who comes is the right one, the proof of agency says.
    """
    limit = AGE_OF_MAJORITY if on >= MAJORITY_AT_18_FROM else AGE_OF_MAJORITY_BEFORE_2022
    return adult_ward or age_on(birth_date, on) < limit


@cites("practice/3")
def agent_refusals(
    proxy: ProxyFacts | None, birth_date: date, on: date, *, adult_ward: bool, ward_alone: bool
) -> tuple[Refusal, ...]:
    """Why the statutory agent must come (E_AGENT_REQUIRED), or cannot be one (E_AGENT_UNKNOWN_TO_LAW).

    Our choice, after the practice of the municipalities: for a child under 15 the agent applies, and for an
    adult ward, unless the ward may come alone. For a healthy adult the law knows no statutory agent: who
    comes with a mandate is a proxy.
    """
    is_agent = proxy is not None and proxy.kind is ProxyKind.STATUTORY_AGENT
    if is_agent and not has_statutory_agent(birth_date, on, adult_ward=adult_ward):
        return (Refusal("E_AGENT_UNKNOWN_TO_LAW", ("civil-code/4", "civil-code/8")),)
    needed = age_on(birth_date, on) < AGENT_NEEDED_BELOW_AGE or (adult_ward and not ward_alone)
    return (Refusal("E_AGENT_REQUIRED", ("practice/3",)),) if needed and not is_agent else ()


def proxy_kinds(birth_date: date, on: date, *, adult_ward: bool) -> tuple[ProxyKind, ...]:
    """The kinds of proxies that somebody can have on a day."""
    known = has_statutory_agent(birth_date, on, adult_ward=adult_ward)
    return tuple(kind for kind in ProxyKind if known or kind is not ProxyKind.STATUTORY_AGENT)


def proves_identity(documents: frozenset[IdentityDocument]) -> bool:
    """Whether documents prove their bearer's own identity.

    規則第5条・第41条: one document with a photo; otherwise the answer to a written inquiry, which reached the
    person by post, together with a document the mayor accepts.
    """
    if any(document.has_photo for document in documents):
        return True
    return IdentityDocument.INQUIRY_ANSWER in documents and len(documents) > 1


@cites("S0-14", "S4-3.2a", "S4-3.2b", "rules/5", "rules/41", "rules/75")
def identity_refusals(evidence: Evidence, proxy: ProxyFacts | None = None) -> tuple[Refusal, ...]:
    """Why a person's own documents do not suffice: E_ID_DOC_MISSING, E_ID_DOC_NOT_RETAINED.

    規約第3条第2項; the acts of 第10条第3項 and 第16条第3項 ask the same and cite it themselves. Through a
    proxy the person is not there to be compared with a photo: then the inquiry answer and a further document
    are needed, from a statutory agent or a household member acting with a moving notice any accepted one.
    """
    documents = evidence.documents
    if proxy is None:
        proven = proves_identity(documents)
    elif proxy.kind is ProxyKind.MANDATED:
        proven = IdentityDocument.INQUIRY_ANSWER in documents and len(documents) > 1
    else:
        proven = bool(documents)
    return _missing_or_not_kept(proven, evidence, Refusal("E_ID_DOC_MISSING", ("S4-3.2a",)), "S4-3.2b")


@cites("S4-3.6a", "S4-3.6b", "S4-3.6c", "rules/5", "rules/41")
def proxy_refusals(proxy: ProxyFacts | None) -> tuple[Refusal, ...]:
    """Why a proxy cannot act; no refusal when there is none.

    規約第3条第6項; the acts of 第10条第4項 and 第16条第4項 ask the same and cite it themselves: the mandate
    (E_PROXY_MANDATE_MISSING), the proxy's own photo document (E_PROXY_ID_MISSING), its copy kept
    (E_ID_DOC_NOT_RETAINED), and the envelope still sealed (E_SEAL_BROKEN) where the act needs one.
    """
    if proxy is None:
        return ()
    shown = any(document.has_photo for document in proxy.evidence.documents)
    id_missing = Refusal("E_PROXY_ID_MISSING", ("S4-3.6b", "S3-P7"))
    refusals = [] if proxy.mandate else [Refusal("E_PROXY_MANDATE_MISSING", ("S4-3.6a",))]
    refusals += _missing_or_not_kept(shown, proxy.evidence, id_missing, "S4-3.6c")
    if proxy.seal_intact is False:
        refusals.append(Refusal("E_SEAL_BROKEN", ("S3-P1",)))
    return tuple(refusals)


def _missing_or_not_kept(
    proven: bool, evidence: Evidence, missing: Refusal, kept_clause: str
) -> tuple[Refusal, ...]:
    """A missing document is asked for first; a copy can only be asked for of what was shown."""
    refusals: tuple[Refusal, ...] = () if proven else (missing,)
    if evidence.documents and not evidence.retained:
        refusals += (Refusal("E_ID_DOC_NOT_RETAINED", (kept_clause,)),)
    return refusals
