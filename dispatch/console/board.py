"""The board: one queue a task, rows by the nearest deadline, nothing moving under the cursor."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from cases.clock.moment import now
from cases.models import Case
from cases.refusals import Refused
from cases.selectors import board as selector
from cases.services import triage
from dispatch.console.frame import QUEUE_LOOK, console_view, queue_url, rail, show
from dispatch.console.rows import Row, rows_of
from dispatch.web.access import actor_for, check_right_somewhere, holds_somewhere
from teams.models import Role

GROUPS = {
    "late": (gettext_lazy("Late"), gettext_lazy("squad leaders and the head of office are told by level")),
    "hour": (gettext_lazy("Due within an hour"), gettext_lazy("by time left")),
    "day": (gettext_lazy("Due within a day"), ""),
    "later": (gettext_lazy("Later"), gettext_lazy("paused ones go on by themselves")),
}
FILTERS = ("street", "category", "source", "urgency", "severity", "light", "age", "text")


@require_safe
@console_view()
def board(request: HttpRequest, queue: str = "all") -> HttpResponse:
    actor = actor_for(request)
    if queue not in selector.QUEUES:
        raise Http404
    looks_on = actor.streets() or actor.districts or actor.has(Role.AUDITOR)
    if not looks_on and holds_somewhere(request, "message.view"):
        return redirect("console:messages")
    cursor = request.GET.get("after")
    page, chosen = selector.board_rows(actor=actor, queue=queue, filters=request.GET, cursor=cursor)
    rows = rows_of(page.cases, actor)
    context = {
        "queue": queue,
        "title": QUEUE_LOOK[queue][0],
        "groups": _groups(rows),
        "shown": len(rows),
        "form": chosen.form,
        "chips": _chips(chosen.form, request.GET, queue),
        "filtered": any(request.GET.get(name) for name in FILTERS),
        "here": queue_url(queue),
        "first_page": not cursor,
        "first_url": _url(queue, request.GET) if cursor else "",
        "next_url": _url(queue, request.GET, after=page.cursor) if page.cursor else "",
        "query": _kept(request.GET).urlencode(),
        "may_accept": holds_somewhere(request, "case.accept"),
    }
    if request.htmx and not request.htmx.history_restore_request:  # type: ignore[attr-defined]
        return show(request, "console/board.html#board", context)
    return show(request, "console/board.html", context, at=queue)


@require_safe
@console_view()
def rail_part(request: HttpRequest) -> HttpResponse:
    """The queues with fresh counts; ``at`` names the one that is open."""
    return render(
        request, "parts/rail_list.html", {"items": rail(selector.queues(actor_for(request)), request.GET.get("at", ""))}
    )


@require_safe
@console_view()
def row(request: HttpRequest, pk: int) -> HttpResponse:
    """One row again, as it is now; marked as gone when it left the queue in which it is shown."""
    actor, queue = actor_for(request), request.GET.get("queue", "all")
    cases = Case.objects.visible_to(actor).select_related("target", "category", "street", "grid", "chain")
    case = cases.filter(pk=pk).first()
    if case is None or queue not in selector.QUEUES:
        raise Http404
    gone = not Case.objects.filter(selector.queue_rule(queue), pk=pk).exists()
    context = {"row": rows_of([case], actor)[0], "queue": queue, "gone": gone}
    return show(request, "console/board.html#row", context)


@require_safe
@console_view()
def newcomers(request: HttpRequest, queue: str) -> HttpResponse:
    """How many of the cases that the stream spoke of stand in this queue under these filters."""
    if queue not in selector.QUEUES:
        raise Http404
    ids = [int(text) for text in request.GET.get("ids", "").split(",")[:200] if text.isdigit()]
    visible = Case.objects.visible_to(actor_for(request)).filter(selector.queue_rule(queue), pk__in=ids)
    count = selector.CaseFilter(request.GET, visible, actor=actor_for(request)).qs.count()
    context = {"newcomers": count, "queue": queue, "here": queue_url(queue), "query": _kept(request.GET).urlencode()}
    return show(request, "console/board.html#newcomers", context)


@require_POST
@console_view()
def accept_many(request: HttpRequest) -> HttpResponse:
    """Accept the chosen cases (or the one whose button was pressed), each by itself; what is refused is named."""
    check_right_somewhere(request, "case.accept")
    actor = actor_for(request)
    wanted = [request.POST["only"]] if request.POST.get("only") else request.POST.getlist("pick")
    ids = [int(text) for text in wanted if text.isdigit()]
    visible = dict(Case.objects.visible_to(actor).filter(pk__in=ids).values_list("pk", "reference"))
    done = 0
    for pk in sorted(visible):
        try:
            triage.case_accept(actor=actor, case_id=pk)
            done += 1
        except Refused as refused:
            messages.error(request, f"{visible[pk]}: {refused.message}")
    if done:
        messages.success(request, ngettext("%(n)s case accepted.", "%(n)s cases accepted.", done) % {"n": done})
    elif not ids:
        messages.warning(request, _("Choose cases first."))
    queue = request.POST.get("queue", "all")
    return redirect(_url(queue if queue in selector.QUEUES else "all", QueryDict(request.POST.get("query", ""))))


def _groups(rows: list[Row]) -> list[dict[str, Any]]:
    moment = now()
    found = []
    for name, members in groupby(rows, key=lambda row: selector.since_group(row.case.due_at, moment)):
        found.append({"name": GROUPS[name][0], "words": GROUPS[name][1], "rows": list(members)})
    return found


def _kept(query: QueryDict) -> QueryDict:
    kept = QueryDict(mutable=True)
    for name in FILTERS:
        if query.get(name):
            kept[name] = str(query[name])
    return kept


def _url(queue: str, query: QueryDict, **more: str) -> str:
    kept = _kept(query)
    for name, value in more.items():
        kept[name] = value
    return f"{queue_url(queue)}?{kept.urlencode()}" if kept else queue_url(queue)


def _chips(form: Any, query: QueryDict, queue: str) -> list[dict[str, str]]:
    """The chosen filters, each with the address that takes it off."""
    chips = []
    for name in FILTERS:
        if not query.get(name) or name not in form.fields:
            continue
        field = form.fields[name]
        shown = dict(getattr(field, "choices", ()) or ()).get(query[name]) if name != "text" else query[name]
        if name in ("street", "category") and form.is_bound and form.is_valid():
            shown = form.cleaned_data.get(name)
        kept = _kept(query)
        del kept[name]
        url = queue_url(queue) + (f"?{kept.urlencode()}" if kept else "")
        chips.append({"label": f"{field.label}: {shown or query[name]}", "url": url})
    return chips
