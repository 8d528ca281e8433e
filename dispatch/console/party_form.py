"""Entering and changing a party: checked while typing, nothing typed is lost, somebody else's change is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from cases.clock.hours import DAYS, as_rows, day_words, windows_of
from cases.models import Target, TargetKind
from cases.refusals import Refused
from cases.selectors import register
from cases.selectors.alike import alike_of
from cases.selectors.partychange import changed_since
from cases.services import parties as service
from dispatch.console.frame import console_view, show
from dispatch.console.party_words import LABELS, day_name, notes_words, stretch_text, value_words
from dispatch.web.access import actor_for, check_right, check_right_somewhere, target_or_404
from dispatch.web.choices import CHOOSE
from dispatch.web.refusals import INVALID, put_refusal
from teams.models import Street
from teams.numbers import is_number
from teams.policies import Actor

CONFLICT = 409


class PartyForm(forms.Form):
    """A party. It checks shape; the service checks the rest, whoever writes."""

    street = forms.ModelChoiceField(queryset=Street.objects.none(), label=gettext_lazy("street"), empty_label=CHOOSE)
    kind = forms.ChoiceField(label=gettext_lazy("kind"), choices=TargetKind.choices)
    name = forms.CharField(label=gettext_lazy("name"), max_length=160)
    aliases = forms.CharField(
        label=gettext_lazy("other names"), required=False, help_text=gettext_lazy("Separated by commas.")
    )
    uscc = forms.CharField(
        label=gettext_lazy("unified social credit code"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("18 characters, from the licence; blanks and small letters don't matter."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}),
    )
    trade = forms.CharField(
        label=gettext_lazy("trade"), max_length=40, required=False, widget=forms.TextInput(attrs={"list": "trades"})
    )
    address = forms.CharField(label=gettext_lazy("address"), max_length=240, required=False)
    lat = forms.FloatField(label=gettext_lazy("latitude"), required=False, min_value=-90, max_value=90)
    lng = forms.FloatField(label=gettext_lazy("longitude"), required=False, min_value=-180, max_value=180)
    radius_m = forms.IntegerField(label=gettext_lazy("radius in metres"), required=False, min_value=1, max_value=5000)
    stretch = forms.CharField(
        label=gettext_lazy("stretch of road"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One point a line: latitude, longitude. Two at least; instead of a radius."),
    )
    person_in_charge = forms.CharField(label=gettext_lazy("person in charge"), max_length=60, required=False)
    phone = forms.CharField(label=gettext_lazy("phone of the party"), max_length=32, required=False)
    noise_zone = forms.TypedChoiceField(
        label=gettext_lazy("noise zone (GB 3096)"),
        choices=[("", gettext_lazy("not known")), *((str(zone), str(zone)) for zone in range(5))],
        coerce=int,
        empty_value=None,
        required=False,
    )
    yearly_cap = forms.IntegerField(
        label=gettext_lazy("inspections a year, at most"),
        required=False,
        min_value=1,
        max_value=366,
        help_text=gettext_lazy("Empty: no cap of its own."),
    )
    no_disturb = forms.BooleanField(label=gettext_lazy("on the no-disturb list"), required=False)
    no_disturb_reason = forms.CharField(label=gettext_lazy("why it is on the list"), max_length=240, required=False)
    no_disturb_until = forms.DateField(
        label=gettext_lazy("on the list until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Empty: until somebody takes it off."),
    )
    gone = forms.BooleanField(label=gettext_lazy("closed down: no longer there"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any, *, actor: Actor, target: Target | None = None, initial: Any = None) -> None:
        super().__init__(data, initial={**(initial or {}), **(initial_of(target) if target else {})})
        for day in DAYS:
            self.fields[f"hours_{day}"] = forms.CharField(
                label=day_name(day),
                max_length=80,
                required=False,
                widget=forms.TextInput(attrs={"placeholder": "09:00-22:00"}),
            )
        if target is not None:
            del self.fields["street"]
            return
        del self.fields["gone"]
        self.fields["street"].queryset = Street.objects.filter(pk__in=actor.streets())  # type: ignore[attr-defined]
        if len(actor.streets()) == 1:
            self.fields["street"].initial = next(iter(actor.streets()))
            self.fields["street"].widget = forms.HiddenInput()

    def clean_uscc(self) -> str:
        """The service checks it as well; here, so that a wrong code is told together with what else is wrong."""
        code: str = self.cleaned_data["uscc"]
        try:
            service.uscc_check(code)
        except Refused as refused:
            raise forms.ValidationError(str(refused)) from refused
        return code

    def clean_aliases(self) -> list[str]:
        text = self.cleaned_data["aliases"].replace("，", ",").replace("、", ",")
        return [name.strip() for name in text.split(",") if name.strip()]

    def clean_stretch(self) -> dict[str, Any] | None:
        lines = [line.replace("，", ",") for line in self.cleaned_data["stretch"].splitlines() if line.strip()]
        if not lines:
            return None
        points = []
        for number, line in enumerate(lines, start=1):
            try:
                lat, lng = (float(part) for part in line.split(","))
            except ValueError:
                raise forms.ValidationError(
                    _("Line %(n)s is no point. Write latitude, comma, longitude: 37.86, 112.56") % {"n": number}
                ) from None
            points.append([lng, lat])
        return {"type": "LineString", "coordinates": points}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        rows = []
        for day in DAYS:
            try:
                rows += as_rows({day: cleaned.pop(f"hours_{day}", "")})
            except ValueError:
                self.add_error(f"hours_{day}", _("Write hours like 09:00-22:00, several with commas."))
        cleaned["hours"] = rows
        if "gone" in self.fields:
            cleaned["active"] = not cleaned.pop("gone", False)
        return cleaned

    @property
    def days(self) -> list[forms.BoundField]:
        return [self[f"hours_{day}"] for day in DAYS]


def initial_of(target: Target) -> dict[str, Any]:
    """What the form shows of a party."""
    found: dict[str, Any] = {"version": target.version}
    for column in service.EDITABLE:
        found.update(field_values(column, getattr(target, column)))
    return found


def field_values(column: str, value: Any) -> dict[str, Any]:
    """A column's value as the fields of the form hold it."""
    if column == "aliases":
        return {"aliases": "，".join(value)}
    if column == "stretch":
        return {"stretch": stretch_text(value)}
    if column == "hours":
        windows = windows_of(value)
        return {f"hours_{day}": day_words(windows, day) for day in DAYS}
    if column == "active":
        return {"gone": not value}
    return {column: "" if value is None else value}


