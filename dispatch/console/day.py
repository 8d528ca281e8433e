"""The day plan: a board by day and team, changed by drag or by form, rechecked at once, confirmed into the orders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from cases.clock.moment import now
from cases.models import DayPlan, DayTeam
from cases.planner.routing import Inserted
from cases.refusals import Refused
from cases.selectors.dayfacts import DayFacts
from cases.selectors.daypool import FIRST, LAST
from cases.services import dayplans as service
from dispatch.console.dayboard import board_of, clock, day_url, points_of
from dispatch.console.frame import console_view, show
from dispatch.console.map import fit_of
from dispatch.insights.report import streets_for
from dispatch.web.access import actor_for, check_right, check_right_somewhere, day_plan_or_404
from dispatch.web.moments import moment_words
from dispatch.web.refusals import INVALID, put_refusal
from teams.models import Street
from teams.numbers import is_number
from teams.selectors import squads_serving

RIGHT = "order.change"


@require_safe
@console_view()
def day(request: HttpRequest) -> HttpResponse:
    """The board of one day of one street; without a plan, what waits and a button that makes one."""
    streets = streets_for(actor_for(request))
    street = _street(request.GET.get("street", ""), streets)
    if street is None:
        return show(request, "console/day.html", {"no_streets": True}, at="day")
    return _board(request, street, _day(request.GET.get("day", "")), streets)


def _board(
    request: HttpRequest,
    street: Street,
    on: date,
    streets: list[Street] | None = None,
    *,
    said: str = "",
    refused: Iterable[str] = (),
    status: int = 200,
    facts: DayFacts | None = None,
) -> HttpResponse:
    context = board_of(actor_for(request), street, on, facts) | {"said": said, "refused": refused}
    plan: DayPlan = context["plan"]
    if plan.pk:
        context["points_url"] = reverse("console:day_points", args=[plan.pk])
    if request.headers.get("HX-Request") and request.headers.get("HX-Target") == "day-board":
        # What an act said stands beside the board: the board is drawn anew when somebody changes the day.
        return show(request, "console/day.html#board", context | {"spoken": request.method == "POST"}, status=status)
    context |= {"streets": streets or streets_for(actor_for(request)), "fit": fit_of([street])}
    return show(request, "console/day.html", context, status=status, at="day")


def _answer(
    request: HttpRequest, plan: DayPlan, said: str, facts: DayFacts | None = None, refused: Iterable[str] = ()
) -> HttpResponse:
    """The board rechecked, with what could not be done; without JavaScript the page again."""
    if request.headers.get("HX-Request"):
        return _board(request, plan.street, plan.day, said=said, refused=list(refused), facts=facts)
    if said:
        messages.success(request, said)
    for words in refused:
        messages.error(request, words)
    return redirect(day_url(plan.street, plan.day))


def _refused(request: HttpRequest, plan: DayPlan, refused: Refused) -> HttpResponse:
    """The board as it is now with the reason on it: what was seen may be stale."""
    if not request.headers.get("HX-Request") or refused.status not in (409, 422):
        raise refused
    return _board(request, plan.street, plan.day, refused=[str(refused.message)], status=refused.status)


@require_POST
@console_view()
def day_make(request: HttpRequest) -> HttpResponse:
    """Plan the day, or plan it anew: a proposal."""
    check_right_somewhere(request, RIGHT)
    actor = actor_for(request)
    street = _street(request.POST.get("street", ""), [one for one in streets_for(actor) if one.pk in actor.streets()])
    if street is None:
        raise Http404
    check_right(request, RIGHT, street_id=street.pk)
    plan = service.day_make(actor=actor, street_id=street.pk, day=_day(request.POST.get("day", "")))
    return _answer(request, plan, _("Planned. It is a proposal: nothing is told to anybody until you confirm it."))


@require_POST
@console_view()
def day_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    plan = day_plan_or_404(request, pk, RIGHT)
    try:
        done = service.day_confirm(actor=actor_for(request), plan_id=pk, version=_number(request, "version"))
    except Refused as refused:
        return _refused(request, plan, refused)
    said = ngettext("Confirmed: %(n)s order has its hours.", "Confirmed: %(n)s orders have their hours.", done.count)
    left = [
        _("Not confirmed: %(name)s, %(number)s. %(why)s")
        % {"name": order.target.name, "number": order.number, "why": refused.message}
        for order, refused in done.refused
    ]
    if left:
        left.append(_("Move it to another day or to no team; the others are not held up by it."))
    return _answer(request, plan, said % {"n": done.count} if done.count or not left else "", refused=left)


@require_POST
@console_view()
def day_move(request: HttpRequest, pk: int) -> HttpResponse:
    """One visit to another team, place or day: by drag, or by the card's form."""
    plan = day_plan_or_404(request, pk, RIGHT)
    order_id = _number(request, "order") or 0
    held: dict[str, Any] = {
        "actor": actor_for(request),
        "plan_id": pk,
        "order_id": order_id,
        "version": _number(request, "version"),
    }
    try:
        if request.POST.get("to") == "day":
            on = _day_given(request.POST.get("day", ""))
            service.visit_to_day(**held, day=on)
            return _answer(request, plan, _("It waits on %(day)s to be planned.") % {"day": moment_words(on, "date")})
        facts = service.visit_move(**held, team_id=_number(request, "team"), position=_number(request, "position") or 0)
    except Refused as refused:
        return _refused(request, plan, refused)
    return _answer(request, plan, _("Moved and checked again."), facts)


