"""The day plan as its page shows it: a column a team, what stands with none and why, how full the day is, marks for
the map."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.clock.moment import now
from cases.models import DayPlan, DayTeam, DayVisit, Urgency
from cases.planner.routing import Call, Route, Trouble
from cases.policies import may
from cases.selectors.board import squad_name
from cases.selectors.dayfacts import DayFacts, changes, day_facts, day_plan, load_of, why_words
from cases.selectors.daypool import squads_of
from dispatch.web.explain import explained
from teams.models import Street
from teams.policies import Actor

SOON = 85
"""Percent of a turn from which a day is told to be nearly full: before it is."""
DAYS = 7


@dataclass(slots=True)
class Card:
    """A visit on the board. ``place``: its number in the team's row; ``told``: its order has these hours already."""

    visit: DayVisit
    place: int = 0
    hours: str = ""
    way: str = ""
    troubles: list[str] = field(default_factory=list)
    told: bool = False
    made: bool = False

    @property
    def urgent(self) -> bool:
        return self.visit.order.urgency != Urgency.GENERAL

    @property
    def squads(self) -> list[str]:
        needed = squads_of(self.visit.order)
        return [squad_name(part.squad) for part in self.visit.order.parts.all() if part.squad_id in needed]


@dataclass(slots=True)
class Column:
    """A team's day. ``level``: ok, soon or late, of what is filled."""

    team: DayTeam
    squads: str
    turn: str
    cards: list[Card]
    filled: int
    level: str
    load: str
    way: str
    troubles: list[str]


def board_of(actor: Actor, street: Street, day: date, facts: DayFacts | None = None) -> dict[str, Any]:
    """Everything that ``console/day.html`` shows of the street's day; ``facts``: where they are read already."""
    facts = facts or day_facts(day_plan(street.pk, day) or DayPlan(street=street, day=day))
    plan = facts.plan
    untold = {visit.order_id for visit, _hours in changes(facts)}
    asked, has = load_of(facts)
    today = timezone.localdate(now())
    percent = 100 * asked // has if has else 0
    return {
        "plan": plan,
        "street": street,
        "day": day,
        "planned": bool(facts.teams),
        "columns": [_column(facts, route, untold) for route in facts.routes.routes],
        "left": _left(facts),
        "waiting": len(facts.visits),
        "changes": len(untold),
        "metres": facts.routes.metres,
        "asked": _hours(asked),
        "has": _hours(has),
        "percent": f"{percent} %",
        "level": _level(percent),
        "may_edit": may(actor, "order.change", street_id=street.pk) and day >= today,
        "days": [
            {"day": one, "current": one == day, "open": one != day and one >= today, "url": day_url(street, one)}
            for one in _days(day, today)
        ],
        "before": day_url(street, day - timedelta(days=1)),
        "after": day_url(street, day + timedelta(days=1)),
    }


def day_url(street: Street, day: date) -> str:
    return f"{reverse('console:day')}?day={day.isoformat()}&street={street.pk}"


def _days(day: date, today: date) -> list[date]:
    """A week from today on, or from the day looked at where it lies outside of it."""
    first = today if today <= day < today + timedelta(days=DAYS) else day
    return [first + timedelta(days=step) for step in range(DAYS)]


def _column(facts: DayFacts, route: Route, untold: set[int]) -> Column:
    team = next(team for team in facts.teams if team.pk == route.team.id)
    made = [Card(visit, made=True) for visit in facts.made[team.pk]]
    cards = [_card(facts, call, place, untold) for place, call in enumerate(route.calls, start=1)]
    left = route.team.minutes
    most = route.team.most
    load = _("%(busy)s of %(has)s") % {"busy": _hours(route.busy), "has": _hours(left)}
    if most is not None:
        load = _("%(load)s, %(n)s of %(most)s visits") % {"load": load, "n": route.load, "most": most}
    return Column(
        team=team,
        squads=_(", ").join(squad_name(squad) for squad in team.squads.all()),
        turn=f"{clock(team.starts)}–{clock(team.ends)}",
        cards=[*made, *cards],
        filled=route.filled,
        level="late" if route.troubles else _level(route.filled),
        load=load,
        way=_way(route.metres, route.travel) if route.calls else "",
        troubles=_words(route.troubles, None, facts),
    )


