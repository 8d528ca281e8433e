"""A night's run over one street: batch by batch of parties, resumable, safe twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import structlog
from django.db import OperationalError, transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.clock.moment import now
from cases.models import Need, NeedCause, NeedState, NightParty, NightPlan, NightState, OrderNeed
from cases.refusals import Refused
from cases.selectors.office import office_setting, plan_rule
from cases.services.imports import uploads
from cases.services.nightplans.batch import FAILED, parties_plan
from teams.models import Street
from teams.policies import SYSTEM, Actor

NIGHT = range(1, 7)
"""Hours in which a night's run begins. One that has begun goes on at any hour of its day."""
BATCH = 300
"""Parties a transaction: it holds their locks for a second or two, a page waits eight for one."""
AHEAD_DAYS = 7
KEPT_DAYS = 90
ATTEMPTS = 5
_LOCK_CLASS = 7_340_005  # of advisory locks; the second number is the run

log = structlog.get_logger(__name__)
Progress = Callable[[NightPlan], None]


def night_begin(*, actor: Actor, street_id: int, day: date | None = None) -> NightPlan:
    """The street's run for the day, begun now unless it was begun before. Runs kept long enough go.

    Refused: ``day_wrong`` (422) for a day that has passed or lies more than a week ahead; (403) ``not_allowed``.
    """
    policies.require(actor, "order.draft", street_id=street_id)
    today = timezone.localdate(now())
    on = day or today
    if not today <= on <= today + timedelta(days=AHEAD_DAYS):
        raise Refused("day_wrong", _("Choose today or one of the next seven days."), field="day", status=422)
    rule = plan_rule(street_id)
    plan, made = NightPlan.objects.get_or_create(
        street_id=street_id,
        day=on,
        defaults={
            "rule": rule.name,
            "margin": rule.margin,
            "weekday": rule.weekday,
            "parties": _waiting(street_id).aggregate(n=Count("target", distinct=True))["n"],
            "created_at": now(),
        },
    )
    if made:
        NightPlan.objects.filter(street_id=street_id, day__lt=today - timedelta(days=KEPT_DAYS)).delete()
    return plan


def nights_begin() -> list[int]:
    """At night, today's runs of the streets that plan nightly; those begun already are left. A run whose day is over
    ends where it stands. Returns the new ones. Safe twice."""
    moment = timezone.localtime(now())
    late = NightPlan.objects.filter(state=NightState.RUNNING, day__lt=moment.date())
    late.update(state=NightState.FAILED, finished_at=now())
    if moment.hour not in NIGHT:
        return []
    begun = set(NightPlan.objects.filter(day=moment.date()).values_list("street_id", flat=True))
    streets = Street.objects.exclude(pk__in=begun).order_by("pk").values_list("pk", flat=True)
    return [night_begin(actor=SYSTEM, street_id=pk).pk for pk in streets if plans_nightly(pk)]


def plans_nightly(street_id: int) -> bool:
    """The office's switch; off where nobody set it."""
    return bool(office_setting("plan_nightly", street_id, 0))


def nights_due() -> list[int]:
    """Runs that a worker has to carry on, oldest first."""
    return list(NightPlan.objects.filter(state=NightState.RUNNING).order_by("pk").values_list("pk", flat=True))


def night_execute(
    *, plan_id: int, seconds: float | None = None, progress: Progress | None = None, batch: int = BATCH
) -> NightPlan:
    """Carry a run on from where it stands, for at most ``seconds``. [order.drafted, case.ordered for each order]

    Safe twice: one worker has it at a time, how far it came is saved with the orders of each batch, and a run that is
    over does nothing.
    """
    until = None if seconds is None else time.monotonic() + seconds
    with uploads.sole(_LOCK_CLASS, plan_id) as mine:
        plan = NightPlan.objects.get(pk=plan_id)
        while mine and plan.state == NightState.RUNNING:
            target_ids = _next(plan, batch)
            if target_ids:
                _batch(plan, target_ids)
            else:
                NightPlan.objects.filter(pk=plan_id, state=NightState.RUNNING).update(
                    state=NightState.DONE, finished_at=now()
                )
            plan = NightPlan.objects.get(pk=plan_id)
            if progress:
                progress(plan)
            if until is not None and time.monotonic() > until:
                break
        return plan


def _waiting(street_id: int) -> QuerySet[Need]:
    rows = Need.objects.filter(state=NeedState.OPEN, target__street=street_id)
    return rows.exclude(cause=NeedCause.HANDLING)


def _next(plan: NightPlan, batch: int) -> list[int]:
    rows = _waiting(plan.street_id).filter(target_id__gt=plan.after).order_by("target_id")
    return list(rows.values_list("target_id", flat=True).distinct()[:batch])


def _batch(plan: NightPlan, target_ids: Sequence[int]) -> None:
    """One transaction. Where it breaks, each half is tried for itself, down to the party at fault, which is set aside
    with its neighbours planned; where it only waited too long for another writer, it is tried again."""
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                locked = NightPlan.objects.select_for_update().get(pk=plan.pk)
                if locked.state != NightState.RUNNING or locked.after >= target_ids[0]:
                    return  # another worker took them
                _saved(locked, target_ids, parties_plan(locked, target_ids))
            return
        except OperationalError:
            if attempt == ATTEMPTS - 1:
                raise  # the run stays under way: the sweep goes on with it
        except Exception:
            log.exception("night_plan_batch_broke", plan=plan.pk, parties=len(target_ids), first=target_ids[0])
            break
    if len(target_ids) == 1:
        with transaction.atomic():
            locked = NightPlan.objects.select_for_update().get(pk=plan.pk)
            if locked.after < target_ids[0]:
                note = {"code": "night_failed", "params": {}}
                party = NightParty(plan=locked, target_id=target_ids[0], code=FAILED, notes=[note])
                _saved(locked, target_ids, [party])
        return
    middle = len(target_ids) // 2
    _batch(plan, target_ids[:middle])
    _batch(plan, target_ids[middle:])


def _saved(plan: NightPlan, target_ids: Sequence[int], parties: Sequence[NightParty]) -> None:
    """The outcome of these parties and how far the run has come, with the orders themselves."""
    NightParty.objects.bulk_create(parties)
    opened = [party.order for party in parties if party.order is not None]
    plan.looked += len(target_ids)
    plan.opened += len(opened)
    plan.held += len(parties) - len(opened)
    plan.needs += OrderNeed.objects.filter(order__in=opened).count() if opened else 0
    plan.after = target_ids[-1]
    plan.save(update_fields=["looked", "opened", "held", "needs", "after"])
