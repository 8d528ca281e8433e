"""Fetch and permission in one call: who cannot see a row gets 404, who sees it without the right gets 403."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url

from cases import policies
from cases.models import (
    Case,
    Complaint,
    DayPlan,
    Feedback,
    Finding,
    ImportRun,
    LabTest,
    Order,
    Part,
    PartState,
    PartyRun,
    Target,
    Visit,
    YearPlan,
)
from cases.policies import RIGHTS, Place
from cases.selectors.yearplans import plans_visible
from teams.models import OFFICE_ROLES, SQUAD_ROLES, Role, User
from teams.policies import RESIDENT, Actor
from teams.scope import of_own_streets
from teams.selectors import actor_of
from teams.statements import Slot, Statement, for_readers

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

DESK_ROLES = OFFICE_ROLES | {Role.SUPERVISOR, Role.AUDITOR, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN}
"""Whose work is at the console."""
STREET_WORK = SQUAD_ROLES | {Role.LAB_TECHNICIAN, Role.GRID_WORKER}
"""Whose work is in the field."""


def actor_for(request: HttpRequest) -> Actor:
    """Who asks, read once a request; nobody logged in is a resident."""
    known: Actor | None = getattr(request, "_actor", None)
    if known is None:
        known = actor_of(request.user) if isinstance(request.user, User) else RESIDENT
        request._actor = known  # type: ignore[attr-defined]
    return known


def home_of(actor: Actor) -> str:
    """The address of a person's own work: console for the office and those who look on, field for the rest."""
    if actor.has(*DESK_ROLES):
        return "/console/"
    if actor.has(*SQUAD_ROLES, Role.LAB_TECHNICIAN):
        return "/field/"
    if actor.has(Role.GRID_WORKER):
        return "/field/alert/"
    return "/"


def own_page(request: HttpRequest) -> str:
    """The page that a request belongs to: where its form stood, where its part stands, else its own address."""
    page = request.get_full_path()
    if request.headers.get("HX-Request"):
        page = request.headers.get("HX-Current-URL", page)
    elif request.method != "GET":
        page = request.headers.get("Referer", page)
    if "://" in page:  # only the path goes along: the login page refuses foreign hosts anyway
        page = "/" + page.split("://", 1)[1].partition("/")[2]
    return page


def ask_login(request: HttpRequest) -> HttpResponse:
    """To the login page and back here; an htmx request is told to move the whole page."""
    target = f"{resolve_url('account_login')}?{urlencode({'next': own_page(request)})}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return redirect(target)


