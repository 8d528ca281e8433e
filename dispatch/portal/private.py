"""The private page of one report: whoever has its link reads the progress, answers, adds, withdraws, rates."""

from __future__ import annotations

import io

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.refusals import Refused
from cases.selectors.tracking import Matter, Tracked, track
from cases.services import feedback, identity, intake
from dispatch.portal import shots
from dispatch.portal.forms import AnswerForm, RateForm
from dispatch.portal.pages import closed, link_of, office_of, photo_answer, read_aloud, shown
from dispatch.portal.words import coming, contact_until, headline, rework_words, ways
from dispatch.web.limits import count
from dispatch.web.live import grant_topics
from dispatch.web.refusals import INVALID, new_client_key, put_refusal

Forms = dict[str, AnswerForm | RateForm]


@require_http_methods(["GET", "HEAD", "POST"])
def private(request: HttpRequest, token: str) -> HttpResponse:
    """Everything about one's own report; asked by htmx, only what may have changed."""
    found = _tracked(token)
    if found is None:
        return _unknown(request)
    if request.method == "POST":
        return _act(request, token, found)
    if request.headers.get("HX-Request"):
        return closed(render(request, "portal/private.html#progress", _context(request, token, found)))
    return _page(request, token, found)


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, token: str) -> HttpResponse:
    """Asks once more, then withdraws."""
    found = _tracked(token)
    if found is None:
        return _unknown(request)
    if request.method == "POST":
        try:
            intake.complaint_withdraw(token_hash=identity.token_hash(token))
        except Refused as refused:
            messages.error(request, str(refused.message))
        else:
            messages.success(request, _("Your report is withdrawn."))
        return redirect("portal:private", token)
    if not found.withdrawable:
        return redirect("portal:private", token)
    return closed(render(request, "portal/withdraw.html", {"token": token, "complaint": found.complaint}))


@require_POST
def photos(request: HttpRequest, token: str) -> HttpResponse:
    """One photo of an answer, sent while the rest is still being typed."""
    found = _tracked(token)
    return closed(photo_answer(request, _box(found))) if found else _unknown(request)


@require_safe
def slip(request: HttpRequest, token: str) -> HttpResponse:
    """Reference, link and code on a sheet for the printer."""
    found = _tracked(token)
    if found is None:
        return _unknown(request)
    context = {
        "complaint": found.complaint,
        **read_aloud(found.complaint.reference),
        **link_of(request, token),
        **office_of(found.complaint.street),
    }
    return closed(render(request, "portal/slip.html", context))


@require_safe
def code(request: HttpRequest, token: str) -> HttpResponse:
    """The private link as a picture that another phone reads."""
    if _tracked(token) is None:
        return _unknown(request)
    out = io.BytesIO()
    segno.make(link_of(request, token)["link"], error="m").save(out, kind="svg", scale=5, light="#fff", xmldecl=False)
    return closed(HttpResponse(out.getvalue(), content_type="image/svg+xml"))


def _tracked(token: str) -> Tracked | None:
    return track(identity.token_hash(token)) if len(token) <= 64 else None


def _unknown(request: HttpRequest) -> HttpResponse:
    return closed(render(request, "portal/unknown.html", status=404))


def _act(request: HttpRequest, token: str, found: Tracked) -> HttpResponse:
    """Answering or rating; a refusal gives the page back with what was typed and the photos."""
    rating = request.POST.get("act") == "rate"
    form: AnswerForm | RateForm = RateForm(request.POST) if rating else AnswerForm(request.POST)
    form.is_valid()
    status = INVALID
    box = _box(found)
    if isinstance(form, AnswerForm):
        for refused in shots.take(request, box):
            status = put_refusal(form, refused)
        if (
            not form.errors
            and not form.cleaned_data["text"].strip()
            and not shots.of(box)
            and "remove" not in request.POST
        ):
            form.add_error("text", _("Write a few words, or add a photo."))
        if "remove" in request.POST:
            return _page(request, token, found, AnswerForm(initial=request.POST.dict()))
    if not form.errors:
        try:
            count(request, "private", one=60, address=1200, who=token)
            if isinstance(form, RateForm):
                _rate(token, found, form)
                messages.success(request, _("Thank you. The office reads what you wrote."))
            else:
                _answer(request, token, found, form)
                messages.success(request, _("Sent. The office reads it."), extra_tags=_shelf(found))
        except Refused as refused:
            status = put_refusal(form, refused)
        else:
            return redirect("portal:private", token)
    return _page(request, token, found, form, status)


def _rate(token: str, found: Tracked, form: RateForm) -> None:
    data = form.cleaned_data
    number = data["matter"] or 1
    matter = found.matters[number - 1] if number <= len(found.matters) else found.matters[0]
    feedback.feedback_create(
        token_hash=identity.token_hash(token),
        case_id=matter.case_id,
        contacted=data["contacted"] == "yes",
        solved=data["solved"] == "yes",
        satisfied=int(data["satisfied"]),
        words=data["words"],
    )


def _answer(request: HttpRequest, token: str, found: Tracked, form: AnswerForm) -> None:
    box = _box(found)
    intake.complaint_supplement(
        token_hash=identity.token_hash(token),
        text=form.cleaned_data["text"].strip() or _("A photo, without words."),
        client_key=form.cleaned_data["client_key"],
        files=shots.of(box),
    )


def _shelf(found: Tracked) -> str:
    """The name under which this browser keeps photos of an answer that have not arrived; no secret."""
    return f"answer-{found.complaint.reference}"


def _box(found: Tracked) -> str:
    """Where photos of an unfinished answer are kept."""
    return f"c{found.complaint.pk}"


def _page(
    request: HttpRequest, token: str, found: Tracked, form: AnswerForm | RateForm | None = None, status: int = 200
) -> HttpResponse:
    context = _context(request, token, found)
    number = found.matters.index(found.to_rate) + 1 if found.to_rate else 1
    rate, answer = RateForm(initial={"matter": number}), AnswerForm(initial={"client_key": new_client_key()})
    if isinstance(form, RateForm):
        rate = form
    elif isinstance(form, AnswerForm):
        answer = form
    waiting = shots.of(_box(found))
    context |= {
        "rate": rate,
        "answer": answer,
        "waiting": shown(waiting),
        "shelf": _shelf(found),
        "tried": form is not None,
    }
    response = render(request, "portal/private.html", {**context, **link_of(request, token)}, status=status)
    grant_topics(response, [f"complaint:{found.complaint.token_hash}"])
    return closed(response)


def _context(request: HttpRequest, token: str, found: Tracked) -> dict[str, object]:
    now = _wanted(found)
    return {
        "token": token,
        "found": found,
        "complaint": found.complaint,
        **read_aloud(found.complaint.reference),
        "lines": [line for line in found.lines if line != found.question],  # that one stands above its answer
        "matters": [_told(found, matter) for matter in found.matters],
        "photos": shown(found.photos),
        "now": now,
        "changed": request.GET.get("now", now) != now,
        "contact_until": contact_until(found),
        "several": len(found.matters) > 1,
        **office_of(found.complaint.street),
    }


def _told(found: Tracked, matter: Matter) -> dict[str, object]:
    return {
        "category": matter.category,
        "next": coming(found, matter),
        "headline": headline(found, matter),
        "ways": ways(found, matter),
        "rework": rework_words(matter),
        "feedback": matter.feedback,
    }


def _wanted(found: Tracked) -> str:
    """What the reader may do now: the page has a form for it. A question goes first: somebody waits for the answer."""
    if found.withdrawn:
        return "nothing"
    if found.question is not None:
        return "answer"
    return "rate" if found.to_rate is not None else "add"
