"""The visit of one squad: its checklist, each item saved by itself; findings in words; the part finished."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cases.models import (
    AttachmentRole,
    Finding,
    LabState,
    LabTest,
    OrderState,
    Part,
    PartState,
    Visit,
    VisitOfficer,
    VisitState,
)
from cases.selectors import worklist as work
from cases.selectors.cards import card_of
from cases.services import files, findings, followups, visits
from dispatch.field.forms import TRI, TRI_OF, AnswerForm, FindingForm, SampleForm, TestOffForm
from dispatch.field.frame import attempt, done, field_act, is_htmx, photos_store, shots, show
from dispatch.field.items import Row, rows_of
from dispatch.field.rows import VIEW, is_task, item_for, part_for
from dispatch.web.access import actor_for
from dispatch.web.refusals import INVALID, new_client_key
from teams.selectors import laboratories


@require_safe
@field_act
def visit(request: HttpRequest, pk: int) -> HttpResponse:
    part = part_for(request, pk)
    if is_task(part):
        return redirect("field:task", part.pk)
    if part.state not in (PartState.ON_SCENE, PartState.DONE):
        return redirect("field:part", part.pk)
    return _page(request, part, rows_of(part, visit_of(part)))


@require_POST
@field_act
def item(request: HttpRequest, pk: int) -> HttpResponse:
    """Save one answer. By htmx only its state changes on the page, so that typing goes on undisturbed."""
    _item, part = item_for(request, pk, "visit.answer")
    form = AnswerForm(request.POST, auto_id=False)
    status = INVALID
    if form.is_valid():
        data, actor = form.cleaned_data, actor_for(request)
        status = attempt(
            form,
            lambda: visits.answer_submit(
                actor=actor,
                part_item_id=pk,
                result=TRI.get(data["result"]),
                value=data["value"],
                text_value=data["text_value"],
                instrument=data["instrument"],
                note=data["note"],
                files=photos_store(request, data["photo_key"], item_id=pk),
            ),
        )
    saved = status == 200
    rows = rows_of(part, visit_of(part), only=pk, bound=None if saved else form)
    if not is_htmx(request):
        if not saved:
            return _page(request, part, rows, status=status)
        following = next((row for row in rows if not row.answered), None)
        at = following.part_item.pk if following else pk
        return redirect(f"{reverse('field:visit', args=[part.pk])}#item-{at}")
    row = next(row for row in rows if row.part_item.pk == pk)
    context = {
        **_progress(rows),
        "row": row,
        "part": part,
        "new_photos": saved and bool(request.FILES),
        "oob": True,
        "may": True,
    }
    response = render(request, "field/visit.html#saved", context, status=status)
    if saved and row.answer is not None:
        told = {"item-saved": {"item": pk, "result": TRI_OF.get(row.answer.result, "")}}
        response["HX-Trigger"] = json.dumps(told)
    return response


@require_POST
@field_act
def sample(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a sample to a laboratory."""
    part_item, part = item_for(request, pk, "lab.commission")
    form = SampleForm(request.POST, laboratories=laboratories(), auto_id=False)
    status = INVALID
    if form.is_valid():
        data, actor = form.cleaned_data, actor_for(request)
        status = attempt(
            form,
            lambda: visits.lab_commission(
                actor=actor, part_item_id=pk, laboratory_id=data["laboratory"].pk, sample=data["sample"]
            ),
        )
        if status == 200 and not is_htmx(request):
            return done(request, _("Commissioned. The laboratory has it on its list."), "field:visit", part.pk)
    rows = rows_of(part, visit_of(part))
    row = next(row for row in rows if row.part_item.pk == part_item.pk)
    if status != 200:
        row.sample = form
    if not is_htmx(request):
        return _page(request, part, rows, status=status)
    context = {**_progress(rows), "row": row, "part": part, "oob": True, "may": True}
    return render(request, "field/visit.html#sampled", context, status=status)


