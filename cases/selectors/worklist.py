"""What people in the field work on: reasons and findings of a part, a laboratory's commissions, a worker's alerts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from cases.clock.moment import now
from cases.models import (
    Attachment,
    Case,
    Complaint,
    Deadline,
    DeadlineKind,
    DeadlineState,
    File,
    FileState,
    Finding,
    FindingState,
    LabState,
    LabTest,
    Need,
    NeedCause,
    Order,
    OrderNeed,
    Part,
    PartState,
    Ruling,
    Source,
    VisitState,
)
from teams.models import Certificate
from teams.policies import Actor

_REPORTED_AT_MOST = 30


def needs_of(order_id: int) -> list[Need]:
    """Why the order is made: its needs with case and category, the oldest first."""
    links = OrderNeed.objects.filter(order_id=order_id, released_at__isnull=True)
    return [link.need for link in links.select_related("need__case__category").order_by("need_id")]


def asked_for(needs: Iterable[Need]) -> list[Ruling]:
    """What earlier rulings asked to be put right and this visit looks at again, the oldest first."""
    again = [need.pk for need in needs if need.cause == NeedCause.RECHECK]
    if not again:
        return []
    rulings = Ruling.objects.filter(followups__need__in=again).select_related("finding__item")
    return list(rulings.order_by("pk").distinct())


def begins_on(needs: Iterable[Need]) -> date | None:
    """The day before which nobody reports in, while it lies ahead: the term given for correction runs until then."""
    days = [need.from_day for need in needs if need.cause == NeedCause.RECHECK]
    return max(days) if days and timezone.localdate(now()) < max(days) else None


def commissions(actor: Actor) -> list[LabTest]:
    """Tests of the actor's laboratories: those to report by their due moment, then the latest reports."""
    due = Deadline.objects.filter(
        lab_test=OuterRef("pk"), kind=DeadlineKind.LAB_REPORT, state=DeadlineState.RUNNING
    ).values("due_at")[:1]
    warn = Deadline.objects.filter(
        lab_test=OuterRef("pk"), kind=DeadlineKind.LAB_REPORT, state=DeadlineState.RUNNING
    ).values("warn_at")[:1]
    rows = (
        LabTest.objects.filter(laboratory_id__in=actor.laboratories)
        .exclude(state=LabState.CANCELLED)
        .select_related("part_item__item", "part_item__part__agency", "laboratory")
        .annotate(due_at=Subquery(due), warn_at=Subquery(warn))
    )
    waiting = rows.filter(state=LabState.COMMISSIONED).order_by("due_at", "pk")
    reported = rows.filter(state=LabState.REPORTED).order_by("-reported_at")[:_REPORTED_AT_MOST]
    return [*waiting, *reported]


def alerts(actor: Actor) -> list[Complaint]:
    """The grid worker's own alerts with their cases, newest first."""
    rows = Complaint.objects.filter(taken_by_id=actor.user_id, source=Source.GRID)
    return list(rows.prefetch_related("cases").order_by("-received_at", "-pk")[:50])


def open_visit_id(order_id: int) -> int | None:
    """The visit under way of an order."""
    return Order.objects.filter(pk=order_id, visits__state=VisitState.OPEN).values_list("visits__pk", flat=True).first()


def part_of_order(actor: Actor, order_id: int) -> int | None:
    """The part that a squad of the actor has in the order."""
    mine = Part.objects.filter(order_id=order_id, squad_id__in=actor.squads())
    return mine.exclude(state__in=[PartState.PLANNED, PartState.RELEASED]).values_list("pk", flat=True).first()


def certificates_of(actor: Actor) -> list[Certificate]:
    """The person's own certificates, the longest valid first."""
    return list(
        Certificate.objects.filter(user_id=actor.user_id or 0).select_related("agency").order_by("-valid_until")
    )


def shared_photos(order_id: int) -> list[File]:
    """Photos of the order's cases that the office shared with the squads."""
    cases = Case.objects.filter(needs__order_links__order_id=order_id, needs__order_links__released_at__isnull=True)
    rows = Attachment.objects.filter(
        Q(case__in=cases) | Q(complaint__cases__in=cases),
        file__shared_with_squads=True,
    ).exclude(file__state=FileState.BROKEN)
    return list({row.file_id: row.file for row in rows.select_related("file").order_by("pk")}.values())


def open_findings_of(part: Part) -> list[Finding]:
    """Findings of the part's order that its own squad has still to rule on."""
    rows = Finding.objects.filter(visit__order_id=part.order_id, part_id=part.pk, state=FindingState.OPEN)
    return list(rows.order_by("pk"))
