"""The file of one party: reasons to visit, visits, findings and rulings, where the ladder stands, photos, history."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from cases import flow
from cases.clock.moment import now
from cases.law import Conduct, Proposal, Violation, propose
from cases.models import (
    Attachment,
    Case,
    CaseComplaint,
    Category,
    FileState,
    Finding,
    Need,
    Order,
    OrderKind,
    Part,
    PartState,
    RulingOutcome,
    Target,
    TargetChange,
    Visit,
)
from cases.selectors.board import PartGlance, squad_name
from cases.selectors.guard import guard_rule
from cases.selectors.merging import lives_on
from cases.selectors.office import ladder_rule
from cases.selectors.partychange import changes_of
from cases.selectors.register import LOOK_BACK, OPEN_NEEDS
from teams.policies import Actor

SHOWN = 40
PHOTOS = 24


@dataclass(slots=True)
class VisitLine:
    """A visit: who came, what came of it, and how many visits of single departments it made needless."""

    visit: Visit
    parts: list[PartGlance] = field(default_factory=list)
    agencies: set[int] = field(default_factory=set)

    @property
    def saved(self) -> int:
        inspected = self.visit.order.kind != OrderKind.HANDLING
        return max(len(self.agencies) - 1, 0) if inspected else 0


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the ladder stands for one group of clauses, were the same found again today. A person decides."""

    name: str
    proposal: Proposal
    last: date


@dataclass(frozen=True, slots=True)
class Cap:
    """Inspections of this calendar year that count toward the party's cap; ``most`` is None without one."""

    used: int
    most: int | None
    visits: int
    kinds: tuple[str, ...]

    @property
    def left(self) -> int | None:
        return None if self.most is None else max(self.most - self.used, 0)


@dataclass(frozen=True, slots=True)
class PartyFile:
    """``complaints`` counts sendings within a year, never who sent them; lists are newest first."""

    cases: list[Case]
    complaints: int
    needs: list[Need]
    live: Order | None
    orders: list[Order]
    visits: list[VisitLine]
    findings: list[Finding]
    ladder: list[Standing]
    cap: Cap
    photos: list[Attachment]
    history: list[TargetChange]
    absorbed: list[Target]

    @property
    def saved(self) -> int:
        return sum(line.saved for line in self.visits)

    @property
    def lately(self) -> int:
        since = now() - LOOK_BACK
        return sum(line.visit.started_at >= since for line in self.visits)


def party_file(target: Target, actor: Actor) -> PartyFile:
    """Everything of a party that the actor may see. About sixteen queries, whatever it has grown to."""
    cases = Case.objects.visible_to(actor).filter(target=target)
    orders = Order.objects.visible_to(actor).filter(target=target)
    needs = Need.objects.filter(target=target, state__in=OPEN_NEEDS).select_related("case__category")
    year = LOOK_BACK
    complaints = CaseComplaint.objects.filter(case__in=cases, complaint__received_at__gte=now() - year)
    findings = list(
        Finding.objects.filter(visit__order__in=orders)
        .select_related("agency", "item", "ruling", "visit__order")
        .order_by("-pk")[: 5 * SHOWN]
    )
    listed = list(orders.order_by("-pk")[:SHOWN])
    return PartyFile(
        cases=list(cases.select_related("category").order_by("-pk")[:SHOWN]),
        complaints=complaints.values("complaint").distinct().count(),
        needs=list(needs.prefetch_related("agencies").order_by("due_day", "pk")),
        live=next((row for row in listed if row.state in flow.LIVE and row.kind != OrderKind.HANDLING), None),
        orders=listed,
        visits=_visits(orders),
        findings=findings[:SHOWN],
        ladder=_ladder(target, findings),
        cap=_cap(target, orders),
        photos=_photos(orders),
        history=changes_of(target),
        absorbed=lives_on(target),
    )


def _visits(orders: QuerySet[Order]) -> list[VisitLine]:
    rows = Visit.objects.filter(order__in=orders).select_related("order").order_by("-started_at", "-pk")[:SHOWN]
    found = [VisitLine(visit) for visit in rows]
    there = Part.objects.filter(order__in=[line.visit.order_id for line in found]).exclude(
        state__in=[PartState.RELEASED, PartState.PLANNED]
    )
    parts: dict[int, list[Part]] = {}
    for part in there.select_related("squad").order_by("-is_lead", "pk"):
        parts.setdefault(part.order_id, []).append(part)
    for line in found:
        for part in parts.get(line.visit.order_id, ()):
            line.parts.append(PartGlance(squad_name(part.squad), part.state, False, part.is_lead))
            if part.state != PartState.ABSENT:
                line.agencies.add(part.agency_id)
    return found


def _ladder(target: Target, findings: list[Finding]) -> list[Standing]:
    """The ladder's step for each group of clauses that was ruled on, as if the same were found again today."""
    today = timezone.localdate(now())
    history: dict[str, list[Violation]] = {}
    for finding in findings:
        ruling = getattr(finding, "ruling", None)
        if not finding.clause_group or ruling is None:
            continue
        history.setdefault(finding.clause_group, []).append(
            Violation(
                finding.clause_group,
                _day(finding.visit.started_at),
                ruling.outcome != RulingOutcome.NOTHING_WRONG,
                ruling.corrected_at is not None,
            )
        )
    if not history:
        return []
    names: dict[str, str] = {}
    key_areas: set[str] = set()
    for category in Category.objects.filter(clause_group__in=history, active=True).order_by("pk"):
        names.setdefault(category.clause_group, str(category))
        if category.key_area:
            key_areas.add(category.clause_group)
    rule = ladder_rule(target.street_id)
    return [
        Standing(
            names.get(group, group),
            propose(Conduct(clause_group=group, on=today, key_area=group in key_areas), violations, rule),
            max(violation.on for violation in violations),
        )
        for group, violations in sorted(history.items())
    ]


def _cap(target: Target, orders: QuerySet[Order]) -> Cap:
    rule = guard_rule(target)
    kinds = tuple(sorted(rule.counts))
    year = timezone.localdate(now()).year
    done = orders.filter(on_scene_at__year=year).exclude(kind=OrderKind.HANDLING)
    counted = done.aggregate(visits=Count("pk"), used=Count("pk", filter=Q(kind__in=kinds)))
    return Cap(counted["used"], rule.yearly_cap, counted["visits"], kinds)


def _photos(orders: QuerySet[Order]) -> list[Attachment]:
    """What squads photographed there, newest first; nothing that a complainant sent."""
    taken = (
        Q(visit__order__in=orders)
        | Q(answer__visit__order__in=orders)
        | Q(finding__visit__order__in=orders)
        | Q(ruling__finding__visit__order__in=orders)
    )
    rows = Attachment.objects.filter(taken, file__state=FileState.READY).select_related("file")
    return list(rows.order_by("-pk")[:PHOTOS])


def _day(moment: datetime) -> date:
    return timezone.localdate(moment)
