"""The rota of a squad or an office as a week's grid; and the calendar of days that differ."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from cases.refusals import Refused
from dispatch.console.admin.forms import day_field
from dispatch.console.admin.frame import act_page, admin_view, show_admin
from dispatch.web.access import actor_for, holds_somewhere
from dispatch.web.refusals import INVALID
from teams.models import CalendarDay, DayKind, Squad, SquadKind, Street
from teams.numbers import is_number
from teams.selectors.duty import DutyWeek, duty_week, monday_of
from teams.services import duty

_CELL = re.compile(r"t-(\d{1,12})-(\d{4}-\d{2}-\d{2})")


def _place(kind: str, pk: int) -> Squad | Street:
    if kind == "squad":
        return get_object_or_404(Squad, pk=pk, active=True)
    if kind == "office":
        return get_object_or_404(Street, pk=pk)
    raise Http404


def _monday(request: HttpRequest) -> date:
    try:
        return monday_of(date.fromisoformat(request.GET.get("week", "")))
    except ValueError:
        return monday_of(timezone.localdate())


@require_safe
@admin_view("ground.view")
def duty_index(request: HttpRequest) -> HttpResponse:
    """Squads and offices, each with today's gaps."""
    today = timezone.localdate()
    rows = []
    squads = Squad.objects.filter(active=True).exclude(kind="laboratory")
    places: list[Squad | Street] = [*Street.objects.all(), *squads]
    street = request.GET.get("street", "")
    if is_number(street):
        places = [*Street.objects.filter(pk=int(street)), *squads.filter(streets=int(street))]
    kinds = list(SquadKind)
    places.sort(key=lambda place: kinds.index(SquadKind(place.kind)) if isinstance(place, Squad) else -1)
    for place in places:
        kind = "squad" if isinstance(place, Squad) else "office"
        group = place.get_kind_display() if isinstance(place, Squad) else _("street offices")
        url = reverse("console:admin_duty_week", args=[kind, place.pk])
        rows.append({"place": place, "kind": kind, "group": group, "url": url})
    context = {"rows": rows, "streets": Street.objects.all(), "street": street, "today": today}
    return show_admin(request, "console/admin/duty.html", context, section="duty")


@admin_view("ground.view")
def duty_page(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    place, monday, actor = _place(kind, pk), _monday(request), actor_for(request)
    week = duty_week(place, monday)
    if request.method != "POST":
        return _week_page(request, place, kind, week)
    cells = {}
    for name, text in request.POST.items():
        if match := _CELL.fullmatch(name):
            cells[(int(match[1]), date.fromisoformat(match[2]))] = str(text)
    try:
        duty.duty_week_save(actor=actor, place=place, monday=monday, cells=cells)
    except Refused as refused:
        return _week_page(request, place, kind, week, refused=refused, typed=cells)
    messages.success(request, _("The rota is saved."))
    return redirect(f"{request.path}?week={monday.isoformat()}")


@require_POST
@admin_view("ground.view")
def duty_copy(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    place, monday = _place(kind, pk), _monday(request)
    done = duty.duty_week_copy(actor=actor_for(request), place=place, monday=monday)
    messages.success(request, _("%(n)s turns copied from the week before.") % {"n": done.turns})
    if done.away:
        words = _("Left out, away or no member any more: %(names)s.")
        messages.warning(request, words % {"names": "、".join(done.away)})
    return redirect(f"{reverse('console:admin_duty_week', args=[kind, pk])}?week={monday.isoformat()}")


def _week_page(
    request: HttpRequest,
    place: Squad | Street,
    kind: str,
    week: DutyWeek,
    *,
    refused: Refused | None = None,
    typed: dict[tuple[int, date], str] | None = None,
) -> HttpResponse:
    wrong = (str(refused.params.get("user")), refused.params.get("day")) if refused else ("", "")
    rows = [
        (
            user,
            [
                {
                    "cell": cell,
                    "name": f"t-{user.pk}-{cell.day.isoformat()}",
                    "value": (typed or {}).get((user.pk, cell.day), cell.words),
                    "wrong": wrong == (str(user.pk), cell.day.isoformat()),
                }
                for cell in cells
            ],
        )
        for user, cells in week.rows
    ]
    context = {
        "place": place,
        "kind": kind,
        "week": week,
        "rows": rows,
        "refused": refused,
        "previous": (week.monday - timedelta(days=7)).isoformat(),
        "following": (week.monday + timedelta(days=7)).isoformat(),
        "today": timezone.localdate(),
        "may_edit": duty.may_manage(actor_for(request), place) and week.days[-1].day >= timezone.localdate(),
        "two": kind == "squad",
    }
    status = 200 if refused is None else refused.status if refused.status == 403 else INVALID
    return show_admin(request, "console/admin/duty_week.html", context, section="duty", status=status)


class DayForm(forms.Form):
    """A day that differs from the rule."""

    day = day_field(gettext_lazy("day"))
    kind = forms.ChoiceField(label=gettext_lazy("kind"), choices=DayKind.choices)
    note = forms.CharField(
        label=gettext_lazy("note"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("For example: Spring Festival, worked instead."),
    )


@require_safe
@admin_view("ground.view")
def calendar(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    year = request.GET.get("year", "")
    shown = int(year) if is_number(year) and 2000 <= int(year) <= 2100 else today.year
    rows = list(CalendarDay.objects.filter(day__year=shown).select_related("district"))
    context = {
        "rows": rows,
        "year": shown,
        "today": today,
        "next_year": today.year + 1,
        "next_missing": not CalendarDay.objects.filter(day__year=today.year + 1).exists(),
        "may_edit": holds_somewhere(request, "catalogue.edit"),
    }
    return show_admin(request, "console/admin/calendar.html", context, section="calendar")


@admin_view("catalogue.edit")
def calendar_new(request: HttpRequest) -> HttpResponse:
    actor = actor_for(request)

    def call(data: dict[str, Any]) -> CalendarDay:
        return duty.calendar_day_set(actor=actor, **data)

    return act_page(
        request,
        DayForm,
        call,
        title=_("A day that differs"),
        why=_("From the State Council's yearly notice: holidays, and weekends that are worked instead."),
        section="calendar",
        back=reverse("console:admin_calendar"),
        done=_("Day entered; limits that start from now on count with it."),
    )


@require_POST
@admin_view("catalogue.edit")
def calendar_remove(request: HttpRequest, pk: int) -> HttpResponse:
    duty.calendar_day_remove(actor=actor_for(request), day_id=pk)
    messages.success(request, _("The day follows the rule again."))
    return redirect("console:admin_calendar")
