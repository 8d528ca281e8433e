"""Finding one's report again: by the private link, or by the reference and the end of the phone that was left."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cases.papers.spoken import reference_heard
from cases.refusals import Refused
from cases.selectors.tracking import Tracked, track_by_phone
from dispatch.portal.forms import FindForm
from dispatch.portal.pages import closed, office_of
from dispatch.portal.words import coming, headline, ways
from dispatch.web.limits import count
from dispatch.web.refusals import INVALID, put_refusal

_TOKEN = re.compile(r"(?:^|/t/)([A-Za-z0-9_\-]{30,64})(?=/|$)")
TRIES = 6
"""An hour, for one reference: four digits are soon guessed by somebody who may go on for ever."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def lookup(request: HttpRequest) -> HttpResponse:
    """From a link to its page; from a reference to where it stands, no more.

    Whether a reference exists, whether a phone was left and whether the digits were wrong is one and the same answer.
    """
    if request.method != "POST":
        return _show(request, FindForm())
    form = FindForm(request.POST)
    if not form.is_valid():
        return _show(request, form, INVALID)
    if token := token_in(form.cleaned_data["what"]):
        return redirect("portal:private", token)
    reference, tail = reference_heard(form.cleaned_data["what"]), form.cleaned_data["tail"]
    if not reference:
        form.add_error("what", _("This is neither a private link nor a reference. Look at it once more."))
    elif len(tail) < 4:
        form.add_error("tail", _("With a reference we also need the last four digits of the phone number you left."))
    if form.errors:
        return _show(request, form, INVALID)
    try:
        count(request, "lookup", one=TRIES, address=60, who=reference)
    except Refused as refused:
        return _show(request, form, put_refusal(form, refused))
    found = track_by_phone(reference, tail)
    if found is None:
        form.add_error(
            None,
            _(
                "Nothing can be shown for this. Perhaps the reference or the digits are not quite right, or no phone "
                "number was left: then only the private link opens it. You can also call and read the reference aloud."
            ),
        )
        return _show(request, form, INVALID)
    return closed(render(request, "portal/status.html", _told(found)))


def token_in(text: str) -> str | None:
    """The token of a pasted link, or a token alone."""
    found = _TOKEN.search(text.strip())
    return found.group(1) if found else None


def _show(request: HttpRequest, form: FindForm, status: int = 200) -> HttpResponse:
    return render(request, "portal/lookup.html", {"form": form, **office_of(None)}, status=status)


def _told(found: Tracked) -> dict[str, object]:
    matters = [
        {
            "headline": headline(found, matter),
            "ways": ways(found, matter),
            "next": coming(found, matter),
            "category": matter.category,
        }
        for matter in found.matters
    ]
    return {"reference": found.complaint.reference, "matters": matters, **office_of(found.complaint.street)}
