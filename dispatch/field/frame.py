"""What every page of the field has around it: the bar at the foot, the right to listen, words for a refusal."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Concatenate, ParamSpec

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import get_script_prefix, reverse
from django.utils.translation import get_language, gettext_lazy

from cases.models import File, FileState
from cases.refusals import Refused
from cases.selectors.cards import whistle_of
from cases.services import files
from dispatch.notify.selectors import unread_count
from dispatch.web.access import STREET_WORK, actor_for, roles_required, staff_required
from dispatch.web.files import media_url
from dispatch.web.refusals import answers_refusals, put_refusal
from dispatch.web.sessions import let_listen
from teams.models import Role
from teams.policies import Actor

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

MOST_PHOTOS = 6


def field_page(*roles: Role) -> Callable[[View[P]], View[P]]:
    """For pages that are not about one row: whose work is on the street (or the given roles)."""

    def decorate(view: View[P]) -> View[P]:
        return roles_required(*(roles or STREET_WORK))(answers_refusals(view))

    return decorate


def field_act(view: View[P]) -> View[P]:
    """For pages about one row: the row itself says who may see it (404) and who may do it (403)."""
    return staff_required(answers_refusals(view))


def show(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    at: str = "",
    bare: bool = False,
) -> HttpResponse:
    """A whole page, or a part of one (``page.html#part``, ``bare``) without the frame. ``at``: the place in the bar."""
    if bare or "#" in template:
        return render(request, template, dict(context or {}), status=status)
    actor = actor_for(request)
    around = {"navbar": navbar(actor, at), "at": at, "kept": kept_shots(request), **(context or {})}
    if "whistle" not in around:
        around["whistle"] = whistle_of(actor)
    response = render(request, template, around, status=status)
    let_listen(request, response, topics_of(actor))
    return response


def topics_of(actor: Actor) -> list[str]:
    """What a phone may hear: the squads of the person, and the person."""
    squads = sorted(actor.squads() | actor.laboratories)
    return [*(f"squad:{pk}" for pk in squads), f"user:{actor.user_id}"]


PLACES: Mapping[str, tuple[object, str]] = {
    "today": (gettext_lazy("Today"), "calendar-event"),
    "patrol": (gettext_lazy("On patrol"), "camera-plus"),
    "labs": (gettext_lazy("Tests"), "microscope"),
    "alert": (gettext_lazy("Alert"), "speakerphone"),
    "notices": (gettext_lazy("Notices"), "message"),
    "me": (gettext_lazy("Me"), "user"),
}


def navbar(actor: Actor, at: str) -> list[dict[str, Any]]:
    officer = bool(actor.squads(Role.OFFICER, Role.SQUAD_LEADER))
    rows: list[tuple[str, bool, int | None]] = [
        ("today", bool(actor.squads()), None),
        ("patrol", officer, None),
        ("labs", bool(actor.laboratories), None),
        ("alert", actor.has(Role.GRID_WORKER), None),
        ("notices", True, unread_count(actor)),
        ("me", True, None),
    ]
    return [
        {**_place(name, get_language(), get_script_prefix()), "count": count, "current": name == at}
        for name, allowed, count in rows
        if allowed
    ]


@lru_cache(maxsize=64)
def _place(name: str, _language: str | None, _prefix: str) -> Mapping[str, str]:
    label, icon = PLACES[name]
    return {"url": reverse(f"field:{name}"), "label": str(label), "icon": icon}


def is_htmx(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers


def done(request: HttpRequest, said: str, to: str, *args: object) -> HttpResponse:
    """Say what was done and move on; htmx is told to move the whole page."""
    messages.success(request, said)
    url = reverse(to, args=args)
    return HttpResponse(status=204, headers={"HX-Redirect": url}) if is_htmx(request) else redirect(url)


def attempt(form: forms.BaseForm, act: Callable[[], object]) -> int:
    """Do it, or write the refusal into the form; the status to answer with, 200 when it was done."""
    try:
        act()
    except Refused as refused:
        return put_refusal(form, refused)
    return 200


def photos_store(request: HttpRequest, key: str, name: str = "photos", *, item_id: int | None = None) -> list[File]:
    """The photos of a form: those that came ahead one by one (``kept``), then those that come with it.

    The form's client key and the photo's own bytes make two sendings one, never two photos. ``item_id``: an item whose
    answer may hold them already.
    """
    uploads: list[UploadedFile[Any]] = request.FILES.getlist(name)[:MOST_PHOTOS]
    stored = [photo_store(request, upload, key) for upload in uploads]
    return [*_kept(request, item_id), *stored][:MOST_PHOTOS]


def photo_store(request: HttpRequest, upload: UploadedFile[Any], key: str) -> File:
    """Keep one photo; it belongs to nothing yet."""
    client_key = f"{key[:32]}.{_digest(upload)}" if key else None
    return files.file_store(actor=actor_for(request), upload=upload, client_key=client_key)


def _kept(request: HttpRequest, item_id: int | None = None) -> list[File]:
    """Own photos that came ahead, named by their keys; what belongs to something else already is left out."""
    keys = request.POST.getlist("kept")[: 2 * MOST_PHOTOS] if request.method == "POST" else []
    if not keys:
        return []
    free = Q(attachments__isnull=True)
    if item_id is not None:
        free |= Q(attachments__answer__part_item=item_id)
    mine = File.objects.filter(free, uploaded_by=actor_for(request).user_id, client_key__in=keys)
    return list(mine.exclude(state=FileState.BROKEN).order_by("pk").distinct())


def kept_shots(request: HttpRequest) -> list[dict[str, str]]:
    """Photos that came ahead of a form that was refused: their keys go back with it, with pictures where ready."""
    rows = [(file, files.name_of(file, small=True)) for file in _kept(request)]
    return [{"key": file.client_key or "", "url": media_url(name) if name else ""} for file, name in rows]


def _digest(upload: UploadedFile[Any]) -> str:
    found = hashlib.sha256()
    for chunk in upload.chunks():
        found.update(chunk)
    upload.seek(0)
    return found.hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Shots:
    """Pictures of a subject: those that can be shown, and how many are still being prepared."""

    ready: list[dict[str, str]]
    waiting: int


def shots(rows: Iterable[File]) -> Shots:
    """Small pictures for ``parts/photo_input.html``. The caller has checked that the reader may see them."""
    names = [files.name_of(file, small=True) for file in rows]
    return Shots([{"url": media_url(name), "caption": ""} for name in names if name], sum(not name for name in names))


def shared_shots(rows: Iterable[File]) -> list[dict[str, str]]:
    """The copies that the office made for the squads, small and large."""
    names = [(files.name_of_shared(file, small=True), files.name_of_shared(file)) for file in rows]
    return [{"url": media_url(small), "large": media_url(large)} for small, large in names if small and large]
