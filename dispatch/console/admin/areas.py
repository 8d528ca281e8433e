"""Areas: the tree, a form each with its map, the import of a GeoJSON file with a dry run."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from cases.refusals import Refused
from dispatch.console.admin.forms import LastDayForm, day_field, reason_field
from dispatch.console.admin.frame import act_page, admin_view, show_admin
from dispatch.web.access import actor_for, holds_somewhere
from dispatch.web.refusals import INVALID, put_refusal
from teams.models import Community, District, Grid, GridKind, Street, StreetKind
from teams.selectors.areas import area_tree, grid_workers, outlines_around
from teams.selectors.history import history_of
from teams.services import areas
from teams.services.areas_import import Report, areas_import
from teams.services.days import yesterday

DATUMS = (("wgs84", gettext_lazy("WGS-84 (GPS, Tianditu)")), ("gcj02", gettext_lazy("GCJ-02 (Amap, Tencent)")))
MOST_BYTES = 1_500_000


class AreaForm(forms.Form):
    """What every area has."""

    code = forms.CharField(label=gettext_lazy("code"), max_length=15)
    name = forms.CharField(label=gettext_lazy("name"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=160, required=False)


class DistrictForm(AreaForm):
    """A district: its code is the state's."""

    code = forms.CharField(
        label=gettext_lazy("code"), max_length=15, help_text=gettext_lazy("Six digits, by GB/T 2260.")
    )


