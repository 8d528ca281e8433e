"""Rechecks: asked for by rulings, served by a later visit, judged by what it found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from cases.clock.moment import now
from cases.models import (
    Answer,
    Case,
    DeadlineKind,
    DeadlineRule,
    Finding,
    Followup,
    Need,
    NeedAgency,
    NeedCause,
    NeedState,
    PartState,
    Ruling,
    RulingOutcome,
    Unit,
    Visit,
)
from cases.services import deadlines, journal, needs
from cases.services.visits import Ended, Scene
from teams.policies import Actor
from teams.selectors import in_force

RECHECK_WORK_DAYS = 3
NIGHT_WINDOW = timedelta(hours=2)


def followup_open(*, actor: Actor, ruling: Ruling) -> Need:
    """Ask for the recheck of a ruling; rulings of one case share one need. [case.need_opened, case.recheck_planned]

    Not before the next day nor before the term has passed, then within three working days; a problem of the night at
    the same hour; only what failed is looked at again. The caller holds the locks and has asked its policy.
    """
    finding = ruling.finding
    case = finding.need.case if finding.need else None
    target_id = finding.visit.order.target_id
    first, last = _window(ruling)
    items = [finding.item_id] if finding.item_id else []
    need = (
        Need.objects.select_for_update(no_key=True, of=("self",))
        .filter(target_id=target_id, case=case, cause=NeedCause.RECHECK, state=NeedState.OPEN)
        .first()
    )
    if need is None:
        hours = _hours(finding, case)
        need = needs.need_open(
            actor=actor,
            target_id=target_id,
            case=case,
            cause=NeedCause.RECHECK,
            agency_ids=[ruling.agency_id],
            from_day=first,
            due_day=last,
            items={ruling.agency_id: items},
            hour_from=hours[0] if hours else None,
            hour_until=hours[1] if hours else None,
        )
    else:
        _extend(need, ruling.agency_id, items, first, last)
    Followup.objects.create(ruling=ruling, need=need)
    if case is not None:
        deadlines.deadline_end(kind=DeadlineKind.RECHECK, subject=case, cancelled=True)
        deadlines.deadline_start(
            kind=DeadlineKind.RECHECK, subject=case, street_id=case.street_id, due_at=_day_end(need.due_day)
        )
        journal.record(
            subject=case,
            kind="case.recheck_planned",
            actor=actor,
            body={
                "need": need.pk,
                "ruling": ruling.pk,
                "agency": ruling.agency_id,
                "items": items,
                "from": need.from_day,
                "due": need.due_day,
            },
        )
    return need


def _extend(need: Need, agency_id: int, items: Sequence[int], first: date, last: date) -> None:
    need.from_day = max(need.from_day, first)
    need.due_day = max(need.due_day, last)
    need.save(update_fields=["from_day", "due_day"])
    link, made = NeedAgency.objects.get_or_create(need=need, agency_id=agency_id)
    # No items means the whole checklist: one finding in words widens it for good.
    if not items and not made:
        link.items.clear()
    elif items and (made or link.items.exists()):
        link.items.add(*items)


def _window(ruling: Ruling) -> tuple[date, date]:
    return recheck_window(
        street_id=ruling.finding.visit.order.street_id,
        visited=timezone.localdate(ruling.finding.visit.started_at),
        due=timezone.localdate(ruling.due_at) if ruling.due_at else None,
    )


def recheck_window(*, street_id: int, visited: date, due: date | None) -> tuple[date, date]:
    """First and last day of the recheck of something due that day (``None``: put right on the spot), decided today."""
    today = timezone.localdate(now())
    first = max(today + timedelta(days=1), visited + timedelta(days=1), due or today)
    rules = DeadlineRule.objects.filter(in_force(today), kind=DeadlineKind.RECHECK, urgent=False, unit=Unit.WORK_DAY)
    rule = rules.filter(street_id=street_id).first() or rules.filter(street__isnull=True).first()
    amount = rule.amount if rule else RECHECK_WORK_DAYS
    return first, max(first, deadlines.calendar_for(street_id).add_workdays(first, amount))


def _hours(finding: Finding, case: Case | None) -> tuple[time, time] | None:
    """The hour of the problem: the need's own window, else two hours from the full hour of the visit."""
    if case is None or case.category is None or not case.category.night:
        return None
    need = finding.need
    if need is not None and need.hour_from is not None and need.hour_until is not None:
        return need.hour_from, need.hour_until
    begun = timezone.localtime(finding.visit.started_at).replace(minute=0, second=0, microsecond=0)
    return begun.time(), (begun + NIGHT_WINDOW).time()


def _day_end(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


def rechecks_served(scene: Scene, ended: Ended) -> None:
    """The clock of the recheck stops with its visit; what an absent squad left over is still somebody's recheck."""
    for need in ended.served:
        if need.cause == NeedCause.RECHECK and need.case is not None:
            deadlines.deadline_end(kind=DeadlineKind.RECHECK, subject=need.case)
    for old, fresh in ended.reopened:
        if old.pk == fresh.pk or old.cause != NeedCause.RECHECK:
            continue
        kept = set(fresh.agency_links.values_list("agency_id", flat=True))
        for link in Followup.objects.filter(need=old, ruling__agency_id__in=kept):
            Followup.objects.create(ruling_id=link.ruling_id, need=fresh)


def recheck_waits(case: Case) -> bool:
    return Need.objects.filter(
        case=case, cause=NeedCause.RECHECK, state__in=[NeedState.OPEN, NeedState.ORDERED]
    ).exists()


def rechecks_judge(*, scene: Scene, actor: Actor) -> None:
    """Mark the rulings whose recheck found everything in order as corrected. [case.rectified]"""
    visit = scene.visit
    if visit is None:
        return
    links = (
        Followup.objects.filter(
            need__order_links__order=scene.order, need__order_links__released_at__isnull=True, need__state="served"
        )
        .select_related("ruling__finding", "need__case")
        .order_by("ruling_id")
    )
    corrected: dict[int, list[int]] = {}
    for link in links:
        ruling = link.ruling
        seen = _seen(ruling, visit)
        if seen is None:
            continue
        if seen:
            if ruling.corrected_at is None:
                ruling.corrected_at = visit.closed_at or now()
                ruling.save(update_fields=["corrected_at"])
            corrected.setdefault(link.need.case_id or 0, []).append(ruling.pk)
        # The term is the party's: put right, it counts up to its own end, not until the squads came to look.
        until = min(now(), ruling.due_at) if seen and ruling.due_at else now()
        deadlines.deadline_end(kind=DeadlineKind.RECTIFICATION, subject=ruling, at=until)
    for case in scene.cases:
        if case.pk in corrected:
            journal.record(
                subject=case,
                kind="case.rectified",
                actor=actor,
                body={"order": scene.order.pk, "rulings": corrected[case.pk]},
            )


def _seen(ruling: Ruling, visit: Visit) -> bool | None:
    """Whether the recheck found it put right; None when it was not looked at."""
    finding = ruling.finding
    again = Finding.objects.filter(visit=visit, agency_id=ruling.agency_id).exclude(
        ruling__outcome=RulingOutcome.NOTHING_WRONG
    )
    if finding.item_id is None:
        there = visit.order.parts.filter(agency_id=ruling.agency_id, state=PartState.DONE).exists()
        return not again.exists() if there else None
    if again.filter(item_id=finding.item_id).exists():
        return False
    looked = Answer.objects.filter(visit=visit, part_item__item_id=finding.item_id)
    return True if looked.exists() else None
