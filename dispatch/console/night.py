"""The night plan: how far it came, what it drafted, and what it left to a person and why."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.dates import WEEKDAYS
from django.views.decorators.http import require_safe

from cases.models import NightPlan, NightState
from cases.policies import may
from cases.selectors import nightplans as selector
from cases.selectors.office import CODES
from dispatch.console.frame import console_view, show
from dispatch.notify.texts import NIGHT_LEFT
from dispatch.web.access import actor_for
from dispatch.web.explain import explained
from teams.numbers import is_number


@require_safe
@console_view()
def night(request: HttpRequest) -> HttpResponse:
    """The runs of a day, of the last one unless another is asked for (``day``, or ``run``: of which it was one); while
    one is under way the page looks again."""
    actor = actor_for(request)
    days = selector.nights_days(actor)
    run = request.GET.get("run", "")
    day = selector.night_day(actor, int(run)) if is_number(run) else _asked(request.GET.get("day", ""))
    day = day or (days[0] if days else None)
    plans = selector.nights_of(actor, day) if day else []
    after = request.GET.get("after", "")
    rows, more = selector.set_aside(plans, after=int(after) if is_number(after) else 0)
    base = reverse("console:night")
    here = f"{base}?day={day.isoformat()}" if day else base
    context = {
        "plans": [(plan, _rule_words(plan)) for plan in plans],
        "several": len(plans) > 1,
        "total": {name: sum(getattr(plan, name) for plan in plans) for name in ("looked", "parties", "opened", "held")},
        "reasons": [str(NIGHT_LEFT[code]) % {"n": n} for code, n in selector.reasons_left(plans).items()],
        "running": any(plan.state == NightState.RUNNING for plan in plans),
        "rows": [
            {
                "row": row,
                "why": explained(row.notes),
                "may": may(actor, "order.draft", street_id=row.plan.street_id),
            }
            for row in rows
        ],
        "days": [{"day": one, "url": f"{base}?day={one.isoformat()}", "current": one == day} for one in days],
        "here": here,
        "next_url": f"{here}&after={more}" if more else "",
        "first_url": here if after else "",
        "shown": len(rows),
    }
    return show(request, "console/night.html", context, at="plan_work")


def _rule_words(plan: NightPlan) -> str:
    """The rule by which the run went, which may have been changed since."""
    words = str(CODES["plan_rule"].get(plan.rule, plan.rule))
    return f"{words} · {WEEKDAYS[plan.weekday]}" if plan.rule == "weekly" else words


def _asked(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
