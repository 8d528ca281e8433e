"""Triage: what was said on the left, what is suggested and why on the right; a person decides, the next clue opens."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases.models import Case, CaseStage, Category, Disposition, RequestKind
from cases.planner.quotes import addresses
from cases.planner.words import score_categories
from cases.refusals import Refused
from cases.selectors import register, suggestions
from cases.selectors.board import board_rows
from cases.selectors.dossier import Voice, voices_of
from dispatch.console.case_parts import photo_rows
from dispatch.console.frame import console_view, queue_url, show
from dispatch.console.highlight import highlighted
from dispatch.console.triage_form import KEYS, TriageForm, complaint_choices, decide
from dispatch.web.access import actor_for, case_or_404, check_right_somewhere
from dispatch.web.refusals import INVALID, put_refusal
from teams.policies import Actor


@require_safe
@console_view()
def triage_first(request: HttpRequest) -> HttpResponse:
    """The most pressing case to triage."""
    check_right_somewhere(request, "case.triage")
    return redirect(_next_url(actor_for(request), None))


@console_view()
def triage(request: HttpRequest, pk: int) -> HttpResponse:
    case = case_or_404(request, pk, "case.triage")
    actor = actor_for(request)
    if case.stage != CaseStage.ACCEPTED:
        messages.info(
            request,
            _("%(reference)s is not in triage: it stands at “%(stage)s”.")
            % {"reference": case.reference, "stage": case.get_stage_display()},
        )
        return redirect("console:case", pk)
    offer = suggestions.suggest(case, actor=actor)
    voices = voices_of(case)
    whom = complaint_choices(case, [(voice.complaint, voice.label) for voice in voices])
    posted = request.method == "POST"
    enquiry = bool(voices) and all(voice.complaint.kind == RequestKind.ENQUIRY for voice in voices)
    form = TriageForm(request.POST if posted else None, case=case, offer=offer, complaints=whom, enquiry=enquiry)
    status = 200
    if posted and "find" not in request.POST:
        status = INVALID
        if form.is_valid():
            try:
                decide(actor, case, form.cleaned_data)
            except Refused as refused:
                status = put_refusal(form, refused)
            else:
                chosen = Disposition(form.cleaned_data["disposition"]).label
                messages.success(
                    request,
                    _("%(reference)s: %(decision)s. Here is the next one.")
                    % {"reference": case.reference, "decision": chosen},
                )
                return redirect(_next_url(actor, case))
    return _page(request, case, offer, voices, form, status)


def _next_url(actor: Actor, done: Case | None) -> str:
    """The triage page of the most pressing case that is left, else the empty queue."""
    page, _form = board_rows(actor=actor, queue="triage", size=3)
    for row in page.cases:
        if done is None or row.pk != done.pk:
            return reverse("console:triage", args=[row.pk])
    return queue_url("triage")


def _page(
    request: HttpRequest, case: Case, offer: Any, voices: list[Voice], form: TriageForm, status: int
) -> HttpResponse:
    actor = actor_for(request)
    text = form["party_text"].value() or ""
    found = register.targets_page(actor, text=text, size=8)[0] if text and form.is_bound else []
    found = [row for row in found if row.street_id == case.street_id]
    waiting, _form = board_rows(actor=actor, queue="triage", size=99)
    order = [row.pk for row in waiting.cases]
    at = order.index(case.pk) if case.pk in order else -1
    follows = next((pk for pk in [*order[at + 1 :], *order] if pk != case.pk), None)
    likely = case.target or (offer.parties[0].subject if offer.parties else None)
    chosen = {str(value) for value in (form["agencies"].value() or [])}
    offered = {row.agency.pk for row in offer.agencies}
    context = {
        "case": case,
        "may_be_present": True,
        "form": form,
        "voices": [
            {
                "voice": voice,
                "text": _marked(voice.complaint.text),
                "photos": photo_rows(voice.photos),
            }
            for voice in voices
        ],
        "offer": offer,
        "categories": [_scored(row) for row in offer.categories],
        "other_categories": [
            row for row in form.all_categories if row.pk not in {found.subject.pk for found in offer.categories}
        ],
        "parties": [_scored(row) for row in offer.parties],
        "repeats": [_scored(row) for row in offer.repeats],
        "agencies": [{"row": row, "on": str(row.agency.pk) in chosen} for row in offer.agencies],
        "others": [{"agency": row, "on": str(row.pk) in chosen} for row in form.all_agencies if row.pk not in offered],
        "found": found,
        "known": register.known_of(likely) if likely else None,
        "decisions": [
            {"value": value, "label": label, "key": KEYS[Disposition(value)]} for value, label in Disposition.choices
        ],
        "values": {name: _value(form, name) for name in ("category", "target", "into", "disposition")},
        "open_others": _value(form, "category") not in {str(row.subject.pk) for row in offer.categories},
        "masked": len(offer.brief.spans),
        "place": at + 1,
        "waiting": len(order),
        "skip_url": reverse("console:triage", args=[follows]) if follows else "",
    }
    return show(request, "console/triage.html", context, status=status, at="triage")


def _value(form: TriageForm, name: str) -> str:
    value = form[name].value()
    return "" if value is None else str(value)


def _marked(text: str) -> str:
    hits = score_categories(text, suggestions.lexicon(), 5)
    return highlighted(text, [word for hit in hits for word in hit.words], addresses(text))


def _scored(row: Any) -> dict[str, Any]:
    if row.score >= 0.75:
        words = _("very likely")
    elif row.score >= 0.4:
        words = _("likely")
    else:
        words = _("possible")
    return {"row": row, "score": f"{row.score:.2f}", "words": words}


@require_safe
@console_view()
def triage_agencies(request: HttpRequest, pk: int) -> HttpResponse:
    """The agencies for another category, with their reasons (htmx)."""
    case = case_or_404(request, pk, "case.triage")
    code = request.GET.get("category", "")
    category = Category.objects.filter(pk=int(code), active=True).first() if code.isdigit() else None
    text = "\n".join(voice.complaint.text for voice in voices_of(case)) or case.title
    rows = suggestions.suggest_agencies(category, case.street, text) if category else ()
    context = {"case": case, "agencies": [{"row": row, "on": row.proposed} for row in rows]}
    return show(request, "console/triage.html#agencies", context)


@require_safe
@console_view()
def triage_parties(request: HttpRequest, pk: int) -> HttpResponse:
    """Parties of the street that hold the text (htmx)."""
    case = case_or_404(request, pk, "case.triage")
    text = request.GET.get("party_text", "")
    rows = register.targets_page(actor_for(request), text=text, size=8)[0] if text.strip() else []
    found = [row for row in rows if row.street_id == case.street_id]
    return show(request, "console/triage.html#found", {"case": case, "found": found, "values": {}, "searched": text})
