"""Yearly plans of agencies: upload, correct the columns, rehearse, publish; what was refused as a file; withdraw."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe

from cases.clock.moment import now
from cases.models import RUN_BUSY, FileRunState, PlanFate, YearPlan, YearPlanRow
from cases.refusals import Refused
from cases.selectors import yearplans as selector
from cases.services import planfiles as service
from dispatch.console.frame import console_view, show
from dispatch.console.imports import ColumnsForm, UploadForm, refused_sheet
from dispatch.web.access import actor_for, check_right, check_right_somewhere, year_plan_or_404
from dispatch.web.choices import CHOOSE
from dispatch.web.refusals import INVALID, put_refusal
from teams.models import Agency, Function
from teams.numbers import is_number
from teams.policies import Actor

PLANS_SHOWN = 40
NEXT_YEAR_FROM = 10
"""From this month on a plan is likelier that of the next year."""


class PlanForm(UploadForm):
    """An agency's file for one year."""

    agency = forms.ModelChoiceField(queryset=Agency.objects.none(), label=gettext_lazy("agency"), empty_label=CHOOSE)
    year = forms.IntegerField(
        label=gettext_lazy("year"),
        min_value=2000,
        max_value=2999,
        help_text=gettext_lazy("Used where a month or day in the file has no year."),
    )
    field_order = ("agency", "year", "street", "file")

    def __init__(self, data: Any = None, files: Any = None, *, actor: Actor) -> None:
        super().__init__(data, files, actor=actor)
        streets = actor.streets()
        there = Q(street__isnull=True) | Q(street__in=streets)
        agencies = Agency.objects.filter(there, district__streets__in=streets, active=True)
        self.fields["agency"].queryset = agencies.exclude(function=Function.LABORATORY).distinct()  # type: ignore[attr-defined]
        today = timezone.localdate(now())
        self.fields["year"].initial = today.year + (today.month >= NEXT_YEAR_FROM)
        self.fields["street"].label = gettext_lazy("street")


class WithdrawForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("reason"), max_length=240, widget=forms.Textarea(attrs={"rows": 3}))


@console_view()
def year_plans(request: HttpRequest) -> HttpResponse:
    """Upload a plan; the plans so far and how far they have come."""
    check_right_somewhere(request, "plan.publish")
    actor = actor_for(request)
    posted = request.method == "POST"
    form = PlanForm(request.POST, request.FILES, actor=actor) if posted else PlanForm(actor=actor)
    status = 200
    if posted:
        status = INVALID
        if form.is_valid():
            street = form.cleaned_data["street"]
            check_right(request, "plan.publish", street_id=street.pk)
            try:
                plan = service.plan_create(
                    actor=actor,
                    street_id=street.pk,
                    agency_id=form.cleaned_data["agency"].pk,
                    year=form.cleaned_data["year"],
                    upload=cast("UploadedFile[Any]", form.cleaned_data["file"]),
                )
            except Refused as refused:
                status = put_refusal(form, refused)
            else:
                return redirect("console:year_plan", plan.pk)
    plans = list(selector.plans_visible(actor).order_by("-pk")[:PLANS_SHOWN])
    standings = selector.standings([plan.pk for plan in plans])
    context = {
        "form": form,
        "plans": [{"plan": plan, "standing": standings[plan.pk]} for plan in plans],
        "several": len(actor.streets()) > 1,
    }
    return show(request, "console/year_plans.html", context, status=status, at="plan_work")


@console_view()
def year_plan(request: HttpRequest, pk: int) -> HttpResponse:
    """The columns to correct and the rehearsal; then its rows by what they would do; then what came of it."""
    plan = year_plan_or_404(request, pk, "plan.publish")
    form: ColumnsForm | None = None
    status = 200
    gone = ""
    if plan.state in (FileRunState.UPLOADED, FileRunState.COMPARED, FileRunState.FAILED):
        posted = request.method == "POST"
        try:
            header, sample = service.plan_header(plan), service.plan_sample(plan)
        except Refused as refused:
            # What was compared can still be published: its rows are in the database.
            status, gone = INVALID if posted else 200, str(refused.message)
        else:
            form = ColumnsForm(
                request.POST if posted else None,
                fields=service.FIELDS,
                required=(),
                columns=plan.columns,
                header=header,
                sample=sample,
                apart=(),
            )
            if posted:
                status = INVALID
                if form.is_valid():
                    try:
                        service.plan_compare(actor=actor_for(request), plan_id=plan.pk, columns=form.cleaned_data)
                    except Refused as refused:
                        status = put_refusal(form, refused)
                    else:
                        return redirect("console:year_plan", plan.pk)
    elif request.method == "POST":
        return redirect("console:year_plan", plan.pk)
    context = {**_facts(plan), **_rows(request, plan), "form": form, "gone": gone}
    return show(request, "console/year_plan.html", context, status=status, at="plan_work")


