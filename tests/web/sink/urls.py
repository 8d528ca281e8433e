"""A small site that shows every shared component with the real templates, styles and scripts. Only for tests."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone

from dispatch.urls import urlpatterns as house

POSTED: list[dict[str, Any]] = []
"""What arrived, newest last: the tests look at it."""


class Sample(forms.Form):
    name = forms.CharField(label="Name", help_text="as on the sign")
    kind = forms.ChoiceField(label="Kind", choices=[("", "-"), ("a", "Barbecue")], required=False)
    by = forms.ChoiceField(label="By when", choices=[("3", "3 days"), ("7", "7 days")], widget=forms.RadioSelect)
    note = forms.CharField(label="Note", widget=forms.Textarea, required=False)
    shown = forms.BooleanField(label="Certificates shown")
    paper = forms.FileField(label="Paper", required=False)


def _context() -> dict[str, Any]:
    now = timezone.now()

    def at(minutes: int) -> Any:
        return now + timedelta(minutes=minutes)

    states = ["on_scene", "done", "acknowledged", "called", "returned", "called"]
    names = ["Urban management 1", "Market supervision", "Ecology", "Fire & rescue", "Public security", "Housing"]
    squads = [
        {"name": n, "state": s, "late": n.startswith("Fire"), "lead": n.endswith("1")}
        for n, s in zip(names, states, strict=True)
    ]
    dues = [-26, -3000, 9, 52, 300, 4000]
    return {
        "now": now,
        "squads": squads,
        "rows": [
            {"id": i, "due": at(m), "warn": at(m - 30), "paused": i == 5, "squads": squads[: i + 1]}
            for i, m in enumerate(dues)
        ],
        "track": [
            {"label": "Sent", "at": at(-50), "state": "done"},
            {"label": "Silent", "at": None, "state": "late"},
            {"label": "On scene", "at": None, "state": ""},
            {"label": "Done", "at": None, "state": ""},
        ],
        "stages": [
            {
                "label": label,
                "state": "done" if i < 3 else "now" if i == 3 else "todo",
                "at": at(-60) if i < 3 else None,
            }
            for i, label in enumerate(
                ["Collected", "Registered", "Dispatched", "On site", "Fed back", "Checked after", "Closed"]
            )
        ],
        "entries": [
            {"at": at(-3), "kind": "key", "what": "Finished 11 items", "actor": "Demo A", "used": 3060, "late": True},
            {"at": at(-20), "kind": "late", "what": "Acknowledgement late", "note": "leader told"},
            {"at": at(-1600), "kind": "note", "what": "Came in"},
        ],
        "ways": [
            {"label": "We have it", "at": at(-900), "state": "done"},
            {"label": "Four agencies went", "at": at(-600), "note": "once", "state": "now"},
            {"label": "Recheck", "at": None, "state": "todo"},
        ],
        "actions": [
            {"label": "Urge", "url": "/post/", "key": "u", "post": True, "confirm": "Urge now?"},
            {"label": "Reassign", "url": "#", "key": "d"},
            {"label": "Waive", "refusal": "needs the head of office"},
        ],
        "queues": [
            {"url": "#a", "label": "All open", "icon": "stack-2", "count": 157, "late": 2, "current": True},
            *({"url": f"#{i}", "label": f"Queue {i}", "icon": "inbox", "count": i, "late": 0} for i in range(8)),
        ],
        "works": [{"url": "#w", "label": "Day plan", "icon": "calendar-time"}],
        "navbar": [{"url": "#t", "label": "Today", "icon": "calendar-event", "current": True}],
        "office_name": "Demo office",
        "user_role": "Dispatcher",
    }


def show(request: HttpRequest, name: str) -> HttpResponse:
    form = Sample(request.POST or None)
    if request.method == "POST":
        POSTED.append(request.POST.dict() | {"files": [f.size for f in request.FILES.getlist("photos")]})
        messages.success(request, "Kept")
    return render(request, f"sink_{name}.html", _context() | {"form": form})


def post(request: HttpRequest) -> HttpResponse:
    """Answer as told: ``code`` the status, ``wait`` seconds before it."""
    POSTED.append(request.POST.dict())
    time.sleep(float(request.POST.get("wait", 0)))
    answer = HttpResponse("answered", status=int(request.POST.get("code", 200)))
    if "place" in request.POST:
        answer["HX-Retarget"] = request.POST["place"]
    return answer


urlpatterns: list[URLPattern | URLResolver] = [path("post/", post), path("sink/<str:name>/", show), *house]
