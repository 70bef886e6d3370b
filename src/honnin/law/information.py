"""Telephone lines and websites of the service, as its documents name them.

They are the real service's. Whoever shows them on a test deployment says so.
"""

from collections.abc import Mapping
from datetime import date, time
from types import MappingProxyType
from typing import Final

FREE_LINE: Final = "0120-95-0178"
INSTEAD_OF_A_LINE: Final = "050-3818-1250"
"""For telephones that cannot reach the free line (S3-C4); in the first guide, the paid one (S1-C5.1c)."""
PAID_LINE: Final = "0570-783-578"
"""Named by the guide that came with the first cards, and by none since (S1-C5.1c)."""
LINE_IN_OTHER_LANGUAGES: Final = "0120-0178-27"

Hours = tuple[time, time]
WEEKDAYS: Hours = (time(9, 30), time(20))
OTHER_DAYS: Hours = (time(9, 30), time(17, 30))
"""Saturdays, Sundays and holidays (S3-C2)."""
ABOUT_KIOSKS: Hours = (time(9, 30), time(20))
"""Every day (S2-K11)."""

PORTAL: Final = "https://www.jpki.go.jp/"
CARD_SITE: Final = "https://www.kojinbango-card.go.jp/"
MINISTRY: Final = "https://www.soumu.go.jp/kojinbango_card/"
KIOSK_SITE: Final = "https://www.jpki.go.jp/jpkidreset/howto/index.html"
STORES: Final = "https://www.jpki.go.jp/jpkidreset/howto/kiosk.html"

ISSUERS: Final = ("総務省", "地方公共団体情報システム機構")
"""Who issues the renewal letter, the second of them run by the state and local governments (S3-C6)."""

GUIDE_AS_OF: Final = date(2024, 6, 30)
"""Of which day the statements of the certificate guide and its kiosk sheet are (S2-K14)."""

NOTICES: Mapping[str, str] = MappingProxyType(
    {
        "en": "Do you have a question and prefer English? Call this number.",
        "zh-Hans": "如需用中文询问，请拨打此号码。",
        "zh-Hant": "如需以中文詢問，請撥打此號碼。",
        "ko": "한국어로 문의하실 분은 이 번호로 전화해 주십시오.",
        "es": "¿Tiene preguntas y prefiere hablar en español? Llame a este número.",
        "pt": "Tem dúvidas e prefere falar em português? Ligue para este número.",
    }
)
"""The notice beside the telephone line in other languages, by language tag (S3-C5): one text in each."""
