"""On patrol (story 2): found, decided and written down on the spot, on one page."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases.clock.moment import now
from cases.models import Case, Category, Finding, FindingState, Target, VisitOfficer
from cases.selectors.office import office_setting
from cases.services import patrols, visits
from dispatch.field.forms import PatrolForm
from dispatch.field.frame import attempt, done, field_page, photos_store, show
from dispatch.field.ruling import days, options
from dispatch.field.words import why_not
from dispatch.web.access import actor_for
from dispatch.web.refusals import INVALID
from teams.geo import distance_m
from teams.models import Power, Role, Squad, SquadKind
from teams.numbers import is_number
from teams.policies import Actor
from teams.selectors import in_force, on_duty, squad_members

FIRST = 6
"""Categories and parties that stand on the page; the others are one tap or one word away."""
NEAR_DEGREES = 0.01
AT_THE_DOOR_M, POOR_M = 60, 150
"""Within so many metres the nearest party is the one; a poor position widens it, up to the second number."""


@field_page(Role.OFFICER, Role.SQUAD_LEADER)
def patrol(request: HttpRequest) -> HttpResponse:
    actor = actor_for(request)
    squads = _squads(actor)
    chosen = request.POST.get("squad") or request.GET.get("squad") or ""
    squad = next((s for s in squads if str(s.pk) == chosen), squads[0])
    people = _people(actor, squad)
    categories = _categories(squad)
    street = min(row.pk for row in squad.streets.all())
    posted = request.method == "POST"
    form = PatrolForm(
        request.POST if posted else None,
        squads=Squad.objects.filter(pk__in=[s.pk for s in squads]),
        categories=Category.objects.filter(pk__in=[row.pk for row in categories]),
        targets=_targets(squad),
        people=[(person["id"], person["name"]) for person in people],
        initial={"squad": squad.pk, "officers": _usual(actor, squad, people)},
    )
    status = 200
    if posted:
        status = INVALID
        if form.is_valid():
            made: list[Case] = []
            status = attempt(form, lambda: made.append(_record(request, actor, form)))
            if made:
                finding = Finding.objects.get(need__case=made[0])
                said = _("Recorded as %(reference)s.") % {"reference": made[0].reference}
                if finding.state == FindingState.OPEN:
                    said += " " + _("Decide here, or later from “Today”.")
                return done(request, said, "field:finding", finding.pk)
    ticked = {str(value) for value in (form["officers"].value() or [])}
    category = str(form["category"].value() or "")
    first = categories[:FIRST]
    context: dict[str, Any] = {
        "form": form,
        "squad": squad,
        "squads": squads,
        "people": [{**person, "on": str(person["id"]) in ticked} for person in people],
        "first": [{"row": row, "on": str(row.pk) == category} for row in first],
        "others": [
            {"row": row, "on": str(row.pk) == category} for row in sorted(categories[FIRST:], key=lambda row: row.code)
        ],
        "others_open": any(str(row.pk) == category for row in categories[FIRST:]),
        **_where(request, squad, str(form["target"].value() or "")),
        "q": request.POST.get("q", request.GET.get("q", "")),
        "options": options(form),
        "days": days(form, street, timezone.localdate(now())),
        "far_m": office_setting("report_in_far_m", street, 300),
        "more_open": bool({"text", "far_reason", "party_person"} & set(form.errors)),
        "decide_open": posted and bool(request.POST.get("outcome") or {"outcome", "reason"} & set(form.errors)),
    }
    return show(request, "field/patrol.html", context, status=status, at="patrol")


@require_safe
@field_page(Role.OFFICER, Role.SQUAD_LEADER)
def parties(request: HttpRequest) -> HttpResponse:
    """Parties of the squad's streets by name or address, or those nearby."""
    squads = _squads(actor_for(request))
    squad = next((s for s in squads if str(s.pk) == request.GET.get("squad")), squads[0])
    context = {**_where(request, squad, request.GET.get("target", "")), "q": request.GET.get("q", "")}
    return show(request, "field/patrol.html#parties", context)


def _record(request: HttpRequest, actor: Actor, form: PatrolForm) -> Case:
    data = form.cleaned_data
    return patrols.patrol_record(
        actor=actor,
        squad_id=data["squad"].pk,
        partner_ids=data["officers"],
        category_id=data["category"].pk,
        text=form.words(),
        far_reason=data["far_reason"],
        party_person=data["party_person"],
        files=photos_store(request, data["client_key"]),
        client_key=data["client_key"] or None,
        **form.place(),
        **form.party(),
        **form.facts(),
    )


def _squads(actor: Actor) -> list[Squad]:
    mine = Squad.objects.filter(pk__in=actor.squads(Role.OFFICER, Role.SQUAD_LEADER), active=True)
    squads = list(mine.exclude(kind=SquadKind.LABORATORY).select_related("agency").prefetch_related("streets"))
    if not squads:  # the squad was dissolved, the role still runs
        raise PermissionDenied
    return squads