@field_act
def sample_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Call the laboratory test of an item off, with a reason, while no report is in."""
    part_item, part = item_for(request, pk, "lab.commission")
    test = LabTest.objects.filter(part_item=part_item, state=LabState.COMMISSIONED).first()
    if test is None:
        return redirect("field:visit", part.pk)
    form = TestOffForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = INVALID
        if form.is_valid():
            actor, reason = actor_for(request), form.cleaned_data["reason"]
            status = attempt(form, lambda: followups.lab_cancel(actor=actor, lab_test_id=test.pk, reason=reason))
            if status == 200:
                return done(request, _("The test is called off; the laboratory is told."), "field:visit", part.pk)
    context = {"part": part, "test": test, "form": form, "back_url": reverse("field:visit", args=[part.pk])}
    return show(request, "field/sample_off.html", context, status=status)


@field_act
def finding(request: HttpRequest, pk: int) -> HttpResponse:
    """A fact in the officer's own words, with photos."""
    part = part_for(request, pk, "finding.add")
    posted = request.method == "POST"
    form = FindingForm(request.POST if posted else None)
    status = 200
    if posted:
        status = INVALID
        if form.is_valid():
            data, actor = form.cleaned_data, actor_for(request)
            status = attempt(
                form,
                lambda: findings.finding_add(
                    actor=actor,
                    part_id=part.pk,
                    text=data["text"],
                    files=photos_store(request, data["client_key"]),
                ),
            )
            if status == 200:
                return done(request, _("Written down. It is ruled on after the visit."), "field:visit", part.pk)
    context = {"part": part, "form": form, "back_url": reverse("field:visit", args=[part.pk])}
    return show(request, "field/finding_add.html", context, status=status)


@require_POST
@field_act
def photos(request: HttpRequest, pk: int) -> HttpResponse:
    """Photos of the visit as a whole; auxiliaries take them too."""
    part = part_for(request, pk, VIEW)
    current = visit_of(part)
    onward = "field:task" if is_task(part) else "field:visit"
    if current is None or current.state != VisitState.OPEN:
        return redirect(onward, part.pk)
    for file in photos_store(request, request.POST.get("client_key", "")):
        files.attach(file=file, role=AttachmentRole.PHOTO, visit=current)
    return done(request, _("Photos received."), onward, part.pk)


@require_POST
@field_act
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    """This squad is through with its items."""
    part = part_for(request, pk, "visit.answer")
    visits.part_finish(actor=actor_for(request), part_id=part.pk)
    if part.is_lead:
        return done(request, _("Your part is finished. As lead you close the visit."), "field:close", part.pk)
    return done(request, _("Your part is finished. The lead closes the visit."), "field:today")


def visit_of(part: Part) -> Visit | None:
    """The latest visit of the part's order."""
    return Visit.objects.filter(order_id=part.order_id).order_by("-sequence").first()


def _progress(rows: list[Row]) -> dict[str, Any]:
    answered = sum(row.answered for row in rows)
    return {
        "rows": rows,
        "answered": answered,
        "total": len(rows),
        "failed": sum(row.failed for row in rows),
        "following": next((row for row in rows if not row.answered), None),
    }


def _page(request: HttpRequest, part: Part, rows: list[Row], *, status: int = 200) -> HttpResponse:
    current = visit_of(part)
    actor = actor_for(request)
    officers = list(VisitOfficer.objects.filter(visit=current, part=part).order_by("pk"))
    counted = any(row.counts and row.user_id == actor.user_id for row in officers)
    report = current.reports.filter(part=part).first() if current else None
    context = {
        **_progress(rows),
        "part": part,
        "card": card_of(part.pk),
        "visit": current,
        "asked": work.asked_for(work.needs_of(part.order_id)),
        "report": report,
        "officers": officers,
        "may": counted and part.state == PartState.ON_SCENE,
        "may_add": counted and part.order.state in (OrderState.ON_SCENE, OrderState.RULING),
        "bystander": part.state == PartState.ON_SCENE and not counted,
        "findings": list(Finding.objects.filter(visit=current, part=part, answer__isnull=True, lab_test__isnull=True)),
        "shots": shots(files.files_of(visit=current) if current else []),
        "photo_key": new_client_key(),
        "back_url": reverse("field:today"),
    }
    return show(request, "field/visit.html", context, status=status)
