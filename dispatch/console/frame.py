"""What every console page has around it: the rail with its counts, the office, the bell, the right to listen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Concatenate, ParamSpec

from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import get_script_prefix, reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from cases.models import BoardView
from cases.selectors.board import QUEUES, QueueCount, queues, views_of
from cases.selectors.boardsort import FIRST
from cases.selectors.planning import to_approve_count
from dispatch.notify.selectors import unread_count
from dispatch.web.access import DESK_ROLES, actor_for, holds_somewhere, roles_required
from dispatch.web.refusals import answers_refusals
from dispatch.web.sessions import let_listen
from teams.models import OFFICE_ROLES, Role, Street
from teams.policies import Actor
from teams.statements import Statement, among

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

QUEUE_LOOK: Mapping[str, tuple[object, str]] = {
    "all": (gettext_lazy("All open"), "stack-2"),
    "accept": (gettext_lazy("To accept"), "inbox"),
    "triage": (gettext_lazy("To triage"), "zoom-question"),
    "asking": (gettext_lazy("Awaiting answer"), "message"),
    "plan": (gettext_lazy("To plan"), "route"),
    "way": (pgettext_lazy("queue", "On the way"), "walk"),
    "rule": (gettext_lazy("To rule"), "gavel"),
    "recheck": (gettext_lazy("To recheck"), "rotate-clockwise"),
    "mediate": (gettext_lazy("Mediation"), "scale"),
    "close": (gettext_lazy("To close"), "clipboard-check"),
    "late": (gettext_lazy("Late"), "alarm"),
}
RAIL_ORDER = ("all", "accept", "triage", "asking", "plan", "way", "rule", "recheck", "mediate", "close", "late")
WORK_LOOK: Mapping[str, tuple[object, str]] = {
    "plan": (gettext_lazy("Plan visits"), "calendar-event"),
    "day": (gettext_lazy("Day plan"), "calendar-time"),
    "orders": (gettext_lazy("Orders"), "clipboard-list"),
    "intake": (gettext_lazy("Take a complaint"), "phone"),
    "feedback": (gettext_lazy("Rework asked"), "star"),
    "parties": (gettext_lazy("Parties"), "building-store"),
    "imports": (gettext_lazy("Hotline file"), "table-import"),
    "map": (gettext_lazy("Map"), "map"),
    "reports": (gettext_lazy("Reports"), "chart-bar"),
    "district": (gettext_lazy("District"), "layout-grid"),
    "wall": (gettext_lazy("Wall screen"), "device-desktop"),
    "exports": (gettext_lazy("Exported lists"), "download"),
    "admin_home": (gettext_lazy("Administration"), "settings"),
    "messages": (gettext_lazy("Messages sent"), "mail"),
}
RARE = frozenset({"asking", "mediate"})
"""Queues that the rail hides while nothing stands in them."""


def console_view(*roles: Role) -> Callable[[View[P]], View[P]]:
    """For people of the desk (or the given roles); what a service refuses is answered in words."""

    def decorate(view: View[P]) -> View[P]:
        return roles_required(*(roles or DESK_ROLES))(answers_refusals(view))

    return decorate


def show(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200, at: str = ""
) -> HttpResponse:
    """A whole console page, or a part of one (``page.html#part``) without the frame. ``at``: current queue or work."""
    if "#" in template:
        return render(request, template, dict(context or {}), status=status)
    response = render(request, template, {**frame(request, at), **(context or {})}, status=status)
    let_listen(request, response, topics_of(actor_for(request)))
    return response


def topics_of(actor: Actor) -> list[str]:
    """What a console page may hear: the office of each street of the actor, and the person."""
    streets = set(actor.streets())
    if actor.districts:
        streets |= set(STREETS_OF(districts=list(actor.districts)))
    return [*(f"office:{street}" for street in sorted(streets)), f"user:{actor.user_id}"]


STREETS_OF: Statement[int] = Statement(
    lambda: Street.objects.filter(among("district_id", "districts")).values_list("pk", flat=True)
)


def frame(request: HttpRequest, at: str = "") -> dict[str, Any]:
    """Context of ``console/base.html``."""
    actor = actor_for(request)
    counts = counts_for(request)
    return {
        "queues": rail(actor, counts, at),
        "views": view_links(request, counts),
        "works": works(request, at, rework=counts["rework"].count),
        "office_name": office_name(actor),
        "user_role": Role(actor.main_role).label if actor.grants else "",
        "unread": unread_count(actor),
        "at": at,
    }


def views_for(request: HttpRequest) -> list[BoardView]:
    """The person's saved views, read once a request."""
    known: list[BoardView] | None = getattr(request, "_board_views", None)
    if known is None:
        known = views_of(actor_for(request))
        request._board_views = known  # type: ignore[attr-defined]
    return known


def counts_for(request: HttpRequest) -> dict[str, QueueCount]:
    """Counts of the queues and of the person's views, in one query."""
    return queues(actor_for(request), views_for(request))


def view_links(request: HttpRequest, counts: Mapping[str, QueueCount]) -> list[dict[str, Any]]:
    """The saved views as the rail shows them; the one that is open is marked by ``view`` in the address."""
    return [
        {
            "url": view_url(view),
            "label": view.name,
            "icon": "star",
            "count": counts[f"view{view.pk}"].count,
            "late": counts[f"view{view.pk}"].late,
            "current": request.GET.get("view") == str(view.pk),
        }
        for view in views_for(request)
    ]


def view_url(view: BoardView) -> str:
    """Where a saved view is shown."""
    query = {**view.filters, **({"sort": view.sort} if view.sort != FIRST else {}), "view": view.pk}
    return f"{queue_url(view.queue)}?{urlencode(query)}"


def looks_on(actor: Actor) -> bool:
    """Whether this person's roles show cases: the administrators' do not."""
    return actor.has(*OFFICE_ROLES, Role.SUPERVISOR, Role.AUDITOR)


def rail(actor: Actor, counts: Mapping[str, QueueCount], at: str = "") -> list[dict[str, Any]]:
    """The queues of the rail with capped counts; none for who would find them empty always."""
    if not looks_on(actor):
        return []
    return [
        {
            **_queue(name, get_language(), get_script_prefix()),
            "count": counts[name].count,
            "late": counts[name].late if name not in ("late", "all") else 0,
            "current": name == at,
        }
        for name in RAIL_ORDER
        if name not in RARE or counts[name].count or name == at
    ]


@lru_cache(maxsize=256)
def _queue(name: str, _language: str | None, _prefix: str) -> Mapping[str, str]:
    label, icon = QUEUE_LOOK[name]
    return {"url": queue_url(name), "label": str(label), "icon": icon}


def queue_url(name: str) -> str:
    assert name in QUEUES
    return _queue_url(name, get_script_prefix())


@lru_cache(maxsize=64)
def _queue_url(name: str, _prefix: str) -> str:
    """The filters of one board link some two hundred times to it."""
    return reverse("console:queue", args=[name])


def works(request: HttpRequest, at: str = "", *, rework: int = 0) -> list[dict[str, Any]]:
    """The other pages of the console that this person's roles open."""
    actor = actor_for(request)
    sees = looks_on(actor)
    rows: list[tuple[str, bool, int | None]] = [
        ("plan", sees, None),
        ("day", sees, None),
        ("orders", sees, _to_approve(request)),
        ("intake", holds_somewhere(request, "complaint.take"), None),
        ("feedback", sees, rework or None),
        ("parties", sees, None),
        ("imports", holds_somewhere(request, "import.run"), None),
        ("map", sees, None),
        ("reports", sees, None),
        ("district", holds_somewhere(request, "district.view"), None),
        ("wall", sees, None),
        ("exports", actor.has(Role.AUDITOR), None),
        ("admin_home", holds_somewhere(request, "ground.view"), None),
        ("messages", holds_somewhere(request, "message.view"), None),
    ]
    return [
        {**_work(name, get_language(), get_script_prefix()), "count": count, "current": at == _mark(name)}
        for name, allowed, count in rows
        if allowed
    ]


@lru_cache(maxsize=256)
def _work(name: str, _language: str | None, _prefix: str) -> Mapping[str, str]:
    label, icon = WORK_LOOK[name]
    return {"url": reverse(f"console:{name}"), "label": str(label), "icon": icon}


def _to_approve(request: HttpRequest) -> int | None:
    """Orders that wait for this person's approval: nobody looks for them in a list of all orders."""
    return (to_approve_count(actor_for(request)) or None) if holds_somewhere(request, "order.approve") else None


def _mark(name: str) -> str:
    """What ``at`` says for a work; the plan shares its name with a queue."""
    return f"{name}_work" if name in QUEUES else name


def office_name(actor: Actor) -> str:
    """The name under the brand: the office's street, or what the person looks on."""
    streets = "-".join(map(str, sorted(actor.streets()))) or ("district" if actor.districts else "all")
    key = f"office.{streets}.{get_language()}"
    known: str | None = caches["rows"].get(key)
    if known is None:
        known = _office_name(actor)
        caches["rows"].set(key, known, 300)
    return known


def _office_name(actor: Actor) -> str:
    streets = list(Street.objects.filter(pk__in=actor.streets())[:2]) if actor.streets() else []
    if len(streets) == 1:
        return _("%(street)s enforcement office") % {"street": streets[0]}
    if streets:
        return _("Several streets")
    return _("District") if actor.districts else _("All streets")
