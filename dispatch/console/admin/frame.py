"""What every page of administration has: its sections by right, and one way to show a form and call one service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cases.refusals import Refused
from dispatch.console.frame import console_view, show
from dispatch.web.access import holds_somewhere
from dispatch.web.fresh import prove
from dispatch.web.refusals import INVALID, put_refusal
from teams.numbers import is_number

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

# In English some tabs are shorter than their page's title: sixteen stand in one line of 1440 px.
SECTIONS: tuple[tuple[str, object, tuple[str, ...]], ...] = (
    ("home", gettext_lazy("Set up"), ("ground.view",)),
    ("people", gettext_lazy("People"), ("ground.view",)),
    ("squads", gettext_lazy("Squads"), ("ground.view",)),
    ("agencies", gettext_lazy("Agencies"), ("ground.view",)),
    ("powers", gettext_lazy("Powers"), ("ground.view",)),
    ("duty", gettext_lazy("Duty rota"), ("ground.view",)),
    ("areas", pgettext_lazy("tab", "Areas"), ("ground.view",)),
    ("categories", gettext_lazy("Categories"), ("ground.view",)),
    ("items", gettext_lazy("Inspection items"), ("ground.view",)),
    ("clocks", gettext_lazy("Time limits"), ("ground.view",)),
    ("texts", pgettext_lazy("tab", "Settings"), ("ground.view",)),
    ("calendar", gettext_lazy("Calendar"), ("ground.view",)),
    ("tokens", pgettext_lazy("tab", "Tokens"), ("history.view",)),
    ("webhooks", gettext_lazy("Webhooks"), ("history.view",)),
    ("persons", gettext_lazy("Personal data"), ("identity.erase", "identity.export")),
    ("history", gettext_lazy("History"), ("history.view",)),
)


def admin_view(*rights: str, fresh: bool = False) -> Callable[[View[P]], View[P]]:
    """For people at the desk who hold one of the rights somewhere; others are refused before anything is read.

    ``fresh``: its act asks who did not prove lately who they are (``web.fresh``).
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not any(holds_somewhere(request, right) for right in rights):
                raise PermissionDenied
            if fresh:
                prove(request)
            return view(request, *args, **kwargs)

        guarded.fresh = fresh  # type: ignore[attr-defined]  # for the test that knows which acts ask
        return console_view()(guarded)

    return decorate


def show_admin(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, section: str, status: int = 200
) -> HttpResponse:
    """A page of administration; ``section`` is the one of ``SECTIONS`` it belongs to."""
    sections = [
        {"url": reverse(f"console:admin_{name}"), "label": label, "current": name == section}
        for name, label, rights in SECTIONS
        if any(holds_somewhere(request, right) for right in rights)
    ]
    whole = {"sections": sections, "section": section, **(context or {})}
    return show(request, template, whole, status=status, at="admin_home")


def act_page(
    request: HttpRequest,
    make: Callable[[Any], forms.Form],
    call: Callable[[dict[str, Any]], Any],
    *,
    title: object,
    section: str,
    back: str,
    done: object,
    button: object = "",
    why: object = "",
    danger: bool = False,
    template: str = "console/admin/form.html",
    context: Mapping[str, Any] | None = None,
    after: Callable[[Any], HttpResponse] | None = None,
) -> HttpResponse:
    """GET shows the form, POST calls one service with its clean data; what it refuses stands beside the field, with
    everything typed. ``after`` answers instead of going back."""
    posted = request.method == "POST"
    form = make(request.POST if posted else None)
    status = 200
    if posted:
        status = INVALID
        if form.is_valid():
            try:
                made = call(dict(form.cleaned_data))
            except Refused as refused:
                status = put_refusal(form, refused)
            else:
                if after is not None:
                    return after(made)
                messages.success(request, str(done))
                return redirect(back)
    whole = {
        "form": form,
        "title": title,
        "back": back,
        "button": button or _("Save"),
        "why": why,
        "danger": danger,
        **(context or {}),
    }
    return show_admin(request, template, whole, section=section, status=status)


def page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "")
    return int(text) if is_number(text) and 0 < int(text) < 10_000 else 1
