"""Saved views of the board: one's own, to save, rename, start with, and delete."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases.models import BoardView, Case
from cases.refusals import Refused
from cases.selectors.board import QUEUES
from cases.selectors.boardfilters import LABELS, CaseFilter, options_of, streets_in, values_in
from cases.selectors.boardsort import SORTS
from cases.services import desk
from dispatch.console.boardpage import page_url, query_of, sort_of
from dispatch.console.frame import QUEUE_LOOK, console_view, show, view_url, views_for
from dispatch.web.access import actor_for
from dispatch.web.refusals import INVALID


@require_http_methods(["GET", "HEAD", "POST"])
@console_view()
def views(request: HttpRequest) -> HttpResponse:
    """The list of one's views; POST saves the present queue, filters and order under a name."""
    if request.method != "POST":
        return _list(request)
    queue = request.POST.get("queue", "")
    if queue not in QUEUES:
        raise Http404
    query = query_of(request.POST.get("query", ""))
    chosen = CaseFilter(query, Case.objects.none(), actor=actor_for(request))
    try:
        view = desk.view_save(
            actor=actor_for(request),
            name=request.POST.get("name", ""),
            queue=queue,
            filters=chosen.chosen,
            sort=sort_of(query),
        )
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect(page_url(queue, query))
    messages.success(request, _("Saved: “%(name)s” stands in the rail.") % {"name": view.name})
    return redirect(view_url(view))


@require_POST
@console_view()
def view_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename (``name``), make or unmake the start page (``start``), delete (``delete``). Others' views are unknown."""
    actor = actor_for(request)
    if not any(view.pk == pk for view in views_for(request)):
        raise Http404
    try:
        if "delete" in request.POST:
            desk.view_delete(actor=actor, view_id=pk)
            said = _("The view is deleted.")
        elif "start" in request.POST:
            view = desk.view_start(actor=actor, view_id=pk, on=request.POST["start"] == "1")
            said = _("Your day starts here now.") if view.is_start else _("Your day starts with all that is open.")
        else:
            desk.view_rename(actor=actor, view_id=pk, name=request.POST.get("name", ""))
            said = _("The view has a new name.")
    except Refused as refused:
        return _list(request, wrong=pk, typed=request.POST.get("name", ""), error=str(refused.message))
    messages.success(request, said)
    return redirect("console:views")


def _list(request: HttpRequest, *, wrong: int = 0, typed: str = "", error: str = "") -> HttpResponse:
    rows = [
        {
            "view": view,
            "url": view_url(view),
            "queue": QUEUE_LOOK[view.queue][0],
            "filters": _words(request, view),
            "sort": SORTS[view.sort].label,
            "name": typed if view.pk == wrong else view.name,
            "error": error if view.pk == wrong else "",
        }
        for view in views_for(request)
    ]
    context = {"rows": rows, "most": desk.VIEWS_MAX}
    return show(request, "console/views.html", context, status=INVALID if error else 200, at="views")


def _words(request: HttpRequest, view: BoardView) -> str:
    options = options_of(actor_for(request), street_ids=streets_in(view.filters))
    found = []
    for name, value in view.filters.items():
        labels = {key: str(label) for key, label in options.get(name, ())}
        text = _(", ").join(labels.get(one, one) for one in values_in(name, value))
        found.append(f"{LABELS[name]}: {text}" if name in LABELS else text)
    return "；".join(found)
