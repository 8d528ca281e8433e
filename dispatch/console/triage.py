"""Triage: what was said on the left, what is suggested and why on the right; a person decides, the next clue opens."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cases.models import CaseStage, Category, RequestKind
from cases.refusals import Refused
from cases.selectors import register, suggestions
from cases.selectors.dossier import voices_of
from cases.services import triage as service
from dispatch.console import line
from dispatch.console.frame import console_view, queue_url, show
from dispatch.console.triage_form import TriageForm, complaint_choices, decide
from dispatch.console.triage_page import agencies_of, masks_of, page
from dispatch.web.access import actor_for, case_or_404, check_right_somewhere
from dispatch.web.refusals import INVALID, put_refusal
from teams.numbers import is_number
from teams.selectors import agencies_at


@require_safe
@console_view()
def triage_first(request: HttpRequest) -> HttpResponse:
    """The most pressing clue that no colleague has."""
    check_right_somewhere(request, "case.triage")
    return redirect(_next_url(request))


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
                line.decided(request, case, form.cleaned_data["disposition"])
                return redirect(_next_url(request, but=case.pk))
    context = page(request, case, offer, voices, form, holder=line.claim(request, pk))
    return show(request, "console/triage.html", context, status=status, at="triage")


@require_POST
@console_view()
def triage_hold(request: HttpRequest, pk: int) -> HttpResponse:
    """To the end of one's own line: it can't be decided now. What was typed stays in the browser."""
    case = case_or_404(request, pk, "case.triage")
    line.hold(request, pk)
    following = line.next_of_line(request, but=[pk])
    messages.info(
        request,
        _("%(reference)s waits at the end of your line.") % {"reference": case.reference}
        if following
        else _("%(reference)s is the only one left in your line.") % {"reference": case.reference},
    )
    return redirect("console:triage", following or pk)


@require_POST
@console_view()
def triage_undo(request: HttpRequest) -> HttpResponse:
    """Take one's last decision back, where the flow has a way back; that clue opens again."""
    check_right_somewhere(request, "case.triage")
    last = line.undoable(line.line_of(request))
    if last is None:
        messages.error(request, _("There is no decision of yours that can be taken back."))
        return redirect(_next_url(request))
    case = case_or_404(request, last["pk"], "case.return")
    try:
        service.decision_undo(
            actor=actor_for(request), case_id=case.pk, reason=_("Taken back at once by whoever decided it.")
        )
    except Refused as refused:
        messages.error(request, f"{case.reference}: {refused.message}")
        return redirect(_next_url(request))
    line.undone(request, case.pk)
    messages.success(request, _("%(reference)s: taken back, decide it anew.") % {"reference": case.reference})
    return redirect("console:triage", case.pk)


def _next_url(request: HttpRequest, *, but: int | None = None) -> str:
    """The triage page of the next clue of one's line, else the queue."""
    following = line.next_of_line(request, but=[but] if but else ())
    if following is not None:
        return reverse("console:triage", args=[following])
    if [pk for pk in line.line_of(request).ids if pk != but]:
        messages.info(request, _("The clues that are left lie open before colleagues."))
    elif but is not None:
        messages.success(request, _("All decided: nothing waits for triage."))
    return queue_url("triage")


@require_safe
@console_view()
def triage_agencies(request: HttpRequest, pk: int) -> HttpResponse:
    """The agencies for another category, with their reasons (htmx)."""
    case = case_or_404(request, pk, "case.triage")
    code = request.GET.get("category", "")
    category = Category.objects.filter(pk=int(code), active=True).first() if is_number(code) else None
    text = "\n".join(voice.complaint.text for voice in voices_of(case)) or case.title
    rows = suggestions.suggest_agencies(category, case.street, text) if category else ()
    chosen = {row.agency.pk for row in rows if row.proposed}
    return show(
        request, "console/triage.html#agencies", {"case": case, **agencies_of(agencies_at(case.street), rows, chosen)}
    )


@require_safe
@console_view()
def triage_parties(request: HttpRequest, pk: int) -> HttpResponse:
    """Parties of the street that hold the text (htmx)."""
    case = case_or_404(request, pk, "case.triage")
    text = request.GET.get("party_text", "")
    rows = register.targets_page(actor_for(request), text=text, size=8)[0] if text.strip() else []
    found = [row for row in rows if row.street_id == case.street_id]
    return show(request, "console/triage.html#found", {"case": case, "found": found, "values": {}, "searched": text})


@require_POST
@console_view()
def triage_brief(request: HttpRequest, pk: int) -> HttpResponse:
    """What still tells who complained in the brief as it is typed (htmx). Posted: words stay out of addresses."""
    case = case_or_404(request, pk, "case.triage")
    text = request.POST.get("brief", "")[:2000]
    return show(request, "console/triage.html#masks", {"case": case, **masks_of(text, typed=True)})
