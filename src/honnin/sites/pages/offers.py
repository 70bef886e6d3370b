"""What can be done in this installation: the procedures whose pages are registered."""

from collections.abc import Mapping
from types import MappingProxyType

from django.urls import URLPattern, get_resolver

from honnin.console.published.document import Procedure
from honnin.law.counter.acts import CounterAct

PAGE_OF: Mapping[Procedure, str] = MappingProxyType(
    {
        Procedure.ISSUE: "counter:issue",
        Procedure.PIN_RESET: "counter:set_pins",
        Procedure.NOTICE_OF_LOSS: "hotline:confirm",
        Procedure.REPORT_OF_LOSS: "counter:report_loss",
        Procedure.RELEASE: "counter:release",
        Procedure.REVOCATION: "counter:confirm_revocation",
        Procedure.CHANGE_OF_ADDRESS: "counter:change_address",
        Procedure.MOVING_OUT: "counter:move_out",
        Procedure.CARD_UPDATE: "counter:card_work",
        Procedure.CARD_TAKEN_BACK: "counter:card_work",
    }
)
"""Where each is done. Whoever builds another procedure enters its page, and the texts mark it no more."""

ACTS: Mapping[CounterAct, Procedure] = MappingProxyType(
    {
        CounterAct.ISSUE: Procedure.ISSUE,
        CounterAct.SET_PINS: Procedure.PIN_RESET,
        CounterAct.REPORT_LOSS: Procedure.REPORT_OF_LOSS,
        CounterAct.RELEASE: Procedure.RELEASE,
        CounterAct.REVOKE: Procedure.REVOCATION,
        CounterAct.CHANGE_ADDRESS: Procedure.CHANGE_OF_ADDRESS,
        CounterAct.MOVE_OUT: Procedure.MOVING_OUT,
        CounterAct.UPDATE_CARD: Procedure.CARD_UPDATE,
        CounterAct.TAKE_CARD_BACK: Procedure.CARD_TAKEN_BACK,
    }
)
"""Which procedure an act of the counter completes for a holder; every other act is in `NOT_BY_ITSELF`."""

NOT_BY_ITSELF: Mapping[CounterAct | str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                CounterAct.RECEIVE,
                CounterAct.AMEND,
                CounterAct.WITHDRAW,
                CounterAct.ADD_EVIDENCE,
                CounterAct.APPROVE,
                CounterAct.REJECT,
                CounterAct.HAND_OVER,
                CounterAct.END,
                "counter:new_application",
                "counter:new_pin_reset",
                "counter:amend",
                "counter:withdraw",
                "counter:evidence",
                "counter:approve",
                "counter:reject",
                "counter:hand_over",
                "counter:end",
            ),
            "a step of an application for certificates or PINs",
        ),
        CounterAct.CLEAR_CARD: "goes with an update of the card",
        "counter:revoke": "the question before the revocation",
        **dict.fromkeys(
            (
                CounterAct.LOOK_AT_PERSON,
                CounterAct.LOOK_AT_APPLICATION,
                CounterAct.LOOK_AT_COPY,
                "counter:applications",
                "counter:application",
                "counter:evidence_copy",
                "counter:receipt",
                "counter:residents",
                "counter:found",
                "counter:resident",
                "counter:give_reason",
                "hotline:search",
                "hotline:found",
                "hotline:calls",
                "hotline:holder",
            ),
            "a look",
        ),
    }
)
"""Acts and pages that nobody comes for by themselves, and why."""


def offered() -> frozenset[Procedure]:
    """Every procedure that has its page."""
    rooms = get_resolver().namespace_dict
    registered = {
        f"{room}:{pattern.name}"
        for room, (_prefix, below) in rooms.items()
        for pattern in below.url_patterns
        if isinstance(pattern, URLPattern)
    }
    return frozenset(procedure for procedure, page in PAGE_OF.items() if page in registered)
