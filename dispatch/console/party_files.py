"""A file of parties: upload, correct the columns, compare, choose row by row, take in; what was refused as a file."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from cases.models import FileRunState, PartyRow, PartyRun, RowChoice, RowFate
from cases.refusals import Refused
from cases.selectors import partyruns as selector
from cases.services import partyfiles as service
from dispatch.console.frame import console_view, show
from dispatch.console.imports import ColumnsForm, UploadForm, refused_sheet
from dispatch.console.party_words import LABELS, lines_of, notes_words, value_words
from dispatch.web import sheets
from dispatch.web.access import actor_for, check_right, check_right_somewhere, party_run_or_404
from dispatch.web.refusals import INVALID, put_refusal
from teams.numbers import is_number

RUNS_SHOWN = 30
TABS = (RowFate.NEW, RowFate.CHANGE, RowFate.LIKELY, RowFate.SAME, RowFate.REFUSED)
FACTS = ("uscc", "kind", "trade", "address", "aliases", "person_in_charge", "phone", "noise_zone", "yearly_cap")


@console_view()
def party_files(request: HttpRequest) -> HttpResponse:
    """Upload a file; the files so far."""
    check_right_somewhere(request, "target.edit")
    actor = actor_for(request)
    posted = request.method == "POST"
    form = UploadForm(request.POST, request.FILES, actor=actor) if posted else UploadForm(actor=actor)
    form.fields["street"].label = gettext_lazy("street")
    status = 200
    if posted:
        status = INVALID
        if form.is_valid():
            street = form.cleaned_data["street"]
            check_right(request, "target.edit", street_id=street.pk)
            try:
                run = service.run_create(actor=actor, street_id=street.pk, upload=form.cleaned_data["file"])
            except Refused as refused:
                status = put_refusal(form, refused)
            else:
                return redirect("console:party_file", run.pk)
    runs = PartyRun.objects.filter(street_id__in=actor.streets()).select_related("street", "started_by")
    context = {"form": form, "runs": runs.order_by("-pk")[:RUNS_SHOWN]}
    return show(request, "console/party_files.html", context, status=status, at="parties")


@console_view()
def party_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The columns to correct and the comparison; then its rows by what they would do; then what came of it."""
    run = party_run_or_404(request, pk, "target.edit")
    form: ColumnsForm | None = None
    status = 200
    if run.state in (FileRunState.UPLOADED, FileRunState.COMPARED, FileRunState.FAILED):
        try:
            header, sample = service.run_header(run), service.run_sample(run)
        except Refused as refused:
            # What was compared can still be taken in: its rows are in the database.
            status = INVALID if request.method == "POST" else 200
            context = {**_facts(run), **_rows(request, run), "gone": str(refused.message)}
            return show(request, "console/party_file.html", context, status=status, at="parties")
        posted = request.method == "POST"
        form = ColumnsForm(
            request.POST if posted else None,
            fields=service.FIELDS,
            required=service.REQUIRED,
            columns=run.columns,
            header=header,
            sample=sample,
            apart=("person_in_charge", "phone"),
        )
        if posted:
            status = INVALID
            if form.is_valid():
                try:
                    service.run_compare(actor=actor_for(request), run_id=run.pk, columns=form.cleaned_data)
                except Refused as refused:
                    status = put_refusal(form, refused)
                else:
                    return redirect("console:party_file", run.pk)
    elif request.method == "POST":
        return redirect("console:party_file", run.pk)
    context = {**_facts(run), **_rows(request, run), "form": form}
    return show(request, "console/party_file.html", context, status=status, at="parties")


