"""The people of the walks: one for each procedure, as they stand when they come to the counter."""

from honnin.municipality.counter.guards.staff import Post
from honnin.municipality.counter.procedures.renewal import envelope
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.services import record_change_of_address
from honnin.simulator.town import HERE
from honnin.sites.staff.employing import add_clerk
from tests.browser.installation import CLOCK, TOWN, due, issued, mismatched, person
from tests.browser.site import COLLEAGUE


def people() -> dict[str, str]:
    """The address of each one's page, by what they come for."""
    user_name, password = COLLEAGUE
    post = Post(user_name, "窓口 加奈", HERE, "市民課 窓口2")
    add_clerk(post, password, actor="test", clock=CLOCK)
    found = {
        "marriage": holder("物語　婚子", "モノガタリ　コンコ"),
        "correction": holder("物語　正子", "モノガタリ　マサコ"),
        "move": holder("物語　転太", "モノガタリ　テンタ"),
        "birth": person("物語　母子", "モノガタリ　ハハコ", card=False),
        "out": holder("物語　出夫", "モノガタリ　デオ"),
        "abroad": holder("物語　渡", "モノガタリ　ワタル"),
        "death": holder("物語　亡夫", "モノガタリ　ナキオ"),
        "record-error": holder("物語　誤子", "モノガタリ　ゴコ"),
        "revocation": holder("物語　止子", "モノガタリ　トメコ"),
        "found": held("物語　見子", "モノガタリ　ミコ"),
        "first": person("物語　初子", "モノガタリ　ハツコ"),
        "pins": holder("物語　忘子", "モノガタリ　ボウコ"),
        "outdated": outdated("物語　券子", "モノガタリ　ケンコ"),
        "returned": holder("物語　返子", "モノガタリ　ヘンコ"),
        "renewal": due("物語　更子", "モノガタリ　コウコ"),
        "proxy": due("物語　代子", "モノガタリ　ダイコ"),
        "second-visit": inquired("物語　答子", "モノガタリ　トウコ"),
    }
    return {why: f"/counter/residents/{each.public_id}/" for why, each in found.items()}


def holder(name: str, kana: str) -> Resident:
    """Somebody with card and certificates."""
    resident = person(name, kana)
    TOWN.hand_over(issued(resident))
    return resident


def held(name: str, kana: str) -> Resident:
    """Whose card was reported lost by telephone."""
    resident = holder(name, kana)
    TOWN.report_loss(resident.pk)
    return resident


def inquired(name: str, kana: str) -> Resident:
    """Whose proxy came with PINs that do not match, and to whom the letter is on its way."""
    application = mismatched(due(name, kana))
    envelope.order_inquiry(application, clerk=TOWN.clerk(), at=CLOCK.now())
    TOWN.post_letters()
    return application.resident


def outdated(name: str, kana: str) -> Resident:
    """Who has moved since the card was written."""
    resident = person(name, kana)
    record_change_of_address(resident, "みほん県みほん市例示町７－７", clerk="hanako", at=CLOCK.now())
    return resident
