"""The page "where I am signed in", for everybody with an account."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dispatch.web.access import staff_required
from dispatch.web.sessions import id_of, sessions_end, sessions_of
from dispatch.web.sessionstore import FACE
from teams.models import User


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_required
def sessions(request: HttpRequest) -> HttpResponse:
    """The list; ``end`` is the id of a session of one's own, or ``others``. One that is over already is no fault."""
    user, here = request.user, id_of(request)
    assert isinstance(user, User)
    if request.method == "POST":
        wanted = request.POST.get("end", "")
        count = sessions_end(user, None if wanted == "others" else [wanted], but=here)
        if count:
            said = ngettext("%(n)s session ended.", "%(n)s sessions ended.", count) % {"n": count}
            messages.success(request, said)
        else:
            messages.info(request, _("That session was over already."))
        return redirect("account_sessions")
    face = request.session.get(FACE, "office")
    context = {
        "places": sessions_of(user, here=here),
        "hours": settings.SESSION_HOURS[face],
        "idle": settings.SESSION_IDLE_MINUTES[face],
    }
    return render(request, "account/sessions.html", context)