def staff_required(view: View[P]) -> View[P]:
    """Only for people who logged in; others are led to the login page."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return ask_login(request)
        return view(request, *args, **kwargs)

    return guarded


def roles_required(*roles: Role) -> Callable[[View[P]], View[P]]:
    """Only for people who hold one of the roles somewhere; insiders without it get 403."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return ask_login(request)
            if not actor_for(request).has(*roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def check_right(
    request: HttpRequest, right: str | None, *, street_id: int | None = None, squad_ids: Iterable[int] = ()
) -> None:
    """403 when the actor does not hold the right there. ``None`` asks for nothing."""
    if right and not policies.may(actor_for(request), right, street_id=street_id, squad_ids=squad_ids):
        raise PermissionDenied


def holds_somewhere(request: HttpRequest, right: str) -> bool:
    """Whether the actor holds the right at any street or squad: for pages that are not yet about one row."""
    actor, rule = actor_for(request), RIGHTS[right]
    if rule.place is Place.STREET:
        return bool(actor.streets(*rule.roles))
    if rule.place is Place.SQUAD:
        return bool(actor.squads(*rule.roles))
    return actor.has(*rule.roles)


def check_right_somewhere(request: HttpRequest, right: str) -> None:
    if not holds_somewhere(request, right):
        raise PermissionDenied


def _at_desk(actor: Actor) -> Actor:
    """The actor without squads and laboratories: what only the office may see (complaints)."""
    field = STREET_WORK
    return Actor(actor.user_id, tuple(g for g in actor.grants if g.role not in field), actor.name, actor.kind)


def _no_laboratory(actor: Actor) -> Actor:
    """A laboratory sees the order of its commission, not what the squads found there."""
    return Actor(actor.user_id, tuple(g for g in actor.grants if g.role != Role.LAB_TECHNICIAN), actor.name, actor.kind)


def case_or_404(request: HttpRequest, pk: int, right: str | None = None, *, whole: bool = True) -> Case:
    """A case the actor sees. Rights about a case are held at its street: squads act on parts.

    ``whole``: with its party, category, holder and so on, in one question; else each is asked for when it is needed.
    """
    actor = actor_for(request)
    case = next(iter(_case(actor)[whole](case=pk)), None)
    if case is None:
        raise Http404
    check_right(request, right, street_id=case.street_id)
    return case


@for_readers
def _case(reader: Actor) -> tuple[Statement[Case], Statement[Case]]:
    """The case alone, and with what its pages show beside it."""

    def asked(*beside: str) -> Statement[Case]:
        rows = Case.objects.visible_to(reader).filter(pk=Slot("case"))
        return Statement(lambda: rows.select_related(*beside) if beside else rows)

    return asked(), asked("street", "target", "category", "merged_into", "grid", "owner", "chain")


def order_or_404(request: HttpRequest, pk: int, right: str | None = None) -> Order:
    order = next(iter(_order(actor_for(request))(order=pk)), None)
    if order is None:
        raise Http404
    check_right(request, right, street_id=order.street_id, squad_ids=_squads_of(order.pk))
    return order


@for_readers
def _order(reader: Actor) -> Statement[Order]:
    return Statement(
        lambda: Order.objects.visible_to(reader).select_related("street", "target").filter(pk=Slot("order"))
    )


_SQUADS = Statement(
    lambda: (
        Part.objects.filter(order_id=Slot("order")).exclude(state=PartState.RELEASED).values_list("squad_id", flat=True)
    )
)


def _squads_of(order_id: int) -> list[int]:
    return _SQUADS(order=order_id)


def part_or_404(request: HttpRequest, pk: int, right: str | None = None) -> Part:
    """A part of an order the actor sees; rights of a squad are asked for the part's own squad."""
    part = next(iter(_part(actor_for(request))(part=pk)), None)
    if part is None:
        raise Http404
    check_right(request, right, street_id=part.order.street_id, squad_ids=[part.squad_id])
    return part


@for_readers
def _part(reader: Actor) -> Statement[Part]:
    return Statement(
        lambda: (
            Part.objects.filter(order__in=Order.objects.visible_to(_no_laboratory(reader)))
            .select_related("order__target", "order__street", "squad", "agency")
            .filter(pk=Slot("part"))
        )
    )


def visit_or_404(request: HttpRequest, pk: int) -> Visit:
    """A visit of an order the actor sees. Who may do something about it is asked of its lead squad."""
    orders = Order.objects.visible_to(_no_laboratory(actor_for(request)))
    visit = (
        Visit.objects.filter(order__in=orders).select_related("order__target", "order__street").filter(pk=pk).first()
    )
    if visit is None:
        raise Http404
    return visit


def lab_or_404(request: HttpRequest, pk: int, right: str | None = None) -> LabTest:
    """A commission: its laboratory and everyone who sees the order; rights are asked for the laboratory."""
    actor = actor_for(request)
    orders = Order.objects.visible_to(_no_laboratory(actor))
    test = (
        LabTest.objects.filter(Q(visit__order__in=orders) | Q(laboratory_id__in=actor.laboratories))
        .select_related("visit__order__target", "part_item__item", "part_item__part", "laboratory")
        .filter(pk=pk)
        .first()
    )
    if test is None:
        raise Http404
    check_right(request, right, street_id=test.visit.order.street_id, squad_ids=[test.laboratory_id])
    return test


def finding_or_404(request: HttpRequest, pk: int, right: str | None = None) -> Finding:
    orders = Order.objects.visible_to(_no_laboratory(actor_for(request)))
    finding = (
        Finding.objects.filter(visit__order__in=orders)
        .select_related("visit__order__target", "part__squad", "agency", "item")
        .filter(pk=pk)
        .first()
    )
    if finding is None:
        raise Http404
    check_right(request, right, street_id=finding.visit.order.street_id, squad_ids=[finding.part.squad_id])
    return finding


def complaint_or_404(request: HttpRequest, pk: int, right: str | None = None) -> Complaint:
    """A complaint: the office alone (its street, or a case of its street that answers it) and its own grid worker."""
    actor = actor_for(request)
    desk = _at_desk(actor)
    answered = Case.objects.visible_to(desk).filter(complaint_links__complaint=OuterRef("pk"))
    rule = Exists(answered) | Q(street_id__in=desk.streets())
    if actor.has(Role.GRID_WORKER):
        rule |= Q(taken_by_id=actor.user_id)
    complaint = Complaint.objects.filter(rule).select_related("street").filter(pk=pk).first()
    if complaint is None:
        raise Http404
    check_right(request, right, street_id=complaint.street_id)
    return complaint


def target_or_404(request: HttpRequest, pk: int, right: str | None = None) -> Target:
    """A party: the office of its street, the district, an auditor, and squads called to it."""
    actor = actor_for(request)
    rows = Target.objects.select_related("street", "grid")
    if not actor.has(Role.AUDITOR):
        orders = Order.objects.visible_to(_no_laboratory(actor)).filter(target=OuterRef("pk"))
        rows = rows.filter(of_own_streets(actor) | Exists(orders))
    target = rows.filter(pk=pk).first()
    if target is None:
        raise Http404
    check_right(request, right, street_id=target.street_id)
    return target


def feedback_or_404(request: HttpRequest, pk: int, right: str | None = None) -> Feedback:
    cases = Case.objects.visible_to(_at_desk(actor_for(request)))
    feedback = Feedback.objects.filter(case__in=cases).select_related("case").filter(pk=pk).first()
    if feedback is None:
        raise Http404
    check_right(request, right, street_id=feedback.case.street_id)
    return feedback


def run_or_404(request: HttpRequest, pk: int, right: str | None = None) -> ImportRun:
    actor = actor_for(request)
    rows = ImportRun.objects.select_related("street")
    if not actor.has(Role.AUDITOR):
        rows = rows.filter(of_own_streets(actor))
    run = rows.filter(pk=pk).first()
    if run is None:
        raise Http404
    check_right(request, right, street_id=run.street_id)
    return run


def day_plan_or_404(request: HttpRequest, pk: int, right: str | None = None) -> DayPlan:
    """The plan of a day of a street whose orders the actor sees at the desk."""
    actor = actor_for(request)
    rows = DayPlan.objects.all() if actor.has(Role.AUDITOR) else DayPlan.objects.filter(of_own_streets(actor))
    plan = rows.select_related("street", "confirmed_by").filter(pk=pk).first()
    if plan is None:
        raise Http404
    check_right(request, right, street_id=plan.street_id)
    return plan


def year_plan_or_404(request: HttpRequest, pk: int, right: str | None = None) -> YearPlan:
    """An agency's plan of a year: the office of its street, the district, an auditor."""
    plan = plans_visible(actor_for(request)).filter(pk=pk).first()
    if plan is None:
        raise Http404
    check_right(request, right, street_id=plan.street_id)
    return plan


def party_run_or_404(request: HttpRequest, pk: int, right: str | None = None) -> PartyRun:
    """A file of parties: the office of its street, the district, an auditor."""
    actor = actor_for(request)
    rows = PartyRun.objects.select_related("street")
    if not actor.has(Role.AUDITOR):
        rows = rows.filter(of_own_streets(actor))
    run = rows.filter(pk=pk).first()
    if run is None:
        raise Http404
    check_right(request, right, street_id=run.street_id)
    return run
