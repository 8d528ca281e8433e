"""What a person has to do in the field: the squad's parts of today, a laboratory's commissions, a worker's alerts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from cases.clock.moment import now
from cases.models import (
    Answer,
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
    OrderKind,
    OrderNeed,
    OrderState,
    Part,
    PartItem,
    PartState,
    Ruling,
    Source,
    Urgency,
    VisitState,
)
from cases.selectors.board import PartGlance, squad_name
from teams.models import Certificate, Role
from teams.policies import Actor

STEPS = ("here", "acknowledge", "go", "close", "rule", "lab", "wait")
"""What a card asks for, in the order in which cards of the same urgency stand."""

_LIVE_PARTS = (PartState.CALLED, PartState.ACKNOWLEDGED, PartState.ON_SCENE)
_LIVE_ORDERS = (OrderState.ISSUED, OrderState.ACKNOWLEDGED, OrderState.ON_SCENE, OrderState.RULING)
_CLOCK = {"acknowledge": DeadlineKind.ACKNOWLEDGE, "go": DeadlineKind.REPORT_IN}
_ENDED_AT_MOST = 30


@dataclass(slots=True)
class Card:
    """A part as a phone shows it. ``step`` is what it asks for; ``squads`` is for the tag of that name."""

    part: Part
    step: str
    squads: list[PartGlance] = field(default_factory=list)
    items: int = 0
    answered: int = 0
    clock: Deadline | None = None
    findings: list[Finding] = field(default_factory=list)
    visit_id: int | None = None
    topics: list[str] = field(default_factory=list)

    @property
    def order(self) -> Order:
        return self.part.order

    @property
    def urgent(self) -> bool:
        return self.order.urgency != Urgency.GENERAL

    @property
    def handling(self) -> bool:
        return self.order.kind == OrderKind.HANDLING

    @property
    def due(self) -> datetime | None:
        return self.clock.due_at if self.clock else None


@dataclass(slots=True)
class Worklist:
    """Cards of today (urgent first), of later days, and rows of what ended today."""

    today: list[Card]
    later: list[Card]
    ended: list[Part]


def worklist(actor: Actor) -> Worklist:
    """Everything that waits for the squads of the actor. At most eight queries, whatever their number."""
    squads = actor.squads()
    if not squads:
        return Worklist([], [], [])
    day = timezone.localdate(now())
    mine = _parts(squads)
    rows = list(
        mine.filter(
            Q(state__in=_LIVE_PARTS, order__state__in=_LIVE_ORDERS)
            | Q(state=PartState.DONE, order__state__in=[OrderState.ON_SCENE, OrderState.RULING])
        )
    )
    cards = _cards(rows)
    ended = mine.filter(state=PartState.DONE, order__state=OrderState.DONE, done_at__date=day)
    today = [card for card in cards if not _is_later(card, day)]
    later = [card for card in cards if _is_later(card, day)]
    return Worklist(today, later, list(ended.order_by("-done_at")[:_ENDED_AT_MOST]))


def card_of(part: Part) -> Card:
    """The card of one part, whatever its state."""
    row = _parts([part.squad_id]).get(pk=part.pk)
    return _cards([row])[0]


def _parts(squads: Iterable[int]) -> QuerySet[Part]:
    visit = (
        Order.objects.filter(pk=OuterRef("order_id"), visits__isnull=False)
        .order_by("-visits__sequence")
        .values("visits__pk")[:1]
    )
    answered = (
        Answer.objects.filter(part_item__part=OuterRef("pk"), visit_id=OuterRef("visit_id"))
        .order_by()
        .values("part_item__part")
        .annotate(n=Count("pk"))
        .values("n")
    )
    items = PartItem.objects.filter(part=OuterRef("pk")).order_by().values("part").annotate(n=Count("pk")).values("n")
    return (
        Part.objects.filter(squad_id__in=list(squads))
        .select_related("order__target", "order__street", "squad", "agency")
        .annotate(visit_id=Subquery(visit))
        .annotate(answered_count=Coalesce(Subquery(answered), 0), item_count=Coalesce(Subquery(items), 0))
    )


def _cards(rows: Sequence[Part]) -> list[Card]:
    orders = {row.order_id for row in rows}
    others: dict[int, list[Part]] = {pk: [] for pk in orders}
    listed = Part.objects.filter(order_id__in=orders).exclude(state__in=[PartState.RELEASED, PartState.PLANNED])
    for part in listed.select_related("squad"):
        others[part.order_id].append(part)
    open_findings = list(
        Finding.objects.filter(visit__order_id__in=orders, state=FindingState.OPEN).select_related("part", "item")
    )
    tests = set(
        LabTest.objects.filter(visit__order_id__in=orders, state=LabState.COMMISSIONED).values_list(
            "part_item__part_id", flat=True
        )
    )
    topics = _topics(orders)
    cards = []
    for row in rows:
        mine = [f for f in open_findings if f.part_id == row.pk]
        cards.append(
            Card(
                part=row,
                step=_step(row, others[row.order_id], mine, row.pk in tests),
                squads=[],
                items=row.item_count,  # type: ignore[attr-defined]
                answered=row.answered_count,  # type: ignore[attr-defined]
                findings=mine,
                visit_id=row.visit_id,  # type: ignore[attr-defined]
                topics=topics.get(row.order_id, []),
            )
        )
    _clocks(cards, others)
    cards.sort(key=lambda card: (not card.urgent, STEPS.index(card.step), card.due or _FAR, card.order.pk))
    return cards


_FAR = datetime.max.replace(tzinfo=timezone.get_fixed_timezone(0))


def _topics(orders: Iterable[int]) -> dict[int, list[str]]:
    """Names of the categories an order is about, and that it is planned, each once."""
    found: dict[int, list[str]] = {}
    links = OrderNeed.objects.filter(order_id__in=list(orders), released_at__isnull=True)
    for link in links.select_related("need__case__category").order_by("pk"):
        case = link.need.case
        names = found.setdefault(link.order_id, [])
        if case is not None and case.category is not None and str(case.category) not in names:
            names.append(str(case.category))
        elif link.need.cause == NeedCause.PLANNED and (planned := str(NeedCause.PLANNED.label)) not in names:
            names.append(planned)
    return found


def _step(part: Part, others: Sequence[Part], findings: Sequence[Finding], waits: bool) -> str:
    if part.state == PartState.CALLED:
        return "acknowledge"
    if part.state == PartState.ACKNOWLEDGED:
        return "go"
    if part.state == PartState.ON_SCENE:
        return "here"
    if part.state == PartState.DONE and part.order.state == OrderState.ON_SCENE:
        there = any(other.state == PartState.ON_SCENE for other in others)
        return "close" if part.is_lead and not there else "wait"
    if findings:
        return "rule"
    return "lab" if waits else "wait"


def _clocks(cards: Sequence[Card], others: dict[int, list[Part]]) -> None:
    """The live deadline of each card, and who of the other squads is late."""
    parts = [part.pk for listed in others.values() for part in listed]
    findings = [finding.pk for card in cards for finding in card.findings]
    live = Deadline.objects.filter(state__in=[DeadlineState.RUNNING, DeadlineState.PAUSED])
    rows = live.filter(Q(part_id__in=parts) | Q(finding_id__in=findings)).order_by("due_at")
    of_part: dict[tuple[int, str], Deadline] = {}
    of_finding: dict[int, Deadline] = {}
    for row in rows:
        if row.part_id is not None:
            of_part.setdefault((row.part_id, row.kind), row)
        elif row.finding_id is not None:
            of_finding.setdefault(row.finding_id, row)
    moment = now()
    late = {pk for (pk, _kind), row in of_part.items() if row.due_at < moment}
    for card in cards:
        card.squads = [
            PartGlance(squad_name(p.squad), p.state, p.pk in late, p.is_lead) for p in others[card.part.order_id]
        ]
        if card.step in _CLOCK:
            card.clock = of_part.get((card.part.pk, _CLOCK[card.step]))
        elif card.findings:
            clocks = [of_finding[f.pk] for f in card.findings if f.pk in of_finding]
            card.clock = min(clocks, key=lambda row: row.due_at, default=None)


def _is_later(card: Card, day: date) -> bool:
    planned = card.order.planned_day
    return card.step in ("acknowledge", "go") and not card.urgent and planned is not None and planned > day


@dataclass(frozen=True, slots=True)
class Whistle:
    """An urgent call that nobody of the squad has taken up yet."""

    part_id: int
    target: str
    address: str
    due_at: datetime | None
    warn_at: datetime | None
    more: int


def whistle_of(actor: Actor) -> Whistle | None:
    """The newest urgent call to the squads where the actor is an officer: each one that comes is seen and heard.

    One query, two while one stands.
    """
    squads = actor.squads(Role.OFFICER, Role.SQUAD_LEADER)
    if not squads:
        return None
    calls = list(
        Part.objects.filter(squad_id__in=squads, state=PartState.CALLED, order__state__in=_LIVE_ORDERS)
        .exclude(order__urgency=Urgency.GENERAL)
        .select_related("order__target")
        .order_by("-called_at", "-pk")[:10]
    )
    if not calls:
        return None
    first = calls[0]
    running = Deadline.objects.filter(
        part_id=first.pk, kind=DeadlineKind.ACKNOWLEDGE, state__in=[DeadlineState.RUNNING, DeadlineState.PAUSED]
    ).first()
    target = first.order.target
    return Whistle(
        part_id=first.pk,
        target=str(target),
        address=target.address,
        due_at=running.due_at if running else None,
        warn_at=running.warn_at if running else None,
        more=len(calls) - 1,
    )


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
    reported = rows.filter(state=LabState.REPORTED).order_by("-reported_at")[:_ENDED_AT_MOST]
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