@require_safe
@console_view()
def party_file_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The counts as they stand (htmx, every two seconds while it runs); at the end the whole page comes anew."""
    run = party_run_or_404(request, pk, "target.edit")
    facts = _facts(run)
    response = show(request, "console/party_file.html#progress", facts)
    if not facts["running"]:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@console_view()
def party_file_choose(request: HttpRequest, pk: int) -> HttpResponse:
    """Choices of one page of rows, or for all of a kind; then on to the next page, or taken in."""
    run = party_run_or_404(request, pk, "target.edit")
    actor = actor_for(request)
    fate = request.POST.get("fate", "")
    every = request.POST.get("all", "")
    if every:
        service.rows_choose_all(actor=actor, run_id=run.pk, fate=fate, choice=every)
    else:
        numbers = [int(text) for text in request.POST.getlist("row")[:500] if is_number(text) and len(text) < 10]
        choices = {
            number: (
                request.POST.get(f"choice-{number}", RowChoice.LEAVE.value),
                request.POST.getlist(f"take-{number}"),
            )
            for number in numbers
        }
        service.rows_choose(actor=actor, run_id=run.pk, choices=choices)
    if "go" in request.POST:
        service.run_take(actor=actor, run_id=run.pk)
        return redirect("console:party_file", run.pk)
    messages.success(request, _("Choices saved."))
    query = f"?fate={fate}" if fate in RowFate.values else ""
    after = request.POST.get("after", "")
    if query and "further" in request.POST and is_number(after):
        query += f"&after={after}"
    return redirect(reverse("console:party_file", args=[run.pk]) + query)


@require_safe
@console_view()
def party_file_refused(request: HttpRequest, pk: int) -> HttpResponse:
    """The refused rows with their reasons, in our columns, to be corrected and sent again."""
    run = party_run_or_404(request, pk, "target.edit")
    rows = run.rows.filter(fate=RowFate.REFUSED).order_by("row")
    lines = (
        [row.row, service.reason_of(row, LABELS), *(_cell(row.facts.get(name)) for name in service.FIELDS)]
        for row in rows.iterator(chunk_size=1000)
    )
    return refused_sheet(request, service.FIELDS, lines)


def _cell(value: Any) -> sheets.Cell:
    if isinstance(value, list):
        return "、".join(value)
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _facts(run: PartyRun) -> dict[str, Any]:
    taking = run.state == FileRunState.TAKING
    return {
        "run": run,
        "running": run.state in (FileRunState.COMPARING, FileRunState.TAKING),
        "taking": taking,
        "at_row": run.done if taking else run.read,
        "of_rows": selector.chosen_count(run) if taking else run.total,
        "counts": selector.counts_of(run),
        "labels": {fate.value: fate.label for fate in TABS},
    }


def _rows(request: HttpRequest, run: PartyRun) -> dict[str, Any]:
    """The rows of the chosen kind, a page of them."""
    counts = selector.counts_of(run)
    fate = request.GET.get("fate", "")
    if fate not in RowFate.values:
        order = (RowFate.LIKELY, RowFate.CHANGE, RowFate.NEW, RowFate.REFUSED, RowFate.SAME)
        fate = next((kind.value for kind in order if counts[kind.value].rows), RowFate.NEW.value)
    after = request.GET.get("after", "")
    found, follows = selector.rows_page(run, fate, after=int(after) if is_number(after) and len(after) < 10 else 0)
    base = reverse("console:party_file", args=[run.pk])
    return {
        "fate": fate,
        "tabs": [
            {"fate": kind.value, "label": kind.label, "count": counts[kind.value], "url": f"{base}?fate={kind.value}"}
            for kind in TABS
        ],
        "rows": [_row(row) for row in found],
        "follows": follows,
        "next_url": f"{base}?fate={fate}&after={follows}" if follows else "",
        "first_url": f"{base}?fate={fate}" if after else "",
        "shown": len(found),
        "choosing": run.state == FileRunState.COMPARED,
        "chosen": selector.chosen_count(run),
    }


def _row(row: PartyRow) -> dict[str, Any]:
    return {
        "row": row,
        "lines": lines_of(row.changes),
        "why": notes_words(row.notes) if row.fate == RowFate.LIKELY else "",
        "reason": service.reason_of(row, LABELS) if row.fate == RowFate.REFUSED else "",
        "facts": "·".join(value_words(name, row.facts[name]) for name in FACTS if name in row.facts),
    }