@console_view()
def party_new(request: HttpRequest) -> HttpResponse:
    """Enter a party; a likely double is shown first and has to be confirmed as another one."""
    check_right_somewhere(request, "target.edit")
    actor = actor_for(request)
    posted = request.method == "POST"
    start = {name: request.GET[name] for name in ("name", "address", "uscc") if request.GET.get(name)}
    form = PartyForm(request.POST if posted else None, actor=actor, initial=start)
    status, doubles, owner = 200, [], None
    if posted:
        status = INVALID
        if form.is_valid():
            columns = {name: form.cleaned_data[name] for name in service.EDITABLE if name in form.cleaned_data}
            street = form.cleaned_data["street"]
            check_right(request, "target.edit", street_id=street.pk)
            doubles = [] if request.POST.get("another") else _doubles(street.pk, columns)
            if doubles:
                status = CONFLICT
            else:
                try:
                    saved = service.target_create(actor=actor, street_id=street.pk, **columns)
                except Refused as refused:
                    status, owner = put_refusal(form, refused), _owner(actor, refused)
                else:
                    service.doubles_refresh_of(target=saved)
                    messages.success(request, _("Saved."))
                    return redirect("console:party", saved.pk)
    return _page(request, form, None, status, doubles=doubles, owner=owner)


@console_view()
def party_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a party. A form that has grown stale is given back with what others changed."""
    target, actor = target_or_404(request, pk, "target.edit"), actor_for(request)
    if target.merged_into_id is not None:
        messages.warning(request, _("This party was merged into another. Change that one."))
        return redirect("console:party", target.merged_into_id)
    posted = request.method == "POST"
    form = PartyForm(request.POST if posted else None, actor=actor, target=target)
    status, owner = 200, None
    notes: list[dict[str, Any]] = []
    if posted:
        status = INVALID
        if form.is_valid():
            columns = {name: form.cleaned_data[name] for name in service.EDITABLE if name in form.cleaned_data}
            try:
                saved = service.target_update(
                    actor=actor, target_id=target.pk, version=form.cleaned_data.get("version"), **columns
                )
            except Refused as refused:
                if refused.code == "target_stale":
                    target.refresh_from_db()
                    form, notes = _refreshed(request.POST, form, actor, target, columns)
                    status = CONFLICT
                else:
                    status, owner = put_refusal(form, refused), _owner(actor, refused)
            else:
                service.doubles_refresh_of(target=saved)
                messages.success(request, _("Saved."))
                return redirect("console:party", saved.pk)
    return _page(request, form, target, status, owner=owner, notes=notes)


@require_safe
@console_view()
def party_alike(request: HttpRequest) -> HttpResponse:
    """While somebody types: what is wrong with the code, who has it already, which entries look the same (htmx)."""
    check_right_somewhere(request, "target.edit")
    actor, asked = actor_for(request), request.GET
    street = asked.get("street", "")
    own = int(asked["own"]) if is_number(asked.get("own", "")) else None
    street_id = int(street) if is_number(street) else None
    if own is not None:
        street_id = register.targets_visible(actor).filter(pk=own).values_list("street_id", flat=True).first()
    if street_id not in actor.streets():
        street_id = None
    fault, owner, code = "", None, None
    try:
        code = service.uscc_check(asked.get("uscc", "")[:40].replace("\0", ""))
    except Refused as refused:
        fault = str(refused)
    if code:
        owner = register.targets_visible(actor).filter(uscc=code).exclude(pk=own or 0).first()
    doubles = []
    if street_id:
        columns = {name: asked.get(name, "")[:240].replace("\0", "") for name in ("name", "address")}
        doubles = _doubles(street_id, {**columns, **_point(asked), "uscc": code or ""}, own=own)
    context = {
        "fault": fault,
        "owner": owner,
        "code": code,
        "doubles": [row for row in doubles if owner is None or row["target"].pk != owner.pk],
    }
    return show(request, "console/party_edit.html#alike", context)


def _point(asked: QueryDict) -> dict[str, float]:
    try:
        return {"lat": float(str(asked["lat"])), "lng": float(str(asked["lng"]))}
    except (KeyError, ValueError):
        return {}


def _doubles(street_id: int, columns: Mapping[str, Any], *, own: int | None = None) -> list[dict[str, Any]]:
    """Entries that look like the one being typed."""
    if not str(columns.get("name", "")).strip():
        return []
    asked = Target(
        pk=own,
        street_id=street_id,
        name=columns["name"],
        address=columns.get("address", ""),
        lat=columns.get("lat"),
        lng=columns.get("lng"),
        aliases=columns.get("aliases", []),
        uscc=columns.get("uscc") or None,
    )
    return [
        {"target": row, "score": pair.score, "why": notes_words([note.as_dict() for note in pair.notes])}
        for row, pair in alike_of(asked)
    ]


def _owner(actor: Actor, refused: Refused) -> Target | None:
    """The party that has the code, where this person may see it."""
    if refused.code != "uscc_taken" or "target" not in refused.params:
        return None
    return register.targets_visible(actor).filter(pk=int(str(refused.params["target"]))).first()


def _refreshed(
    data: QueryDict, stale: PartyForm, actor: Actor, target: Target, mine: Mapping[str, Any]
) -> tuple[PartyForm, list[dict[str, Any]]]:
    """The form again, on the party as it is now. What this person had left alone follows the other's change; where
    both changed the same field, what was typed stays and the other's value is told."""
    fresh = data.copy()
    fresh["version"] = str(target.version)
    notes: list[dict[str, Any]] = []
    for column, change in changed_since(target, stale.cleaned_data.get("version") or 0).items():
        if column not in mine:
            continue
        typed = mine[column].isoformat() if hasattr(mine[column], "isoformat") else mine[column]
        untouched = (typed or None) == (change.before or None)
        if typed == change.after:
            continue
        if untouched:
            for name, value in field_values(column, change.after).items():
                if value is False:
                    fresh.pop(name, None)
                else:
                    fresh[name] = "on" if value is True else str(value)
        notes.append(
            {
                "label": LABELS[column],
                "now": value_words(column, change.after),
                "mine": value_words(column, typed),
                "taken": untouched,
                "who": change.by,
                "at": change.at,
                "id": {"hours": "id_hours_1", "active": "id_gone"}.get(column, f"id_{column}"),
            }
        )
    return PartyForm(fresh, actor=actor, target=target), notes


def _page(
    request: HttpRequest,
    form: PartyForm,
    target: Target | None,
    status: int,
    *,
    doubles: Any = (),
    owner: Target | None = None,
    notes: Any = (),
) -> HttpResponse:
    context = {
        "form": form,
        "target": target,
        "trades": register.trades(actor_for(request)),
        "doubles": doubles,
        "confirm": bool(doubles),
        "owner": owner,
        "notes": notes,
    }
    return show(request, "console/party_edit.html", context, status=status, at="parties")
