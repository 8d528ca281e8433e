"""Drafting an order over the open needs of one target."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, time

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from cases import flow, policies
from cases.clock.moment import now
from cases.models import (
    Need,
    NeedCause,
    NeedState,
    Order,
    OrderKind,
    Target,
)
from cases.planner import merge
from cases.planner.guard import Guarded
from cases.refusals import Refused
from cases.selectors.composition import Composition, compose, needs_facts
from cases.selectors.guard import guard_of
from cases.services import casefile
from cases.services.orders.drafting import Draft, live_exists, orders_draft
from cases.services.parties import merged_refuse, target_lock
from teams.models import SquadKind
from teams.policies import Actor


def order_open(
    *,
    actor: Actor,
    target_id: int,
    need_ids: Iterable[int] | None = None,
    planned_day: date | None = None,
    planned_from: time | None = None,
    planned_until: time | None = None,
    lead_squad_id: int | None = None,
    lead_reason: str = "",
    guard_reason: str = "",
    squad_ids: Iterable[int] | None = None,
    kind: str | None = None,
) -> Order:
    """Draft the target's check-once order. [order.drafted, case.ordered]

    All open needs that may share a visit are taken unless ``need_ids`` says which. The street's own team leads;
    another lead needs ``lead_reason``; where the guard speaks against planned checks and the office wants a reason, it
    is ``guard_reason``. Refused: ``no_open_need``, ``needs_do_not_fit``, ``live_order_exists``,
    ``lead_reason_needed``, ``guard_reason_needed``, ``no_squad``, ``day_outside_window``.
    """
    wanted = None if need_ids is None else set(need_ids)
    with transaction.atomic():
        target = target_lock(target_id)
        policies.require(actor, "order.draft", street_id=target.street_id)
        merged_refuse(target)
        live_refuse(target)
        needs = _needs_lock(target, wanted)
        on = planned_day or timezone.localdate(now())
        plan = compose(target=target, needs=needs, lead_squad_id=lead_squad_id, squad_ids=squad_ids, on=on)
        opening_check(needs=needs, plan=plan, planned_day=planned_day, lead_reason=lead_reason)
        guarded = guard_of(target=target, needs=needs, plan=plan, on=on)
        why = _guard_check(guarded, guard_reason)
        cases = casefile.cases_lock([need.case_id for need in needs if need.case_id is not None])
        draft = Draft(
            target=target,
            needs=needs,
            plan=plan,
            guarded=guarded,
            guard_reason=why,
            planned_day=planned_day,
            planned_from=planned_from,
            planned_until=planned_until,
            lead_reason=lead_reason.strip(),
            kind=kind,
        )
        return orders_draft(actor=actor, drafts=[draft], cases=cases)[0]


def opening_check(*, needs: Sequence[Need], plan: Composition, planned_day: date | None, lead_reason: str) -> None:
    """What drafting refuses about these needs, their day and who leads: the preview asks it too, and writes nothing.

    Refused: ``needs_do_not_fit``, ``day_outside_window``, ``no_squad``, ``lead_reason_needed``.
    """
    if len(_groups(needs)) > 1:
        why = _(
            "These needs can't share one visit: their days don't meet, only one is announced, or one stays alone. "
            "Open an order for each group."
        )
        raise Refused("needs_do_not_fit", why)
    if planned_day is not None:
        day_check(planned_day, needs)
    lead_check(plan, lead_reason)


def _guard_check(guarded: Guarded, reason: str) -> str:
    """The reason that stays with the order: none where nothing speaks against it."""
    text = reason.strip()
    if guarded.needs_reason and not text:
        raise Refused(
            "guard_reason_needed",
            _("Planned checks here are guarded against, the page says why. Leave them out, or write why they go."),
            field="guard_reason",
            status=422,
        )
    return text if guarded.notes else ""


def live_refuse(target: Target) -> None:
    """``Refused("live_order_exists")`` when the locked target already has a live order."""
    live = Order.objects.filter(target=target, state__in=flow.LIVE).exclude(kind=OrderKind.HANDLING).first()
    if live is not None:
        raise live_exists(live)


def needs_lock(targets: Iterable[Target]) -> list[Need]:
    """The open needs of locked targets, locked too, with what the planner's rules read of them."""
    return list(
        Need.objects.select_for_update(no_key=True, of=("self",))
        .filter(target__in=targets, state=NeedState.OPEN)
        .exclude(cause=NeedCause.HANDLING)
        .select_related("case__category")
        .prefetch_related("agency_links__agency", "agency_links__items")
        .order_by("due_day", "pk")
    )


def _needs_lock(target: Target, wanted: set[int] | None) -> list[Need]:
    rows = needs_lock([target])
    if wanted is not None:
        rows = [need for need in rows if need.pk in wanted]
        if {need.pk for need in rows} != wanted:
            raise Refused("no_open_need", _("One of these needs is not open any more. The page shows what is left."))
    else:
        today = timezone.localdate(now())
        rows = [need for need in rows if need.from_day <= today] or rows
    if not rows:
        raise Refused("no_open_need", _("Nothing at this party waits for a visit."))
    if wanted is None:
        first = {fact.id for fact in _groups(rows)[0]}
        rows = [need for need in rows if need.pk in first]
    return rows


def _groups(needs: Iterable[Need]) -> list[tuple[merge.Need, ...]]:
    return merge.split(needs_facts(needs).values(), now=now())


def day_check(day: date, needs: Iterable[Need]) -> None:
    """``Refused("day_outside_window")`` for a day that has passed, or on which not every need may be served yet."""
    if day < timezone.localdate(now()):
        raise Refused("day_outside_window", _("The planned day has passed."), field="planned_day", status=422)
    first = max((need.from_day for need in needs), default=day)
    if day < first:
        raise Refused(
            "day_outside_window",
            _("The planned day must not lie before %(day)s.") % {"day": date_format(first, str(_("j M Y")))},
            field="planned_day",
            status=422,
        )


def lead_check(plan: Composition, lead_reason: str = "") -> None:
    """Refused: ``no_squad``, ``lead_reason_needed``."""
    lead = next((part for part in plan.parts if part.is_lead), None)
    if lead is None:
        raise Refused("no_squad", _("No squad serves this street for these agencies. Ask the administrator."))
    if lead.squad.kind != SquadKind.ENFORCEMENT_TEAM and not lead_reason.strip():
        raise Refused(
            "lead_reason_needed",
            _("The street's own team leads a joint visit; another lead needs a written reason."),
            field="lead_reason",
            status=422,
        )