@require_safe
@console_view()
def year_plan_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The counts as they stand (htmx, every two seconds while it runs); at the end the whole page comes anew."""
    facts = _facts(year_plan_or_404(request, pk, "plan.publish"))
    response = show(request, "console/year_plan.html#progress", facts)
    if not facts["running"]:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@console_view()
def year_plan_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Every new row becomes a reason to visit."""
    plan = year_plan_or_404(request, pk, "plan.publish")
    service.plan_publish(actor=actor_for(request), plan_id=plan.pk)
    return redirect("console:year_plan", plan.pk)


@console_view()
def year_plan_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what no order has taken up, with a reason."""
    plan = year_plan_or_404(request, pk, "plan.publish")
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = INVALID
        if form.is_valid():
            try:
                count = service.plan_withdraw(
                    actor=actor_for(request), plan_id=plan.pk, reason=form.cleaned_data["reason"]
                )
            except Refused as refused:
                status = put_refusal(form, refused)
            else:
                told = ngettext("%(n)s planned check withdrawn.", "%(n)s planned checks withdrawn.", count)
                messages.success(request, told % {"n": count})
                return redirect("console:year_plan", plan.pk)
    context = {"plan": plan, "form": form, "standing": selector.standings([plan.pk])[plan.pk]}
    return show(request, "console/year_plan_withdraw.html", context, status=status, at="plan_work")


@require_safe
@console_view()
def year_plan_refused(request: HttpRequest, pk: int) -> HttpResponse:
    """The refused rows with their reasons, in our columns, to be corrected and sent again."""
    plan = year_plan_or_404(request, pk, "plan.publish")
    rows = plan.rows.filter(fate=PlanFate.REFUSED).order_by("row")
    lines = (
        [row.row, service.reason_of(row), *(row.facts.get(name, "") for name in service.FIELDS)]
        for row in rows.iterator(chunk_size=1000)
    )
    return refused_sheet(request, service.FIELDS, lines)


def _facts(plan: YearPlan) -> dict[str, Any]:
    taking = plan.state == FileRunState.TAKING
    counts = selector.counts_of(plan)
    return {
        "plan": plan,
        "running": plan.state in RUN_BUSY,
        "taking": taking,
        "at_row": plan.done if taking else plan.read,
        "of_rows": counts[PlanFate.NEW] if taking else plan.total,
        "counts": counts,
        "labels": {fate.value: fate.label for fate in PlanFate},
        "standing": selector.standings([plan.pk])[plan.pk],
    }


def _rows(request: HttpRequest, plan: YearPlan) -> dict[str, Any]:
    """The rows of the chosen kind, a page of them."""
    counts = selector.counts_of(plan)
    fate = request.GET.get("fate", "")
    if fate not in PlanFate.values:
        order = (PlanFate.NEW, PlanFate.REFUSED, PlanFate.SAME)
        fate = next((kind.value for kind in order if counts[kind.value]), PlanFate.NEW.value)
    after = request.GET.get("after", "")
    found, follows = selector.rows_page(plan, fate, after=int(after) if is_number(after) and len(after) < 10 else 0)
    names = selector.items_named(found)
    base = reverse("console:year_plan", args=[plan.pk])
    done = plan.state == FileRunState.DONE
    labels = {
        kind: pgettext("planned checks", "published") if done and kind == PlanFate.NEW else kind.label
        for kind in PlanFate
    }
    return {
        "fate": fate,
        "tabs": [
            {"fate": kind.value, "label": labels[kind], "count": counts[kind.value], "url": f"{base}?fate={kind.value}"}
            for kind in PlanFate
        ],
        "rows": [_row(row, names) for row in found],
        "next_url": f"{base}?fate={fate}&after={follows}" if follows else "",
        "first_url": f"{base}?fate={fate}" if after else "",
        "shown": len(found),
    }


def _row(row: YearPlanRow, names: Any) -> dict[str, Any]:
    facts = row.facts
    return {
        "row": row,
        "title": facts.get("name") or facts.get("uscc") or facts.get("address") or "",
        "said": "·".join(facts[name] for name in service.FIELDS if name != "name" and facts.get(name)),
        "reason": service.reason_of(row) if row.fate == PlanFate.REFUSED else "",
        "items": [names[pk] for pk in row.item_ids if pk in names],
    }
