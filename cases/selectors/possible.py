"""Why an act is not possible now, said before anybody fills in its form. The services decide when it is sent.

Each function answers a sentence, or "" while nothing that can be seen beforehand stands in the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from cases import flow
from cases.law import may_check_after, may_close
from cases.models import (
    Case,
    Complaint,
    Feedback,
    FindingState,
    LabState,
    LabTest,
    Need,
    NeedState,
    Order,
    OrderKind,
    OrderState,
    Part,
    PartState,
    ReworkState,
    Urgency,
)
from cases.selectors.apart import handlers, passed_check, visit_members
from teams.policies import Actor

CASE_MOVES: Mapping[str, str] = {
    "accept": "accept",
    "reject": "reject",
    "ask": "ask",
    "resume": "resume",
    "return": "return",
    "take-back": "take_back",
    "join": "join",
    "settle": "settle",
    "split": "plan",
    "check-after": "close",
    "close": "close",
}
"""Acts of the case page by the move of the flow that each needs; a note needs none."""
ORDER_MOVES: Mapping[str, str] = {
    "submit": "submit",
    "send-back": "send_back",
    "cancel": "cancel",
    "change-target": "cancel",
}
PART_MOVES: Mapping[str, str] = {"call-again": "call_again", "reassign": "release", "release": "release"}


def _stands(subject: Case | Order | Part, move: str) -> str:
    """Where the subject stands, and where it would have to stand for the move; "" when it stands there."""
    if flow.allowed(subject, move):
        return ""
    return _("It is at “%(stage)s” now. This can be done only at: %(stages)s.") % {
        "stage": _name_of(subject),
        "stages": _(", ").join(flow.sources_of(subject, move)),
    }


def _name_of(subject: Case | Order | Part) -> str:
    return str(subject.get_stage_display() if isinstance(subject, Case) else subject.get_state_display())


def case_bar(actor: Actor, case: Case, slug: str) -> str:
    """Why this act on the case is not possible now."""
    if slug not in CASE_MOVES:
        return ""
    where = _stands(case, CASE_MOVES[slug])
    return where or (_CASE_MORE[slug](actor, case) if slug in _CASE_MORE else "")


def _to_ask(_actor: Actor, case: Case) -> str:
    asked = Complaint.objects.filter(case_links__case=case, withdrawn_at__isnull=True, token_hash__isnull=False)
    return "" if asked.exists() else _("Nobody can be asked: no complainant of this case has a private page.")


def _to_split(_actor: Actor, case: Case) -> str:
    return "" if case.complaints.exists() else _("Nobody complained here: open a case of its own instead.")


def _to_check(actor: Actor, case: Case) -> str:
    if _took_part(actor, case, may_check_after):
        return _took_part(actor, case, may_check_after)
    return _("This case was checked already. It can be closed.") if passed_check(case) else ""


def _to_close(actor: Actor, case: Case) -> str:
    if _took_part(actor, case, may_close):
        return _took_part(actor, case, may_close)
    if passed_check(case) is None:
        return _("Check after handling first: a case closes on a passed check.")
    if Need.objects.filter(case=case, state__in=[NeedState.OPEN, NeedState.ORDERED]).exists():
        return _("A visit for this case is still planned.")
    return ""


def _took_part(actor: Actor, case: Case, rule: Callable[..., object]) -> str:
    if actor.user_id is None or rule(actor.user_id, visit_members(case), handlers(case)) is None:
        return ""
    return _("You took part in handling this case. Somebody else checks and closes it.")


_CASE_MORE: Mapping[str, Callable[[Actor, Case], str]] = {
    "ask": _to_ask,
    "split": _to_split,
    "check-after": _to_check,
    "close": _to_close,
}


def order_bar(_actor: Actor, order: Order, slug: str) -> str:
    """Why this act on the order is not possible now."""
    if slug == "approve":
        if order.approved_at is not None:
            return _("This order is approved already.")
        made_up = order.urgent_first and order.state != OrderState.CANCELLED
        return "" if made_up else _stands(order, "approve")
    if slug == "issue":
        return _to_issue(order)
    return _stands(order, ORDER_MOVES[slug])


def _to_issue(order: Order) -> str:
    if order.state not in (OrderState.DRAFTED, OrderState.TO_APPROVE):
        return _stands(order, "issue")
    if order.kind == OrderKind.HANDLING or order.urgency != Urgency.GENERAL:
        return ""
    return _("An inspection needs approval first. Submit it to the head of office.")


def owes(part: Part) -> bool:
    """Whether a squad can be urged: it has to acknowledge, to report in, or after the visit to rule."""
    if part.state == PartState.DONE:
        return part.findings.filter(state=FindingState.OPEN).exists()
    return part.state in (PartState.CALLED, PartState.ACKNOWLEDGED)


def part_bar(_actor: Actor, part: Part, slug: str) -> str:
    """Why this act on a squad's part is not possible now."""
    if slug == "urge":
        return "" if owes(part) else _("This squad has nothing open to be urged for.")
    if part.order.state not in flow.LIVE:
        words = _("Its order is at “%(stage)s” now: squads can't be changed any more.")
        return words % {"stage": _name_of(part.order)}
    if slug == "release" and part.is_lead:
        return _("The order needs a lead. Give the part to another squad instead.")
    return _stands(part, PART_MOVES[slug])


def lab_bar(_actor: Actor, test: LabTest, _slug: str) -> str:
    """Why this test can't be called off."""
    if test.state == LabState.REPORTED:
        return _("The report on this test is in already.")
    return _("This test is cancelled already.") if test.state == LabState.CANCELLED else ""


def feedback_bar(actor: Actor, row: Feedback, _slug: str) -> str:
    """Why this wish for rework is not to be decided (by this person)."""
    if row.rework != ReworkState.ASKED:
        return _("This was decided already.")
    return _took_part(actor, row.case, may_check_after)