def _card(facts: DayFacts, call: Call, place: int, untold: set[int]) -> Card:
    visit = facts.visits[call.stop]
    return Card(
        visit,
        place,
        f"{clock(call.begins)}–{clock(call.leaves)}",
        _way(call.metres, call.travel),
        _words(call.troubles, visit, facts),
        told=call.stop not in untold,
    )


def _left(facts: DayFacts) -> list[Card]:
    """Urgent ones first, then by number: what stands with no team, each with its reason."""
    cards = [
        Card(facts.visits[one.stop], troubles=_words([one.why], facts.visits[one.stop], facts))
        for one in facts.routes.left_out
    ]
    return sorted(cards, key=lambda card: (not card.urgent, card.visit.order_id))


def _words(troubles: Iterable[Trouble], visit: DayVisit | None, facts: DayFacts) -> list[str]:
    return explained([why_words(trouble, visit, facts) for trouble in troubles])


def _level(percent: int) -> str:
    return "late" if percent > 100 else "soon" if percent >= SOON else "ok"


def _hours(minutes: int) -> str:
    return _("%(hours)s h") % {"hours": f"{minutes / 60:.1f}"}


def _way(metres: int, minutes: int) -> str:
    far = _("%(n)s m") % {"n": metres} if metres < 1000 else _("%(n)s km") % {"n": f"{metres / 1000:.1f}"}
    return _("%(far)s, %(minutes)s min on the way") % {"far": far, "minutes": minutes}


def clock(minutes: int) -> str:
    """09:05; of the night after the day it says so."""
    if minutes == 24 * 60:
        return "24:00"
    words = f"{minutes // 60 % 24:02}:{minutes % 60:02}"
    return words if minutes < 24 * 60 else _("%(time)s the next day") % {"time": words}


def points_of(plan: DayPlan) -> dict[str, Any]:
    """GeoJSON of the day: a line a team, a mark a visit with the team's number and its place, what stands with none."""
    facts = day_facts(plan)
    features: list[dict[str, Any]] = []
    for route in facts.routes.routes:
        team = next(team for team in facts.teams if team.pk == route.team.id)
        name = _("Team %(n)s") % {"n": team.number}
        line = [route.team.at]
        for place, call in enumerate(route.calls, start=1):
            stop = facts.stops[call.stop]
            if stop.at is None:
                continue
            line.append(stop.at)
            words = f"{name} · {clock(call.begins)}–{clock(call.leaves)}"
            features.append(_mark(facts.visits[call.stop], words, n=f"{team.number}-{place}"))
        path = [[point[1], point[0]] for point in line if point is not None]
        if len(path) > 1:
            count = ngettext("%(n)s visit", "%(n)s visits", len(route.calls)) % {"n": len(route.calls)}
            told = {
                "id": f"team:{team.pk}",
                "kind": "route",
                "line": (team.number - 1) % 4,
                "label": name,
                "text": count,
            }
            features.insert(0, _feature({"type": "LineString", "coordinates": path}, told))
    for card in _left(facts):
        if card.visit.order.target.lat is not None:
            features.append(_mark(card.visit, " ".join(card.troubles), icon="alert-triangle"))
    return {"type": "FeatureCollection", "features": features}


def _mark(visit: DayVisit, words: str, **more: str) -> dict[str, Any]:
    target = visit.order.target
    told = {
        "id": f"order:{visit.order_id}",
        "label": target.name,
        "text": words,
        "url": reverse("console:order", args=[visit.order_id]),
        **more,
    }
    return _feature({"type": "Point", "coordinates": [target.lng, target.lat]}, told)


def _feature(geometry: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}
