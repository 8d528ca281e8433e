"""The plan of an office: open needs by party, what an order over them would look like, orders by state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q
from django.utils import timezone

from cases import flow
from cases.clock.moment import now
from cases.models import Need, NeedCause, NeedState, Order, OrderKind, OrderState, Target, Urgency
from cases.planner import merge
from cases.selectors.composition import need_facts
from teams.models import Role
from teams.policies import Actor
from teams.scope import of_own_streets
from teams.statements import Statement, for_readers

MOST_NEEDS = 300


@dataclass(slots=True)
class TargetPlan:
    """A party with its open needs; ``live`` is its order under way, which takes further needs."""

    target: Target
    needs: list[Need] = field(default_factory=list)
    live: Order | None = None

    @property
    def due_day(self) -> date:
        return min(need.due_day for need in self.needs)

    @property
    def urgent(self) -> bool:
        return any(need.urgency != Urgency.GENERAL for need in self.needs)

    @property
    def agencies(self) -> list[str]:
        return list(dict.fromkeys(str(agency) for need in self.needs for agency in need.agencies.all()))

    @property
    def later(self) -> bool:
        """Whether none of the needs may be served today (a recheck waits for its day)."""
        return all(need.from_day > timezone.localdate(now()) for need in self.needs)


def needs_visible(actor: Actor) -> Q:
    """Needs at parties of the actor's streets or district; an auditor's all."""
    if actor.is_system or actor.has(Role.AUDITOR):
        return Q()
    return of_own_streets(actor, "target__street")


def open_needs(actor: Actor) -> list[TargetPlan]:
    """Parties with open needs, urgent ones first, then by the nearest last day. Four queries.

    A planned check stands here from its first day on: a plan of a year would hide what has to be done now.
    """
    not_yet = Q(cause=NeedCause.PLANNED, from_day__gt=timezone.localdate(now()))
    rows = (
        Need.objects.filter(needs_visible(actor), state=NeedState.OPEN)
        .exclude(cause=NeedCause.HANDLING)
        .exclude(not_yet)
        .select_related("target__street", "case__category")
        .prefetch_related("agencies")
        .order_by("due_day", "pk")[:MOST_NEEDS]
    )
    plans: dict[int, TargetPlan] = {}
    for need in rows:
        plans.setdefault(need.target_id, TargetPlan(need.target)).needs.append(need)
    live = Order.objects.filter(target_id__in=plans, state__in=flow.LIVE).exclude(kind=OrderKind.HANDLING)
    for order in live:
        plans[order.target_id].live = order
    return sorted(plans.values(), key=lambda plan: (not plan.urgent, plan.due_day, plan.target.pk))


def needs_of(target: Target) -> list[Need]:
    """Open needs of a party with what the planner's rules read of them."""
    return list(
        Need.objects.filter(target=target, state=NeedState.OPEN)
        .exclude(cause=NeedCause.HANDLING)
        .select_related("case__category", "target")
        .prefetch_related("agency_links__agency", "agency_links__items", "agencies")
        .order_by("due_day", "pk")
    )


def needs_first(needs: Iterable[Need]) -> set[int]:
    """Ids of the needs that may go together and come first: what an order takes unless told otherwise."""
    today = timezone.localdate(now())
    rows = list(needs)
    ready = [need for need in rows if need.from_day <= today] or rows
    if not ready:
        return set()
    return {fact.id for fact in merge.split([need_facts(need) for need in ready], now=now())[0]}


def live_order(target: Target) -> Order | None:
    """The order under way at the party, handling tasks aside."""
    return Order.objects.filter(target=target, state__in=flow.LIVE).exclude(kind=OrderKind.HANDLING).first()


_WAITS = Q(state=OrderState.TO_APPROVE) | (
    Q(urgent_first=True, approved_at__isnull=True) & ~Q(state=OrderState.CANCELLED)
)
ORDER_GROUPS: Mapping[str, Q] = {
    "approve": _WAITS,
    "draft": Q(state__in=(OrderState.DRAFTED, OrderState.TO_APPROVE, OrderState.APPROVED)),
    "way": Q(state__in=(OrderState.ISSUED, OrderState.ACKNOWLEDGED, OrderState.ON_SCENE)),
    "rule": Q(state=OrderState.RULING),
    "ended": Q(state__in=(OrderState.DONE, OrderState.CANCELLED)),
}


def to_approve_count(actor: Actor) -> int:
    """Orders in sight that wait for the head of office: submitted, or issued first."""
    return sum(_to_approve(actor)())


@for_readers
def _to_approve(reader: Actor) -> Statement[int]:
    # counted apart for each kind, so that there is something to group by
    waiting = Order.objects.visible_to(reader).filter(_WAITS).order_by().values("kind")
    return Statement(lambda: waiting.annotate(n=Count("pk")).values_list("n", flat=True))
