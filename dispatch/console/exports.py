"""Lists taken away from the board: what is filtered or chosen, as .xlsx or .csv. Each leaves a record."""

from __future__ import annotations

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cases.models import BoardExport, Case
from cases.selectors.board import QUEUES, queue_rule
from cases.selectors.boardfilters import LABELS, CaseFilter
from cases.selectors.boardlist import columns, list_count, list_rows
from cases.services import desk
from dispatch.console.boardpage import ids_of, query_of, sort_of
from dispatch.console.bulk import MOST
from dispatch.console.frame import QUEUE_LOOK, console_view, show
from dispatch.web.access import actor_for, check_right_somewhere
from dispatch.web.sheets import FORMATS, Table, sheet_response
from teams.models import Role

SHOWN = 200


@require_POST
@console_view()
def export(request: HttpRequest) -> HttpResponse:
    """The chosen rows, else all that the queue holds under these filters, in the order of the page."""
    check_right_somewhere(request, "case.export")
    actor, queue = actor_for(request), request.POST.get("queue", "all")
    kind = request.POST.get("kind", FORMATS[0])
    if queue not in QUEUES or kind not in FORMATS:
        raise Http404
    query = query_of(request.POST.get("query", ""))
    visible, picked = Case.objects.visible_to(actor), ids_of(request.POST.getlist("pick"), MOST)
    if picked:
        rows, filters = visible.filter(pk__in=picked), {}
    else:
        chosen = CaseFilter(query, visible.filter(queue_rule(queue)), actor=actor)
        rows, filters = chosen.qs, chosen.chosen
    desk.export_record(actor=actor, queue=queue, filters=filters, chosen=bool(picked), rows=list_count(rows), kind=kind)
    title = str(QUEUE_LOOK[queue][0])
    name = f"{title}-{timezone.localtime():%Y%m%d-%H%M}"
    made = sheet_response(name, Table(title, columns(), list_rows(rows, sort=sort_of(query))), kind)
    return cast(HttpResponse, made)  # streamed: the decorators only hand it through


@require_safe
@console_view(Role.AUDITOR)
def export_list(request: HttpRequest) -> HttpResponse:
    """For the auditor: which lists left the system, the latest first."""
    rows = [
        {
            "row": row,
            "queue": QUEUE_LOOK[row.queue][0],
            "filters": "、".join(str(LABELS[name]) for name in row.filters if name in LABELS),
        }
        for row in BoardExport.objects.select_related("user").order_by("-at", "-pk")[:SHOWN]
    ]
    return show(request, "console/exports.html", {"rows": rows, "title": _("Exported lists")}, at="exports")