@require_POST
@console_view()
def day_insert(request: HttpRequest, pk: int) -> HttpResponse:
    """An urgent visit to the team that is there first with least harm."""
    plan = day_plan_or_404(request, pk, RIGHT)
    try:
        found = service.visit_insert(
            actor=actor_for(request),
            plan_id=pk,
            order_id=_number(request, "order") or 0,
            version=_number(request, "version"),
        )
    except Refused as refused:
        return _refused(request, plan, refused)
    return _answer(request, plan, _inserted(found))


def _inserted(found: Inserted) -> str:
    number = DayTeam.objects.values_list("number", flat=True).get(pk=found.team)
    said = _("Team %(n)s goes: there at %(time)s.") % {"n": number, "time": clock(found.begins)}
    if not found.displaced:
        return said
    gone = ngettext("%(n)s visit gives way for it.", "%(n)s visits give way for it.", len(found.displaced))
    return f"{said} {gone % {'n': len(found.displaced)}}"


@require_safe
@console_view()
def day_points(request: HttpRequest, pk: int) -> HttpResponse:
    """GeoJSON of the day for the map."""
    answer = JsonResponse(points_of(day_plan_or_404(request, pk)), content_type="application/geo+json")
    answer["Cache-Control"] = "private, no-store"
    return answer


class TeamForm(forms.Form):
    """A joint team: who goes together, from when until when, how many visits."""

    squads = forms.TypedMultipleChoiceField(
        label=gettext_lazy("squads that go together"), coerce=int, widget=forms.CheckboxSelectMultiple
    )
    starts = forms.TimeField(
        label=gettext_lazy("hour from"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    ends = forms.TimeField(
        label=gettext_lazy("hour until"),
        help_text=gettext_lazy("Not later than the start: it means the next day."),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    most = forms.IntegerField(
        label=gettext_lazy("visits at most"),
        required=False,
        min_value=1,
        max_value=99,
        help_text=gettext_lazy("Empty: as many as fit."),
    )

    def __init__(self, data: Any, *, street_id: int, team: DayTeam | None) -> None:
        start: dict[str, Any] = {"starts": clock(FIRST), "ends": clock(LAST)}
        if team is not None:
            start = {
                "squads": [squad.pk for squad in team.squads.all()],
                "starts": f"{team.starts // 60 % 24:02}:{team.starts % 60:02}",
                "ends": f"{team.ends // 60 % 24:02}:{team.ends % 60:02}",
                "most": team.most,
            }
        super().__init__(data, initial=start)
        self.fields["squads"].choices = [(squad.pk, str(squad)) for squad in squads_serving(street_id)]  # type: ignore[attr-defined]


@console_view()
def day_team(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a team of the day (``?team=``), add one, or take it out."""
    plan = day_plan_or_404(request, pk, RIGHT)
    asked = request.GET.get("team", "")
    team = plan.teams.filter(pk=int(asked)).first() if is_number(asked) else None
    if asked and team is None:
        raise Http404
    posted = request.method == "POST"
    form = TeamForm(request.POST if posted else None, street_id=plan.street_id, team=team)
    status = 200
    if posted and team is not None and "drop" in request.POST:
        service.team_drop(actor=actor_for(request), plan_id=pk, team_id=team.pk)
        messages.success(request, _("The team is out of the day; its visits wait for another."))
        return redirect(day_url(plan.street, plan.day))
    if posted and form.is_valid():
        data = form.cleaned_data
        try:
            service.team_save(
                actor=actor_for(request),
                plan_id=pk,
                team_id=team.pk if team else None,
                squad_ids=data["squads"],
                starts=data["starts"].hour * 60 + data["starts"].minute,
                ends=data["ends"].hour * 60 + data["ends"].minute,
                most=data["most"],
            )
        except Refused as refused:
            status = put_refusal(form, refused)
        else:
            messages.success(request, _("The team is changed. Plan the day anew to use it."))
            return redirect(day_url(plan.street, plan.day))
    elif posted:
        status = INVALID
    context = {"plan": plan, "team": team, "form": form, "back": day_url(plan.street, plan.day)}
    return show(request, "console/day_team.html", context, status=status, at="day")


def _street(text: str, streets: list[Street]) -> Street | None:
    """The street asked for, among those given; the first of them where none is asked for. 404 for another one."""
    if not text:
        return streets[0] if streets else None
    found = next((street for street in streets if is_number(text) and street.pk == int(text)), None)
    if found is None:
        raise Http404
    return found


def _day(text: str) -> date:
    """The day asked for, within a year of today; else today."""
    today = timezone.localdate(now())
    try:
        asked = date.fromisoformat(text)
    except ValueError:
        return today
    return asked if abs((asked - today).days) <= 366 else today


def _day_given(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("day_wrong", _("Write the day to which it goes."), field="day", status=422) from None


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    return int(text) if is_number(text) else None
