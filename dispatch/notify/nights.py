"""The night's summary for the office in the morning: once a street and night to each reader, with no party's name."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from cases.clock.moment import now
from cases.models import NightPlan, NightState
from dispatch.notify.bykey import tell
from dispatch.notify.models import Message
from dispatch.notify.people import People
from dispatch.notify.texts import named

MORNING = 7
"""Nobody is told at night: from this hour on. A run of the day is told when it is over."""
NEWS_FOR = timedelta(hours=24)


def nights_tell() -> int:
    """Tell the dispatchers of each street (its heads where there is none) what the night came to. A night that drafted
    nothing and left nothing is no news. Safe twice and at once: a street, a day and a reader are one key. Returns how
    many runs were told of."""
    if timezone.localtime(now()).hour < MORNING:
        return 0
    over = NightPlan.objects.filter(
        state__in=(NightState.DONE, NightState.FAILED), finished_at__gt=now() - NEWS_FOR
    ).select_related("street")
    fresh = {_key(plan): plan for plan in over.order_by("pk") if plan.opened or plan.held or _broken(plan)}
    for key in Message.objects.filter(key__in=fresh).values_list("key", flat=True):
        fresh.pop(key, None)
    people = People()
    for key, plan in fresh.items():
        readers = [people.user(pk) for pk in people.dispatchers(plan.street_id)]
        left = plan.outcomes.filter(order=None).values_list("code").annotate(n=Count("pk")).order_by("code")
        params = {
            "night": plan.pk,
            "street": named(plan.street),
            "night_day": plan.day.isoformat(),
            "opened": plan.opened,
            "needs": plan.needs,
            "looked": plan.looked,
            "parties": plan.parties,
            "held": plan.held,
            "night_left": dict(left),
        }
        text = "night_broken" if _broken(plan) else "night_left" if plan.held else "night_done"
        with transaction.atomic():
            tell(key=key, text=text, params=params, readers=readers, email=False)
    return len(fresh)


def _broken(plan: NightPlan) -> bool:
    return plan.state == NightState.FAILED


def _key(plan: NightPlan) -> str:
    return f"night:{plan.street_id}:{plan.day.isoformat()}"
