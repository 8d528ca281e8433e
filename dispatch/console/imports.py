"""The hotline's file: upload, correct the columns, try without writing or take it in, read what was refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any, cast

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from cases.models import ImportRun, RunState
from cases.papers import apply_masks, mask_text
from cases.refusals import Refused
from cases.services import imports as service
from dispatch.console.frame import console_view, show
from dispatch.web.access import actor_for, check_right, check_right_somewhere, run_or_404
from dispatch.web.choices import CHOOSE
from dispatch.web.refusals import INVALID, put_refusal
from dispatch.web.sheets import FORMATS, Cell, Table, csv_response, sheet_response
from teams.models import Street
from teams.policies import Actor

RUNS_SHOWN = 30
REFUSALS_SHOWN = 300
EXAMPLE = 16
"""So many signs of a cell stand beside its column."""


class UploadForm(forms.Form):
    """A file and the street whose office receives it."""

    street = forms.ModelChoiceField(queryset=Street.objects.none(), label=_("receiving office"), empty_label=CHOOSE)
    file = forms.FileField(
        label=_("file"),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
        help_text=_(".csv (UTF-8 or GB18030) or .xlsx, the first row names the columns."),
    )

    def __init__(self, data: Any = None, files: Any = None, *, actor: Actor) -> None:
        super().__init__(data, files)
        streets = actor.streets()
        self.fields["street"].queryset = Street.objects.filter(pk__in=streets)  # type: ignore[attr-defined]
        if len(streets) == 1:
            self.fields["street"].initial = next(iter(streets))
            self.fields["street"].widget = forms.HiddenInput()


class ColumnsForm(forms.Form):
    """Which column of the file is which field of ours."""

    def __init__(
        self,
        data: Any = None,
        *,
        fields: Mapping[str, object],
        required: Collection[str],
        columns: Mapping[str, str],
        header: list[str],
        sample: Mapping[str, str],
        apart: Collection[str],
    ) -> None:
        """``columns`` is the guess so far; ``sample`` what stands in them; ``apart``: fields never shown by example."""
        super().__init__(data)
        hidden = {columns.get(field) for field in apart}
        shown = {name: "" if name in hidden else example(sample.get(name, "")) for name in header}
        named = [(name, f"{name}（{shown[name]}）" if shown[name] else name) for name in header if name]
        # What the file can't do without comes first; where no column was recognised for it, it says so.
        for field, label in sorted(fields.items(), key=lambda pair: pair[0] not in required):
            needed = field in required
            self.fields[field] = forms.ChoiceField(
                label=str(label),
                choices=[("", CHOOSE if needed else _("not in this file")), *named],
                required=needed,
                initial=columns.get(field, ""),
                help_text=_("Needed: choose its column.") if needed and not columns.get(field) else "",
            )


def example(cell: str) -> str:
    """The beginning of a cell to tell columns apart, with whatever tells who complained masked."""
    words = " ".join(apply_masks(cell, mask_text(cell)).split())
    return words if len(words) <= EXAMPLE else f"{words[:EXAMPLE]}…"


@console_view()
def import_list(request: HttpRequest) -> HttpResponse:
    """Upload a file; the runs so far."""
    check_right_somewhere(request, "import.run")
    actor = actor_for(request)
    posted = request.method == "POST"
    form = UploadForm(request.POST, request.FILES, actor=actor) if posted else UploadForm(actor=actor)
    status = 200
    if posted:
        status = INVALID
        if form.is_valid():
            street = form.cleaned_data["street"]
            check_right(request, "import.run", street_id=street.pk)
            try:
                run = service.run_create(actor=actor, street_id=street.pk, upload=form.cleaned_data["file"])
            except Refused as refused:
                status = put_refusal(form, refused)
            else:
                return redirect("console:import", run.pk)
    runs = ImportRun.objects.filter(street_id__in=actor.streets()).select_related("street", "started_by")
    context = {"form": form, "runs": runs.order_by("-pk")[:RUNS_SHOWN]}
    return show(request, "console/imports.html", context, status=status, at="imports")


@console_view()
def import_run(request: HttpRequest, pk: int) -> HttpResponse:
    """The columns to correct, then the progress, then what came of it."""
    run = run_or_404(request, pk, "import.run")
    form: ColumnsForm | None = None
    status = 200
    startable = run.state == RunState.UPLOADED or (run.state != RunState.RUNNING and (run.dry_run or run.error))
    if startable:
        try:
            header, sample = service.run_header(run), service.run_sample(run)
        except Refused as refused:
            status = INVALID if request.method == "POST" else 200
            context = {**_facts(run), "gone": str(refused.message)}
            return show(request, "console/import.html", context, status=status, at="imports")
        form = ColumnsForm(
            request.POST if request.method == "POST" else None,
            fields=service.FIELDS,
            required=service.REQUIRED,
            columns=run.columns,
            header=header,
            sample=sample,
            apart=("name", "phone"),
        )
        if request.method == "POST":
            status = INVALID
            if form.is_valid():
                try:
                    service.run_start(
                        actor=actor_for(request),
                        run_id=run.pk,
                        columns=form.cleaned_data,
                        dry_run="dry" in request.POST,
                    )
                except Refused as refused:
                    status = put_refusal(form, refused)
                else:
                    return redirect("console:import", run.pk)
    elif request.method == "POST":
        return redirect("console:import", run.pk)
    return show(request, "console/import.html", {**_facts(run), "form": form}, status=status, at="imports")


@require_safe
@console_view()
def import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The counts as they stand (htmx, every two seconds while it runs); at the end the whole page comes anew."""
    run = run_or_404(request, pk, "import.run")
    response = show(request, "console/import.html#progress", _facts(run))
    if run.state != RunState.RUNNING:
        response["HX-Refresh"] = "true"
    return response


@require_safe
@console_view()
def import_refused(request: HttpRequest, pk: int) -> HttpResponse:
    """Every refused row with its number and the reason, to be mended in the file."""
    run = run_or_404(request, pk, "import.run")
    rows: Iterator[list[Cell]] = (
        [row.row, str(service.REASONS.get(row.code, row.reason))] for row in run.refusals.order_by("row", "pk")
    )
    name = PurePath(run.file_name).stem[:80] or "import"
    table = Table(run.file_name, [_("row"), _("why it was refused")], rows)
    return cast(HttpResponse, csv_response(f"{name}-{run.pk}", table))


def refused_sheet(request: HttpRequest, fields: Mapping[str, object], lines: Iterable[list[Cell]]) -> HttpResponse:
    """Refused rows (number, reason, then our ``fields``) as the file that was asked for, to be corrected and sent."""
    kind = request.GET.get("format", "xlsx")
    if kind not in FORMATS:
        raise Http404
    name, columns = str(_("Refused rows")), [str(label) for label in (_("Row"), _("Why"), *fields.values())]
    return cast(HttpResponse, sheet_response(name, Table(name, columns, lines), "csv" if kind == "csv" else "xlsx"))


def _facts(run: ImportRun) -> dict[str, Any]:
    refusals = [
        {"row": row.row, "reason": service.REASONS.get(row.code, row.reason)}
        for row in run.refusals.order_by("row")[:REFUSALS_SHOWN]
    ]
    return {"run": run, "refusals": refusals, "running": run.state == RunState.RUNNING}
