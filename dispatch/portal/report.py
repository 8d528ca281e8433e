"""Reporting a problem in three steps; each is a page of its own and works without JavaScript."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.models import Source, Target, Urgency
from cases.refusals import Refused
from cases.selectors.tracking import parties_named
from cases.services import identity, intake
from dispatch.portal import draft as drafts
from dispatch.portal.draft import Draft
from dispatch.portal.forms import ContactForm, WhatForm, WhereForm
from dispatch.portal.limits import count
from dispatch.portal.pages import closed, link_of, shown
from dispatch.web.refusals import INVALID, answers_refusals, put_refusal
from teams.policies import RESIDENT
from teams.selectors import street_at

STEPS = {"what": "portal:report", "where": "portal:where"}
_page = require_http_methods(["GET", "HEAD", "POST"])


@never_cache
@_page
def what(request: HttpRequest) -> HttpResponse:
    """Step 1: photos, kinds, words, when."""
    draft = drafts.load(request)
    if request.method != "POST":
        return _show_what(request, draft, WhatForm(initial=draft.what))
    draft.what = drafts.typed(request.POST, WhatForm.SEVERAL)
    form = WhatForm(draft.what)
    form.is_valid()
    problems = drafts.photos_take(request, draft.key)
    for refused in problems:
        form.add_error(None, str(refused.message))
    drafts.save(request, draft)
    if "remove" in request.POST:
        return redirect("portal:report")
    if form.errors:
        return _show_what(request, draft, form, problems[0].status if problems else INVALID)
    return redirect("portal:where")


def _show_what(request: HttpRequest, draft: Draft, form: WhatForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "draft": draft, "photos": shown(drafts.photos_of(request, draft.key))}
    return render(request, "portal/what.html", context, status=status)


@never_cache
@_page
def where(request: HttpRequest) -> HttpResponse:
    """Step 2: an address, a name, a party of the register, a position."""
    draft = drafts.load(request)
    if not draft.begun:
        return _from_the_start(request)
    if request.method != "POST":
        return _show_where(request, draft, WhereForm(initial=draft.where))
    draft.where = drafts.typed(request.POST, WhereForm.SEVERAL, most=400)
    if "unpin" in request.POST:
        draft.where |= {"lat": "", "lng": "", "accuracy": ""}
    form = WhereForm(draft.where)
    valid = form.is_valid()
    drafts.save(request, draft)
    if "unpin" in request.POST:
        return redirect("portal:where")
    if "find" in request.POST:  # without JavaScript the register is asked by a button
        return _show_where(request, draft, WhereForm(initial=draft.where), found=True)
    if not valid:
        return _show_where(request, draft, form, status=INVALID)
    return redirect("portal:send")


def _show_where(
    request: HttpRequest, draft: Draft, form: WhereForm, *, status: int = 200, found: bool = False
) -> HttpResponse:
    name = str(draft.where.get("party_name", ""))
    chosen = _chosen(draft.where.get("target"))
    context = {
        "form": form,
        "draft": draft,
        "parties": _offered(parties_named(name) if found or chosen else [], chosen),
        "asked": found,
        "chosen": chosen,
        "pinned": draft.where if draft.where.get("lat") and draft.where.get("lng") else None,
    }
    return render(request, "portal/where.html", context, status=status)


@never_cache
@require_safe
@answers_refusals
def parties(request: HttpRequest) -> HttpResponse:
    """The part of step 2 with parties of the register that bear the name typed so far."""
    count(request, "parties", one=600, address=6000)
    chosen = _chosen(request.GET.get("target"))
    found = _offered(parties_named(request.GET.get("party_name", "")), chosen)
    return render(request, "portal/where.html#parties", {"parties": found, "chosen": chosen, "asked": True})


def _chosen(raw: object) -> Target | None:
    text = str(raw or "")
    return Target.objects.filter(pk=int(text), active=True).first() if text.isdigit() and len(text) < 18 else None


def _offered(found: list[Target], chosen: Target | None) -> list[Target]:
    return found if chosen is None or chosen in found else [chosen, *found]


@never_cache
@_page
def send(request: HttpRequest) -> HttpResponse:
    """Step 3: how to reach the person (optional), a look over everything, sending."""
    if request.method == "POST" and _sent_before(request):
        return redirect("portal:done")
    draft = drafts.load(request)
    if not draft.begun:
        return _from_the_start(request)
    first, second = WhatForm(draft.what), WhereForm(draft.where)
    if not first.is_valid():
        return redirect("portal:report")
    if not second.is_valid():
        return redirect("portal:where")
    if request.method != "POST":
        return _show_send(request, draft, ContactForm(initial=drafts.unsealed(draft.contact) or None), first, second)
    form = ContactForm(request.POST)
    form.is_valid()
    if (back := request.POST.get("go")) in STEPS:
        raw = {name: request.POST.get(name, "") for name in ("phone", "name")}
        draft.contact = drafts.sealed({**raw, "keep_secret": "keep_secret" in request.POST})
        drafts.save(request, draft)
        return redirect(STEPS[back])
    status = INVALID
    if not form.errors:
        try:
            count(request, "send", one=20, address=300)
            made = _create(request, draft, first, second.cleaned_data, form.cleaned_data)
        except Refused as refused:
            status = put_refusal(form, refused)
        else:
            drafts.sent_set(request, draft, made.complaint.reference)
            return redirect("portal:done")
    return _show_send(request, draft, form, first, second, status)


def _sent_before(request: HttpRequest) -> bool:
    last = drafts.sent(request)
    return last is not None and last.key == request.POST.get("client_key")


def _show_send(
    request: HttpRequest, draft: Draft, form: ContactForm, first: WhatForm, second: WhereForm, status: int = 200
) -> HttpResponse:
    place = second.cleaned_data
    context = {
        "form": form,
        "draft": draft,
        "words": first.words(),
        "danger": first.cleaned_data["danger"],
        "photos": drafts.photos_of(request, draft.key),
        "target": _chosen(place["target"]),
        "place": place,
    }
    return render(request, "portal/send.html", context, status=status)


def _create(
    request: HttpRequest, draft: Draft, first: WhatForm, place: dict[str, Any], contact: dict[str, Any]
) -> intake.Intake:
    told, target, stored = first.cleaned_data, _chosen(place["target"]), drafts.photos_of(request, draft.key)
    chosen, lat, lng = place["street"], place["lat"], place["lng"]
    # A position says the street better than a list does, where the outlines of the streets are known.
    if lat is not None and street_at(lat, lng) is not None:
        chosen = None
    return intake.complaint_create(
        actor=RESIDENT,
        street_id=chosen.pk if chosen else None,
        source=Source.PORTAL,
        text=first.words(),
        urgency=Urgency.URGENT if told["danger"] else Urgency.GENERAL,
        party_name=target.name if target else place["party_name"],
        address=place["address"] or (target.address if target else ""),
        lat=lat,
        lng=lng,
        accuracy_m=place["accuracy"],
        target_id=target.pk if target else None,
        occurred_at=told["occurred_at"],
        language=get_language() or "zh-hans",
        files=stored,
        client_key=draft.key,
        **contact,
    )


@never_cache
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """The reference and the private link, for an hour in the browser that sent."""
    last = drafts.sent(request)
    if last is None:
        return redirect("portal:home")
    token, _hash = identity.token_new(last.key)
    response = render(request, "portal/done.html", {"reference": last.reference, **link_of(request, token)})
    return closed(response)


@require_POST
def clear(request: HttpRequest) -> HttpResponse:
    """Forget on this device: what was typed, and the link just shown."""
    drafts.clear(request)
    drafts.sent_forget(request)
    messages.success(request, _("Nothing of your report is kept in this browser any more."))
    return redirect("portal:home")


def _from_the_start(request: HttpRequest) -> HttpResponse:
    if drafts.sent(request) is not None:
        return redirect("portal:done")
    messages.info(request, _("Please begin here. What was typed earlier is kept for a day only."))
    return redirect("portal:report")
