"""The history of everything that administration changed: filterable, for those who look on."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from dispatch.console.admin.frame import admin_view, show_admin
from dispatch.web.access import actor_for
from teams.models import Subject
from teams.numbers import is_number
from teams.selectors.history import PAGE, history_page


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@require_safe
@admin_view("history.view")
def history(request: HttpRequest) -> HttpResponse:
    filters = {name: request.GET.get(name, "") for name in ("kind", "text", "since", "until")}
    before = request.GET.get("before", "")
    rows = history_page(
        actor_for(request),
        kind=filters["kind"] if filters["kind"] in Subject.values else "",
        text=filters["text"],
        since=_day(filters["since"]),
        until=_day(filters["until"]),
        before=int(before) if is_number(before) else None,
    )
    query: dict[str, str | int] = {key: value for key, value in filters.items() if value}
    more = urlencode({**query, "before": rows[-1].change.pk}) if len(rows) == PAGE else ""
    base = reverse("console:admin_history")
    context = {
        "rows": rows,
        "filters": filters,
        "kinds": Subject.choices,
        "next_url": f"{base}?{more}" if more else "",
        "first_url": f"{base}?{urlencode(query)}" if before else "",
        "shown": len(rows),
    }
    return show_admin(request, "console/admin/history.html", context, section="history")
