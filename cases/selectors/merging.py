"""What a merge of two entries would do, before anybody does it; and pairs that wait for a decision."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from cases import flow
from cases.models import Case, Complaint, Finding, Likeness, Need, Order, OrderKind, Target
from cases.selectors.register import OPEN_NEEDS, streets_visible
from teams.numbers import is_number
from teams.policies import Actor

PAGE = 30


@dataclass(frozen=True, slots=True)
class Goes:
    """What an entry has; all of it would move."""

    cases: int
    open_cases: int
    needs: int
    open_needs: int
    orders: int
    findings: int
    complaints: int
    live: Order | None


def goes_of(target: Target) -> Goes:
    """Eight small queries."""
    cases, needs = Case.objects.filter(target=target), Need.objects.filter(target=target)
    live = Order.objects.filter(target=target, state__in=flow.LIVE).exclude(kind=OrderKind.HANDLING)
    return Goes(
        cases=cases.count(),
        open_cases=cases.exclude(stage__in=flow.ENDED).count(),
        needs=needs.count(),
        open_needs=needs.filter(state__in=OPEN_NEEDS).count(),
        orders=Order.objects.filter(target=target).count(),
        findings=Finding.objects.filter(visit__order__target=target).count(),
        complaints=Complaint.objects.filter(target=target).count(),
        live=live.first(),
    )


def pairs_waiting(actor: Actor, *, street: int | None = None) -> QuerySet[Likeness]:
    """Likely doubles that nobody has decided on, the likeliest first."""
    live = Target.objects.filter(merged_into__isnull=True)
    rows = Likeness.objects.filter(
        Exists(live.filter(pk=OuterRef("first"))),
        Exists(live.filter(pk=OuterRef("second"))),
        different_at__isnull=True,
        street__in=streets_visible(actor),
    )
    if street is not None:
        rows = rows.filter(street=street)
    return rows.select_related("first", "second", "street").order_by("-score", "pk")


def pairs_page(actor: Actor, *, cursor: str = "", size: int = PAGE) -> tuple[list[Likeness], str]:
    """A page of pairs and the cursor of the next one (empty at the end)."""
    rows = pairs_waiting(actor)
    score, _sep, key = cursor.partition("~")
    if is_number(score) and is_number(key):
        rows = rows.filter(Q(score__lt=int(score)) | Q(score=int(score), pk__gt=int(key)))
    found = list(rows[: size + 1])
    more = len(found) > size
    found = found[:size]
    return found, f"{found[-1].score}~{found[-1].pk}" if more else ""


def decided_lately(actor: Actor) -> list[Likeness]:
    """Pairs that were called different, the latest first: a slip can be taken back."""
    rows = Likeness.objects.filter(different_at__isnull=False, street__in=streets_visible(actor))
    return list(rows.select_related("first", "second", "different_by").order_by("-different_at")[:10])


def lives_on(target: Target) -> list[Target]:
    """Entries that were merged into this one."""
    return list(Target.objects.filter(merged_into=target).order_by("pk"))