def _people(actor: Actor, squad: Squad) -> list[dict[str, Any]]:
    """The others of the squad with their certificates."""
    ids = [pk for pk in squad_members(squad.pk).values_list("pk", flat=True) if pk != actor.user_id]
    seats = visits.seats_of(ids, squad.agency, timezone.localdate(now()))
    rows = [
        {
            "id": seat.user.pk,
            "name": seat.user.name,
            "certificate": seat.certificate,
            "counts": seat.counts,
            "why": "" if seat.why_not is None else why_not(seat.why_not),
        }
        for seat in seats
    ]
    return sorted(rows, key=lambda row: (not row["counts"], row["name"]))


def _usual(actor: Actor, squad: Squad, people: list[dict[str, Any]]) -> list[int]:
    """The partner of the last visit, ticked beforehand: people go in pairs. Else the only one it can be."""
    able = {person["id"] for person in people if person["counts"]}
    me = visits.staff_id(actor)
    rows = VisitOfficer.objects.filter(visit__officers__user_id=me, user_id__in=able, counts=True)
    partner = rows.order_by("-visit_id", "pk").values_list("user_id", flat=True).first()
    if partner is None:
        here = able if len(able) == 1 else able & {user.pk for user in on_duty(now(), squad_ids=[squad.pk])}
        partner = min(here) if len(here) == 1 else None
    return [partner] if partner else []


def _categories(squad: Squad) -> list[Category]:
    """Minor classes that the agency has the power for; those its streets meet most stand first."""
    today = timezone.localdate(now())
    codes = set(
        Power.objects.filter(in_force(today), agency_id=squad.agency_id).values_list("category_code", flat=True)
    )
    streets = squad.streets.values("pk")
    met = dict(
        Case.objects.filter(street__in=streets, category__isnull=False)
        .order_by()
        .values_list("category_id")
        .annotate(n=Count("pk"))
    )
    able = Q(code__in=codes) | Q(parent__code__in=codes)
    rows = Category.objects.filter(able, active=True, parent__isnull=False).select_related("parent").order_by("code")
    return sorted(rows, key=lambda row: -met.get(row.pk, 0))


def _targets(squad: Squad) -> QuerySet[Target]:
    return Target.objects.filter(street__in=squad.streets.values("pk"), active=True, merged_into__isnull=True)


def _where(request: HttpRequest, squad: Squad, chosen: str) -> dict[str, Any]:
    """The parties to choose from. Where nobody was asked for, the nearest is chosen if the phone stands at its door,
    else the place itself: what was found does not wait for a name."""
    asked = request.POST if request.method == "POST" else request.GET
    rows = _found(request, squad, chosen)
    located = _number(asked.get("lat")) is not None
    if request.method != "POST" and not chosen and not asked.get("q", "").strip() and rows:
        reach = max(AT_THE_DOOR_M, min(_number(asked.get("accuracy")) or 0, POOR_M))
        rows[0]["on"] = rows[0]["far"] is not None and rows[0]["far"] <= reach
    return {"parties": rows, "located": located, "here": located and not any(row["on"] for row in rows)}


def _found(request: HttpRequest, squad: Squad, chosen: str) -> list[dict[str, Any]]:
    """What the search names, else what stands near, else nothing; the chosen one always stays."""
    asked = request.POST if request.method == "POST" else request.GET
    words = asked.get("q", "").strip()
    lat, lng = _number(asked.get("lat")), _number(asked.get("lng"))
    rows: list[Target] = []
    base = _targets(squad)
    if words:
        named = Q(name__icontains=words) | Q(address__icontains=words)
        rows = list(base.filter(named).order_by("name")[: FIRST * 2])
        rows.sort(key=lambda row: _away(row, lat, lng) or 0)
    elif lat is not None and lng is not None:
        box = base.filter(
            lat__range=(lat - NEAR_DEGREES, lat + NEAR_DEGREES), lng__range=(lng - NEAR_DEGREES, lng + NEAR_DEGREES)
        )
        rows = sorted(box[:400], key=lambda row: distance_m(lat, lng, row.lat or 0.0, row.lng or 0.0))[:FIRST]
    if is_number(chosen) and all(str(row.pk) != chosen for row in rows):
        rows = [*base.filter(pk=int(chosen)), *rows]
    return [{"row": row, "on": str(row.pk) == chosen, "far": _away(row, lat, lng)} for row in rows]


def _away(row: Target, lat: float | None, lng: float | None) -> int | None:
    if lat is None or lng is None or row.lat is None or row.lng is None:
        return None
    return round(distance_m(lat, lng, row.lat, row.lng))


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
