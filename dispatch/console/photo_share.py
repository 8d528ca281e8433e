"""One photo of a resident: which places in it nobody may recognize, and whether the squads see it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import flow
from cases.models import Case, File
from cases.refusals import Refused
from cases.services import sharing
from cases.services.files import name_of, name_of_shared
from dispatch.console.case_acts import queue_of
from dispatch.console.frame import console_view, show
from dispatch.web.access import actor_for, case_or_404
from dispatch.web.files import media_url
from teams.numbers import is_number


@require_http_methods(["GET", "HEAD", "POST"])
@console_view()
def photo_share(request: HttpRequest, pk: int, file_id: int) -> HttpResponse:
    """GET the photo with its fields; POST ``field`` (each marked one) shares it, ``act=withhold`` takes it back."""
    case = case_or_404(request, pk, "photo.share")
    photo = get_object_or_404(sharing.photos_of(case), pk=file_id)
    if request.method != "POST":
        return _page(request, case, photo, photo.veiled)
    marked = [int(text) for text in request.POST.getlist("field") if is_number(text)]
    actor = actor_for(request)
    try:
        if request.POST.get("act") == "withhold":
            sharing.photo_withhold(actor=actor, case_id=case.pk, file_id=photo.pk)
            messages.success(request, _("Taken back: the squads don't see this photo any more."))
        else:
            sharing.photo_share(actor=actor, case_id=case.pk, file_id=photo.pk, veiled=marked)
            messages.success(request, _("Shared: the squads of this case see it so. Look once whether all is hidden."))
    except Refused as refused:
        messages.error(request, str(refused.message))
        return _page(request, case, photo, marked, status=refused.status)
    return redirect("console:case_photo", case.pk, photo.pk)


def _page(request: HttpRequest, case: Case, photo: File, marked: list[int], *, status: int = 200) -> HttpResponse:
    columns, rows = sharing.fields_of(photo)
    chosen = set(marked)
    shown, shared = name_of(photo), name_of_shared(photo)
    context: dict[str, Any] = {
        "case": case,
        "back": reverse("console:case", args=[case.pk]) + "#photos",
        "photo_url": media_url(shown) if shown else "",
        "shared_url": media_url(shared) if shared else "",
        "columns": columns,
        "wide": columns > rows,
        "ended": case.stage in flow.ENDED,
        "fields": [
            {
                "number": row * columns + column,
                "row": row + 1,
                "column": column + 1,
                "on": row * columns + column in chosen,
            }
            for row in range(rows)
            for column in range(columns)
        ],
    }
    return show(request, "console/photo_share.html", context, status=status, at=queue_of(case))
