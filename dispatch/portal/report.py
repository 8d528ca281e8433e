"""Reporting a problem in three steps; each is a page of its own and works without JavaScript."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.models import Source, Target, Urgency
from cases.refusals import Refused
from cases.selectors.offered import parties_offered
from cases.services import identity, intake
from dispatch.portal import draft as drafts
from dispatch.portal import same, shots
from dispatch.portal.draft import Draft
from dispatch.portal.forms import ContactForm, WhatForm, WhereForm
from dispatch.portal.pages import closed, link_of, office_of, photo_answer, read_aloud, shown, switched
from dispatch.web import flood
from dispatch.web.limits import count, often
from dispatch.web.refusals import INVALID, answers_refusals, put_refusal
from teams.models import Street
from teams.numbers import is_number
from teams.policies import RESIDENT
from teams.selectors import street_at

PHONE_AN_HOUR = 6
"""Reports that one telephone sends without being held up."""
TOO_OFTEN = 429
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
    problems = shots.take(request, draft.key)
    for refused in problems:
        form.add_error(None, str(refused.message))
    drafts.save(request, draft)
    if answer := switched(request, "portal:report"):
        return answer
    if "remove" in request.POST:
        return redirect("portal:report")
    if form.errors:
        return _show_what(request, draft, form, problems[0].status if problems else INVALID)
    return redirect("portal:where")


def _show_what(request: HttpRequest, draft: Draft, form: WhatForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "draft": draft, "photos": shown(shots.of(draft.key)), "look_form": "what-form"}
    return render(request, "portal/what.html", context | office_of(None), status=status)


@never_cache
@require_POST
def photos(request: HttpRequest) -> HttpResponse:
    """One photo of step 1, sent while the rest is still being typed; answers its picture, or why it was not kept."""
    draft = drafts.load(request)
    if not draft.kept:
        drafts.save(request, draft)  # from now on this browser finds it again, even when it is closed
    return photo_answer(request, draft.key)


@never_cache
@_page
def where(request: HttpRequest) -> HttpResponse:
    """Step 2: an address, a name, a party of the register, a position."""
    draft = drafts.load(request)
    if request.method != "POST":
        if not draft.begun:
            return _from_the_start(request)
        return _show_where(request, draft, WhereForm(initial=draft.where))
    draft.where = drafts.typed(request.POST, WhereForm.SEVERAL, most=400)
    if "unpin" in request.POST:
        draft.where |= {"lat": "", "lng": "", "accuracy": ""}
    drafts.save(request, draft)
    if not draft.begun:
        return _from_the_start(request)
    form = WhereForm(draft.where)
    valid = form.is_valid()
    if answer := switched(request, "portal:where"):
        return answer
    if "unpin" in request.POST:
        return redirect("portal:where")
    if "back" in request.POST:
        return redirect("portal:report")
    if "map" in request.POST:
        return redirect(reverse("portal:where") + "?map=1")
    if "find" in request.POST:  # without JavaScript the register is asked by a button
        return _show_where(request, draft, WhereForm(initial=draft.where), found=True)
    if not valid:
        return _show_where(request, draft, form, status=INVALID)
    return redirect("portal:send")


def _show_where(
    request: HttpRequest, draft: Draft, form: WhereForm, *, status: int = 200, found: bool = False
) -> HttpResponse:
    typed, chosen = draft.where, _chosen(draft.where.get("target"))
    lat, lng = _degrees(typed.get("lat")), _degrees(typed.get("lng"))
    words = str(typed.get("party_name", "")) if found or chosen else ""
    context = {
        "form": form,
        "draft": draft,
        "parties": parties_offered(words=words, lat=lat, lng=lng, chosen=chosen),
        "asked": found,
        "chosen": chosen,
        "pinned": typed if lat is not None and lng is not None else None,
        "look_form": "where-form",
        "with_map": "map" in request.GET,
        "lat": lat,
        "lng": lng,
    }
    return render(request, "portal/where.html", context | office_of(None), status=status)


@never_cache
@require_safe
@answers_refusals
def parties(request: HttpRequest) -> HttpResponse:
    """The part of step 2 with parties of the register that bear the name typed so far, or stand around the point."""
    count(request, "parties", one=600, address=6000)
    asked, chosen = request.GET, _chosen(request.GET.get("target"))
    words, lat, lng = asked.get("party_name", ""), _degrees(asked.get("lat")), _degrees(asked.get("lng"))
    context = {
        "parties": parties_offered(words=words, lat=lat, lng=lng, chosen=chosen),
        "chosen": chosen,
        "asked": bool(words.strip()),
    }
    return render(request, "portal/where.html#parties", context)


def _chosen(raw: object) -> Target | None:
    text = str(raw or "")
    return Target.objects.filter(pk=int(text), active=True).first() if is_number(text) else None


def _degrees(raw: object) -> float | None:
    try:
        value = float(str(raw))
    except ValueError:
        return None
    return value if -180 <= value <= 180 else None


@never_cache
@_page
def send(request: HttpRequest) -> HttpResponse:
    """Step 3: how to reach the person (optional), a look over everything, sending."""
    if request.method == "POST" and _sent_before(request):
        return redirect("portal:done")
    draft = drafts.load(request)
    form = ContactForm(request.POST) if request.method == "POST" else None
    if form is not None:
        form.is_valid()
        raw = {name: request.POST.get(name, "") for name in ("phone", "name")}
        draft.contact = drafts.sealed({**raw, "keep_secret": "keep_secret" in request.POST})
        draft.join = request.POST.get("join", "")[:16]
        drafts.save(request, draft)
    if not draft.begun:
        return _from_the_start(request)
    first, second = WhatForm(draft.what), WhereForm(draft.where)
    if not first.is_valid():
        return redirect("portal:report")
    if not second.is_valid():
        return redirect("portal:where")
    step = _Last(draft, first, second.cleaned_data)
    if form is None:
        return step.show(request, ContactForm(initial=drafts.unsealed(draft.contact) or None))
    if (back := request.POST.get("go")) in STEPS:
        return redirect(STEPS[back])
    if answer := switched(request, "portal:send"):
        return answer
    status = INVALID
    if not form.errors:
        try:
            count(request, "send", one=20, address=300)
            _hold_up(request, draft, str(form.cleaned_data.get("phone") or ""))
            made = step.create(form.cleaned_data)
        except Refused as refused:
            status = put_refusal(form, refused)
        else:
            joined = same.chosen(step.offers, draft.join) == made.case.pk
            drafts.sent_set(request, draft, made.complaint.reference, joined=joined)
            return redirect("portal:done")
    return step.show(request, form, status)


def _hold_up(request: HttpRequest, draft: Draft, phone: str) -> None:
    """In a flood, or from a telephone that has reported very often, the device spends some time first."""
    flood.report_seen()
    digits = "".join(letter for letter in phone if letter.isdigit())
    if flood.is_on() or (digits and often("phone", digits, most=PHONE_AN_HOUR)):
        flood.ticket_check(request.POST.get("ticket", ""), request.POST.get("work", ""), key=draft.key)


def _sent_before(request: HttpRequest) -> bool:
    last = drafts.sent(request)
    return last is not None and last.key == request.POST.get("client_key")


class _Last:
    """What step 3 shows and sends: the draft with both earlier steps read."""

    def __init__(self, draft: Draft, first: WhatForm, place: dict[str, Any]) -> None:
        self.draft, self.words, self.told, self.place = draft, first.words(), first.cleaned_data, place
        self.target = _chosen(place["target"])
        self.offers = same.offers(draft, text=self.words, danger=self.told["danger"], place=place, target=self.target)

    def show(self, request: HttpRequest, form: ContactForm, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "draft": self.draft,
            "words": self.words,
            "danger": self.told["danger"],
            "photos": shots.of(self.draft.key),
            "target": self.target,
            "place": self.place,
            "offers": self.offers,
            "look_form": "send-form",
            "ticket": self._ticket(request, status),
            "ticket_bits": flood.BITS,
        }
        return render(request, "portal/send.html", context | office_of(self._street()), status=status)

    def _ticket(self, request: HttpRequest, status: int) -> str:
        """The one that the page came with, as long as it is good for this report: waiting goes on."""
        if not (flood.is_on() or status == TOO_OFTEN):
            return ""
        known = request.POST.get("ticket", "")
        return known if flood.is_of(known, key=self.draft.key) else flood.ticket_new(self.draft.key)

    def create(self, contact: dict[str, Any]) -> intake.Intake:
        place, target, told = self.place, self.target, self.told
        street = self._street()
        return intake.complaint_create(
            actor=RESIDENT,
            street_id=street.pk if street else None,
            source=Source.PORTAL,
            text=self.words,
            urgency=Urgency.URGENT if told["danger"] else Urgency.GENERAL,
            party_name=target.name if target else place["party_name"],
            address=place["address"] or (target.address if target else ""),
            lat=place["lat"],
            lng=place["lng"],
            accuracy_m=place["accuracy"],
            target_id=target.pk if target else None,
            occurred_at=told["occurred_at"],
            language=get_language() or "zh-hans",
            files=shots.of(self.draft.key),
            client_key=self.draft.key,
            join_case_id=same.chosen(self.offers, self.draft.join),
            **contact,
        )

    def _street(self) -> Street | None:
        """A position says the street better than a list does, where the outlines of the streets are known."""
        lat, lng = self.place["lat"], self.place["lng"]
        there = street_at(lat, lng) if lat is not None and lng is not None else None
        chosen: Street | None = self.target.street if self.target else there or self.place["street"]
        return chosen


@never_cache
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """The reference and the private link, for an hour in the browser that sent."""
    last = drafts.sent(request)
    if last is None:
        return redirect("portal:home")
    token, _hash = identity.token_new(last.key)
    context = {"joined": last.joined, **read_aloud(last.reference), **link_of(request, token), **office_of(None)}
    return closed(render(request, "portal/done.html", context))


@never_cache
@_page
def clear(request: HttpRequest) -> HttpResponse:
    """Asks, then forgets on this device: what was typed, and the link just shown."""
    if request.method != "POST":
        return render(request, "portal/clear.html", {"draft": drafts.load(request)})
    drafts.clear(request)
    drafts.sent_forget(request)
    messages.success(request, _("Nothing of your report is kept in this browser any more."))
    return redirect("portal:home")


def _from_the_start(request: HttpRequest) -> HttpResponse:
    """The draft is gone, or never was. What came with this very page is kept, and said so."""
    if request.method != "POST" and drafts.sent(request) is not None:
        return redirect("portal:done")
    if request.method == "POST":
        text = _(
            "Your browser no longer has the first step: it was kept for a day, or cookies were deleted or are not "
            "allowed. Please tell us once more what you see; what you have just typed is kept."
        )
    else:
        text = _("Please begin here. What was typed earlier is kept for a day only.")
    messages.info(request, text)
    return redirect("portal:report")