class OutlinedForm(AreaForm):
    """An area that can be drawn, or whose outline is pasted."""

    outline = forms.CharField(
        label=gettext_lazy("outline (GeoJSON)"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy("Draw it on the map, or paste a polygon here."),
    )
    datum = forms.ChoiceField(
        label=gettext_lazy("what the pasted numbers mean"),
        choices=DATUMS,
        help_text=gettext_lazy("What is drawn on the map is WGS-84."),
    )
    reason = reason_field()

    def __init__(self, data: Any, *, area: Any = None) -> None:
        initial: dict[str, Any] = {}
        if area is not None:
            initial = {name: getattr(area, name) for name in self.base_fields if hasattr(area, name)}
            initial["outline"] = json.dumps(area.outline) if area.outline else ""
        super().__init__(data, initial=initial)


class StreetForm(OutlinedForm):
    kind = forms.ChoiceField(label=gettext_lazy("kind"), choices=StreetKind.choices)
    short_name = forms.CharField(
        label=gettext_lazy("short name on papers"),
        max_length=8,
        required=False,
        help_text=gettext_lazy("For example 迎庙."),
    )
    field_order = ("code", "name", "name_en", "kind", "short_name", "outline", "datum", "reason")


class GridForm(OutlinedForm):
    kind = forms.ChoiceField(label=gettext_lazy("kind"), choices=GridKind.choices)
    starts_on = day_field(gettext_lazy("first day in force"))
    field_order = ("code", "name", "name_en", "kind", "starts_on", "outline", "datum", "reason")


class ReplaceForm(OutlinedForm):
    starts_on = day_field(
        gettext_lazy("first day of the new one"), help_text=gettext_lazy("The present one ends the day before.")
    )
    field_order = ("code", "name", "name_en", "starts_on", "outline", "datum", "reason")


class FileForm(forms.Form):
    """A GeoJSON file; the dry run hands its text on in ``content``, so that the file is chosen once."""

    file = forms.FileField(
        label=gettext_lazy("GeoJSON file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".geojson,.json,application/geo+json"}),
        help_text=gettext_lazy("Each feature with the properties code (9, 12 or 15 digits) and name."),
    )
    datum = forms.ChoiceField(
        label=gettext_lazy("what the coordinates mean"),
        choices=(("", gettext_lazy("choose")), *DATUMS),
        help_text=gettext_lazy("With the wrong choice everything lies 300 to 700 m off. Ask whoever made the file."),
    )
    reason = reason_field()
    content = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["file"].required = not self.data.get("content")
        self.fields["file"].error_messages["required"] = _("Choose a file.")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        upload = data.get("file")
        if upload is not None:
            if upload.size > MOST_BYTES:
                self.add_error("file", _("At most 1.5 MB: leave out corners that nobody sees, or split the file."))
                return data
            try:
                data["content"] = upload.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error("file", _("The file is not in UTF-8."))
        return data


@require_safe
@admin_view("ground.view")
def area_index(request: HttpRequest) -> HttpResponse:
    ended = request.GET.get("ended") == "1"
    context = {"tree": area_tree(ended=ended), "ended": ended, "may_edit": holds_somewhere(request, "ground.edit")}
    return show_admin(request, "console/admin/areas.html", context, section="areas")


def _page(
    request: HttpRequest,
    make: Any,
    call: Any,
    *,
    title: object,
    area: Any = None,
    parent: Any = None,
    kind: str = "",
    button: object = "",
) -> HttpResponse:
    around = outlines_around(area, parent)
    return act_page(
        request,
        make,
        call,
        title=title,
        button=button,
        section="areas",
        back=reverse("console:admin_areas"),
        done=_("Saved."),
        template="console/admin/area_form.html",
        context={
            "around": around.collection() if around.features else None,
            "history": history_of(kind, area.pk) if area is not None else [],
            "area": area,
            "parent": parent,
            "workers": grid_workers(area) if isinstance(area, Grid) else None,
            "grid": area if isinstance(area, Grid) else None,
        },
    )


@admin_view("ground.edit")
def district_new(request: HttpRequest) -> HttpResponse:
    actor = actor_for(request)
    return _page(request, DistrictForm, lambda data: areas.district_save(actor=actor, **data), title=_("New district"))


@admin_view("ground.edit")
def district_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = get_object_or_404(District, pk=pk), actor_for(request)
    return _page(
        request,
        lambda data: DistrictForm(data, initial={"code": row.code, "name": row.name, "name_en": row.name_en}),
        lambda data: areas.district_save(actor=actor, district_id=pk, **data),
        title=str(row),
        area=row,
        kind="district",
    )


@admin_view("ground.edit")
def street_new(request: HttpRequest, pk: int) -> HttpResponse:
    district, actor = get_object_or_404(District, pk=pk), actor_for(request)
    return _page(
        request,
        lambda data: _prefixed(StreetForm(data), district.code),
        lambda data: areas.street_save(actor=actor, district_id=pk, **data),
        title=_("New street in %(area)s") % {"area": district},
        parent=district,
    )


@admin_view("ground.edit")
def street_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = get_object_or_404(Street, pk=pk), actor_for(request)
    return _page(
        request,
        lambda data: StreetForm(data, area=row),
        lambda data: areas.street_save(actor=actor, street_id=pk, **data),
        title=str(row),
        area=row,
        kind="street",
    )


@admin_view("ground.edit")
def community_new(request: HttpRequest, pk: int) -> HttpResponse:
    street, actor = get_object_or_404(Street, pk=pk), actor_for(request)
    return _page(
        request,
        lambda data: _prefixed(OutlinedForm(data), street.code),
        lambda data: areas.community_save(actor=actor, street_id=pk, **data),
        title=_("New community in %(area)s") % {"area": street},
        parent=street,
    )


@admin_view("ground.edit")
def community_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = get_object_or_404(Community.objects.select_related("street"), pk=pk), actor_for(request)
    return _page(
        request,
        lambda data: OutlinedForm(data, area=row),
        lambda data: areas.community_save(actor=actor, community_id=pk, **data),
        title=str(row),
        area=row,
        kind="community",
    )


@admin_view("ground.edit")
def grid_new(request: HttpRequest, pk: int) -> HttpResponse:
    community, actor = get_object_or_404(Community.objects.select_related("street"), pk=pk), actor_for(request)
    return _page(
        request,
        lambda data: _prefixed(GridForm(data), community.code, starts_on=timezone.localdate()),
        lambda data: areas.grid_save(actor=actor, community_id=pk, **data),
        title=_("New grid in %(area)s") % {"area": community},
        parent=community,
    )


@admin_view("ground.edit")
def grid_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = get_object_or_404(Grid.objects.select_related("community__street"), pk=pk), actor_for(request)

    def make(data: Any) -> GridForm:
        form = GridForm(data, area=row)
        form.fields["starts_on"].disabled = True
        return form

    def call(data: dict[str, Any]) -> Grid:
        del data["starts_on"]
        return areas.grid_save(actor=actor, grid_id=pk, **data)

    return _page(request, make, call, title=str(row), area=row, kind="grid")


@admin_view("ground.edit")
def grid_end(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = get_object_or_404(Grid, pk=pk), actor_for(request)
    return act_page(
        request,
        lambda data: LastDayForm(data, initial={"last_day": yesterday()}),
        lambda data: areas.grid_end(actor=actor, grid_id=pk, **data),
        title=_("End grid %(grid)s") % {"grid": f"{row.code} {row}"},
        button=_("End the grid"),
        why=_("Earlier cases keep this grid."),
        danger=True,
        section="areas",
        back=reverse("console:admin_grid_edit", args=[pk]),
        done=_("The grid ends."),
    )


@admin_view("ground.edit")
def grid_replace(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = get_object_or_404(Grid.objects.select_related("community__street"), pk=pk), actor_for(request)

    def make(data: Any) -> ReplaceForm:
        form: ReplaceForm = _prefixed(
            ReplaceForm(data), row.community.code, starts_on=timezone.localdate(), name=row.name, name_en=row.name_en
        )
        form.initial["outline"] = json.dumps(row.outline) if row.outline else ""
        form.fields["reason"].required = True
        return form

    return _page(
        request,
        make,
        lambda data: areas.grid_replace(actor=actor, grid_id=pk, **data),
        title=_("Replace grid %(grid)s") % {"grid": f"{row.code} {row}"},
        button=_("Replace the grid"),
        parent=row.community,
    )


def _prefixed(form: Any, code: str, **more: Any) -> Any:
    form.initial |= {"code": code, **more}
    form.fields["code"].help_text = _("Begins with %(code)s.") % {"code": code}
    return form


@admin_view("ground.edit")
def area_file(request: HttpRequest) -> HttpResponse:
    """First a dry run, then the same file for good: nothing has to be chosen twice."""
    if request.method != "POST":
        return _file_page(request, FileForm(), None, 200)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _file_page(request, form, None, INVALID)
    data = form.cleaned_data
    dry = "apply" not in request.POST
    try:
        report = areas_import(
            actor=actor_for(request), text=data["content"], datum=data["datum"], dry_run=dry, reason=data["reason"]
        )
    except Refused as refused:
        return _file_page(request, form, None, put_refusal(form, refused))
    if not dry:
        messages.success(
            request, _("%(good)s areas written, %(bad)s left out.") % {"good": report.good, "bad": report.bad}
        )
        return redirect("console:admin_areas")
    again = FileForm(initial={"datum": data["datum"], "reason": data["reason"], "content": data["content"]})
    return _file_page(request, again, report, 200)


def _file_page(request: HttpRequest, form: FileForm, report: Report | None, status: int) -> HttpResponse:
    context = {"form": form, "report": report}
    return show_admin(request, "console/admin/area_file.html", context, section="areas", status=status)
