"""The register of parties: search, and what is known of one party."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet

from cases.clock.moment import now
from cases.models import Case, Finding, FindingState, Need, NeedState, Order, RulingOutcome, Target
from teams.models import Role
from teams.policies import Actor

PAGE = 50
LOOK_BACK = timedelta(days=365)


def targets_visible(actor: Actor) -> QuerySet[Target]:
    """Parties of the actor's streets or district; an auditor sees all. Merged ones are left out."""
    rows = Target.objects.filter(merged_into__isnull=True).select_related("street", "grid")
    if actor.is_system or actor.has(Role.AUDITOR):
        return rows
    return rows.filter(Q(street_id__in=actor.streets()) | Q(street__district_id__in=actor.districts))


def targets_page(
    actor: Actor, *, text: str = "", kind: str = "", after: int | None = None, size: int = PAGE
) -> tuple[list[Target], int | None]:
    """Parties whose name, other name, address or credit code holds the text, newest first."""
    rows = targets_visible(actor)
    words = text.strip()
    if words:
        rows = rows.filter(
            Q(name__icontains=words)
            | Q(address__icontains=words)
            | Q(uscc__iexact=words)
            | Q(aliases__contains=[words])
        )
    if kind:
        rows = rows.filter(kind=kind)
    if after is not None:
        rows = rows.filter(pk__lt=after)
    found = list(rows.order_by("-pk")[: size + 1])
    return found[:size], found[size - 1].pk if len(found) > size else None


@dataclass(frozen=True, slots=True)
class PartyFile:
    """``visits`` counts orders carried out within a year; findings newest first, with their rulings."""

    cases: list[Case]
    orders: list[Order]
    needs: list[Need]
    findings: list[Finding]
    visits: int


def party_file(target: Target, actor: Actor) -> PartyFile:
    """The thin dossier of a party the actor may see."""
    cases = Case.objects.visible_to(actor).filter(target=target).select_related("category").order_by("-pk")[:30]
    orders = Order.objects.visible_to(actor).filter(target=target).order_by("-pk")
    findings = (
        Finding.objects.filter(visit__order__target=target, visit__order__in=orders)
        .select_related("agency", "item", "ruling")
        .order_by("-pk")[:30]
    )
    visits = orders.filter(on_scene_at__gte=now() - LOOK_BACK).count()
    needs = Need.objects.filter(target=target, state__in=[NeedState.OPEN, NeedState.ORDERED])
    return PartyFile(
        cases=list(cases),
        orders=list(orders[:30]),
        needs=list(needs.select_related("case").prefetch_related("agencies")),
        findings=list(findings),
        visits=visits,
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a party at a glance; ``visits`` within a year, ``findings`` that were ruled within two."""

    target: Target
    visits: int
    findings: int
    needs: int


def known_of(target: Target) -> Known:
    """Three counts of a party the caller may see."""
    carried_out = Order.objects.filter(target=target, on_scene_at__gte=now() - LOOK_BACK)
    wrong = Finding.objects.filter(
        visit__order__target=target, state=FindingState.RULED, found_at__gte=now() - 2 * LOOK_BACK
    ).exclude(ruling__outcome=RulingOutcome.NOTHING_WRONG)
    waiting = Need.objects.filter(target=target, state__in=[NeedState.OPEN, NeedState.ORDERED])
    return Known(target, carried_out.count(), wrong.count(), waiting.count())
