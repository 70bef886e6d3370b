"""The order of the story. What happens in a step stands in `today` and `later`."""

from honnin.errors import Language
from honnin.sites.demo.later import Later
from honnin.sites.demo.stage import Step
from honnin.sites.demo.today import Today
from honnin.sites.demo.world import World


def steps(world: World, language: Language) -> list[Step]:
    """The story in order, each step with the clauses that it shows and its title in both languages."""
    today, later = Today(world, language), Later(world, language)
    told = (
        (
            "key-ceremony",
            ("S4-1.1a", "S0-9"),
            "鍵の生成と認証局の開設",
            "Two authorities are opened",
            today.ceremony,
        ),
        ("register", ("S4-1.3.1", "S4-2.1"), "住民基本台帳", "The register of residents", today.register),
        ("card", ("S1-C4a", "S4-2.2"), "カードの作成", "A card is made", today.card),
        (
            "refusals",
            ("S4-3.2a", "S4-4.2"),
            "発行できない申請",
            "Applications the law refuses",
            today.refusals,
        ),
        (
            "application",
            ("S4-3.1", "S4-3.2b", "S4-4.1"),
            "申請と審査",
            "Application and examination",
            today.application,
        ),
        (
            "cut",
            ("S4-2.2",),
            "発行の途中でカードが抜ける",
            "The card is pulled out while issuing",
            today.cut,
        ),
        (
            "issue",
            ("S4-5.1", "S4-5.1.2", "S4-5.2", "S4-4.3"),
            "証明書の発行",
            "Both certificates are issued",
            today.issue,
        ),
        ("status-good", ("act/18", "act/37"), "有効性の確認", "The status service answers", today.good),
        ("login", ("S1-E1.2", "S2-1.2"), "カードでログイン", "Logging in with the card", today.login),
        ("wrong-pin", ("S1-E2.1a", "S1-E2.2b"), "暗証番号の誤り", "A wrong PIN", today.wrong_pin),
        (
            "loss",
            ("S1-C5.1a", "S3-C3", "S4-9a"),
            "紛失の電話（24時間）",
            "The card is lost: a call at any hour",
            today.loss,
        ),
        ("found", ("S1-C5.1d", "S4-9b"), "一時保留の解除", "The card is found", today.found),
        ("reissue", ("S4-3.5",), "署名用の再発行", "A new signature certificate", today.reissue),
        ("sign", ("S1-E1.1", "S4-11.2"), "文書への署名", "A document is signed", today.sign),
        ("verify", ("S0-1", "S4-2.3"), "署名の検証", "The signature is verified", today.verify),
        ("audit", ("act/16", "act/35"), "記録の突き合わせ", "Everything agrees", today.audit),
        ("move", ("S1-E3a", "S1-E3c", "S4-5.1.2"), "1年後、引っ越し", "A year later: a move", later.moves),
        ("last-day", ("S2-4.1a", "S4-5.2.1"), "有効期間の最後の日", "The last day", later.last_day),
    )
    return [Step(name, clauses, {"ja": ja, "en": en}, act) for name, clauses, ja, en, act in told]
