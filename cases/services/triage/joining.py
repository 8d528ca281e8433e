"""Joining a case to another, and taking one back from planning: whatever takes its need out of an order."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import flow, policies
from cases.clock.moment import now
from cases.models import Case, CaseComplaint, Chain, Disposition, Need, NeedState, Order, OrderNeed
from cases.refusals import Refused
from cases.services import casefile, journal, orders, parties
from cases.services.triage.telling import TOLD_JOINED, fresh, tell, written
from teams.policies import Actor

JOINED = _("Joined to another case about the same matter.")


def case_return(*, actor: Actor, case_id: int, reason: str) -> Case:
    """Back to triage until the visit has begun; its need is withdrawn. [case.returned]"""
    words = written(reason)
    with transaction.atomic():
        case = _take_out(actor, case_id, "return", "case.return", words)
        case.disposition = ""
        casefile.case_move(
            case=case, action="return", actor=actor, kind="case.returned", reason=words, fields=["disposition"]
        )
    return fresh(case)


def case_join(*, actor: Actor, case_id: int, into_case_id: int, reason: str = "") -> Case:
    """Join a case to another about the same problem; returns the survivor. [case.merged_into, case.absorbed]

    1. lock party, order and both cases; 2. take its need out of any order; 3. tell its complainants and move them;
    4. each chain names the other's head, nothing is spliced.
    Within one party only; a case whose visit has begun can only survive.
    """
    if case_id == into_case_id:
        raise Refused("same_case", _("A case can't be joined to itself."), field="into", status=422)
    with transaction.atomic():
        case = _take_out(actor, case_id, "join", "case.join", reason.strip() or str(JOINED), also=[into_case_id])
        survivor = casefile.case_lock(into_case_id)
        _check_join(case, survivor)
        tell(case=case, actor=actor, message=TOLD_JOINED, params={})
        moved = _complaints_move(case, survivor)
        case.merged_into = survivor
        case.disposition = Disposition.JOINED
        case.complaint_count = 0
        casefile.case_move(
            case=case,
            action="join",
            actor=actor,
            kind="case.merged_into",
            body={"into": survivor.pk, "head": _head(survivor), "complaints": moved},
            reason=reason.strip(),
            fields=["merged_into", "disposition", "complaint_count"],
        )
        survivor.complaint_count = survivor.complaint_links.count()
        survivor.save(update_fields=["complaint_count"])
        journal.record(
            subject=survivor,
            kind="case.absorbed",
            actor=actor,
            body={"case": case.pk, "head": _head(case), "complaints": moved},
        )
    return fresh(survivor)


class _MovedAway(Exception):
    """A case got another party between reading and locking it."""


def lock_for_visit(target_id: int, case_id: int) -> Case:
    """The target of a visit to come, its live order with the cases on it, and the case, which is in no order yet."""
    cases = _lock_all([case_id], [target_id])
    return cases[0]


def lock_with_orders(case_ids: Iterable[int]) -> list[Case]:
    """The cases' targets, those targets' live orders, then the cases with all that ride on the orders; each by id.

    Answers the wanted cases. Where a case changed its party meanwhile, the savepoint gives every lock back before
    the next try: asking for another target while holding one would lock them out of order.
    """
    wanted = sorted(set(case_ids))
    while True:
        read = _targets_of(wanted)
        try:
            with transaction.atomic():
                cases = _lock_all(wanted, read)
                if not _targets_of(wanted) <= read:
                    raise _MovedAway
                return cases
        except _MovedAway:
            continue


def _targets_of(case_ids: list[int]) -> set[int]:
    """The cases' own parties and those of their standing needs: a recheck belongs where the violation was found."""
    own = Case.objects.filter(pk__in=case_ids, target__isnull=False).values_list("target_id", flat=True)
    standing = Need.objects.filter(case__in=case_ids, state__in=[NeedState.OPEN, NeedState.ORDERED])
    return {target_id for target_id in own if target_id is not None} | set(standing.values_list("target_id", flat=True))


def _lock_all(wanted: list[int], target_ids: Iterable[int]) -> list[Case]:
    targets = sorted(set(target_ids))
    for target_id in targets:
        parties.target_lock(target_id)
    live = Order.objects.select_for_update(no_key=True, of=("self",)).filter(target__in=targets, state__in=flow.LIVE)
    order_ids = [order.pk for order in live.order_by("pk")]
    riding = OrderNeed.objects.filter(order__in=order_ids, released_at__isnull=True, need__case__isnull=False)
    locked = casefile.cases_lock([*wanted, *riding.values_list("need__case_id", flat=True)])
    return [case for case in locked if case.pk in wanted]


def _take_out(actor: Actor, case_id: int, action: str, right: str, reason: str, *, also: Iterable[int] = ()) -> Case:
    """Lock the case, check that the move exists, withdraw its need; answers the case as it then stands."""
    case = next(case for case in lock_with_orders([case_id, *also]) if case.pk == case_id)
    policies.require(actor, right, street_id=case.street_id)
    if not flow.allowed(case, action):
        flow.move(case, action, reason=reason)  # says where it stands
    need = Need.objects.filter(case=case, state__in=[NeedState.OPEN, NeedState.ORDERED]).first()
    if need is not None:
        orders.need_take_out(actor=actor, need_id=need.pk, reason=reason)
    return casefile.case_lock(case_id)


def _check_join(case: Case, survivor: Case) -> None:
    if case.street_id != survivor.street_id:
        raise Refused("other_street", _("Only cases of one street can be joined."), field="into")
    if OrderNeed.objects.filter(need__case=case, order__visits__isnull=False).exists():
        # A recheck on the way stands at the same stage as a first visit; what was found belongs to this case.
        raise Refused("visit_begun", _("This case was visited already: join the other one to it instead."))
    if survivor.stage in flow.ENDED:
        raise Refused("survivor_ended", _("The other case has ended. Take it back first, or go on with this one."))
    if case.target_id is not None and case.target_id != survivor.target_id:
        raise Refused("other_target", _("These cases are about different parties; only one party's can be joined."))


def _complaints_move(case: Case, survivor: Case) -> list[int]:
    there = set(survivor.complaint_links.values_list("complaint_id", flat=True))
    moved: list[int] = []
    for link in CaseComplaint.objects.filter(case=case).order_by("pk"):
        if link.complaint_id in there:
            link.delete()
            continue
        link.original_case_id = link.original_case_id or case.pk
        link.case = survivor
        link.joined_at = now()
        link.save(update_fields=["case", "original_case", "joined_at"])
        moved.append(link.complaint_id)
    return moved


def _head(case: Case) -> str:
    return Chain.objects.values_list("head", flat=True).get(case=case)
