"""The board: one queue a task, rows by the nearest deadline, nothing moving under the cursor."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from cases.models import Case
from cases.selectors import board as selector
from cases.selectors.boardfilters import LABELS, TEXT_MAX, CaseFilter, options_of, streets_in
from dispatch.console.boardpage import filter_bar, groups, ids_of, kept, menus, orders, page_url, sort_of
from dispatch.console.bulk import BULK, undo_words
from dispatch.console.frame import QUEUE_LOOK, console_view, counts_for, queue_url, rail, show, view_links, view_url
from dispatch.console.frame import views_for as views
from dispatch.console.preview import preview_of
from dispatch.console.rows import rows_of
from dispatch.web.access import actor_for, holds_somewhere
from teams.models import Role

NEWCOMERS_MAX = 200
ROWS_MAX = 200
SPLIT_DAYS = 365


@require_safe
@console_view()
def board(request: HttpRequest, queue: str = "") -> HttpResponse:
    """A queue. Without a name: where this person's day starts, a saved view or all that is open."""
    actor = actor_for(request)
    looks_on = actor.streets() or actor.districts or actor.has(Role.AUDITOR)
    if not looks_on and holds_somewhere(request, "message.view"):
        return redirect("console:messages")
    if not queue:
        start = next((view for view in views(request) if view.is_start), None)
        if start and not request.GET:
            return redirect(view_url(start))
        queue = "all"
    if queue not in selector.QUEUES:
        raise Http404
    swaps = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    split = _split(request)
    context = _context(request, queue, split=split)
    if swaps:
        response = show(request, "console/board.html#board", context | {"swapped": True})
    else:
        response = show(request, "console/board.html", context, at="" if context["view"] else queue)
    if "split" in request.GET:
        response.set_cookie(
            _cookie(request),
            "1" if split else "0",
            SPLIT_DAYS * 86400,
            samesite="Lax",
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response


def _context(request: HttpRequest, queue: str, *, split: bool) -> dict[str, Any]:
    actor, query, sort = actor_for(request), kept(request.GET), sort_of(request.GET)
    page, chosen = selector.board_rows(
        actor=actor,
        queue=queue,
        filters=request.GET,
        sort=sort,
        cursor=request.GET.get("after"),
        before=request.GET.get("before"),
        options=options_of(actor, street_ids=streets_in(request.GET)),
    )
    view = next((one for one in views(request) if str(one.pk) == query.get("view")), None)
    rows, sorts, held = rows_of(page.cases, actor), orders(query, queue), chosen.chosen
    here = page_url(queue, query)
    return {
        "queue": queue,
        "title": view.name if view else QUEUE_LOOK[queue][0],
        "groups": groups(rows, sort),
        "shown": len(rows),
        "chosen": chosen,
        "unknown": [
            {"label": LABELS[name], "value": value, "long": name == "text"} for name, value in chosen.unknown.items()
        ],
        "filter_bar": filter_bar(chosen.options, held, queue_url(queue), query),
        "menus": partial(menus, chosen.options, held, queue_url(queue), query),  # called where no row fits
        "orders": sorts,
        "order": next(one for one in sorts if one["on"]),
        "text": query.get("text", ""),
        "text_max": TEXT_MAX,
        "filtered": bool(held),
        "bare_url": queue_url(queue),
        "first_page": page.before is None,
        "first_url": here if page.before else "",
        "previous_url": page_url(queue, query, before=page.before) if page.before else "",
        "next_url": page_url(queue, query, after=page.after) if page.after else "",
        "query": here.partition("?")[2],
        "here": here,
        "filters": {name: value for name, value in query.items() if name not in ("text", "view")},
        "view": view,
        "view_changed": bool(view and (view.filters != held or view.sort != sort or view.queue != queue)),
        "bulk": [act for act in BULK.values() if holds_somewhere(request, act.right)],
        "may_export": holds_somewhere(request, "case.export"),
        "undo": undo_words(request),
        "split": split,
        "split_url": page_url(queue, query, split="0" if split else "1"),
        "preview": _preview(request) if split else None,
    }


def _cookie(request: HttpRequest) -> str:
    return f"split_{request.user.pk}"


def _split(request: HttpRequest) -> bool:
    """List and case side by side: as asked for now, else as this person last had it in this browser."""
    return request.GET.get("split", request.COOKIES.get(_cookie(request))) == "1"


def _preview(request: HttpRequest) -> dict[str, Any] | None:
    """The case beside the list, for those who come by link."""
    found = ids_of([request.GET.get("at", "")], 1)
    return preview_of(request, found[0]) if found else None


@require_safe
@console_view()
def rail_part(request: HttpRequest) -> HttpResponse:
    """The queues and views with fresh counts; ``at`` names the queue that is open, ``view`` the view."""
    actor, counts = actor_for(request), counts_for(request)
    context = {"queues": rail(actor, counts, request.GET.get("at", "")), "views": view_links(request, counts)}
    return render(request, "console/rail.html", context)


@require_safe
@console_view()
def rows(request: HttpRequest, queue: str) -> HttpResponse:
    """Rows of a list again, as they are now; those that left the queue in which they are shown are marked as gone.

    What can't be seen any more is left out.
    """
    if queue not in selector.QUEUES:
        raise Http404
    actor, ids = actor_for(request), ids_of(request.GET.get("ids", "").split(","), ROWS_MAX)
    shown = selector.rows_again(actor=actor, queue=queue, ids=ids)
    gone = {case.pk for case, stays in shown if not stays}
    context = {"rows": rows_of([case for case, _stays in shown], actor), "gone": gone}
    return show(request, "console/board.html#rows", context)


@require_safe
@console_view()
def newcomers(request: HttpRequest, queue: str) -> HttpResponse:
    """How many of the cases that the stream spoke of stand in this queue under these filters."""
    if queue not in selector.QUEUES:
        raise Http404
    ids = ids_of(request.GET.get("ids", "").split(","), NEWCOMERS_MAX)
    visible = Case.objects.visible_to(actor_for(request)).filter(selector.queue_rule(queue), pk__in=ids)
    count = CaseFilter(request.GET, visible, actor=actor_for(request)).qs.count()
    query = kept(request.GET)
    here = page_url(queue, query)
    context = {"newcomers": count, "queue": queue, "here": here, "query": here.partition("?")[2], "first_page": True}
    return show(request, "console/board.html#newcomers", context)
