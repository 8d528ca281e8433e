"""The register of parties: list, search, create, edit, and what is known of one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from cases.models import Target, TargetKind
from cases.policies import may
from cases.refusals import Refused
from cases.selectors import register
from cases.services import parties as service
from dispatch.console.frame import console_view, show
from dispatch.web.access import actor_for, check_right, check_right_somewhere, holds_somewhere, target_or_404
from dispatch.web.refusals import INVALID, put_refusal
from teams.models import Street
from teams.policies import Actor


class PartyForm(forms.Form):
    """A party; the credit code is checked by the service (ISO 7064)."""

    street = forms.ModelChoiceField(queryset=Street.objects.none(), label=gettext_lazy("street"))
    kind = forms.ChoiceField(label=gettext_lazy("kind"), choices=TargetKind.choices)
    name = forms.CharField(label=gettext_lazy("name"), max_length=160)
    aliases = forms.CharField(
        label=gettext_lazy("other names"), required=False, help_text=gettext_lazy("Separated by commas.")
    )
    uscc = forms.CharField(label=gettext_lazy("unified social credit code"), max_length=18, required=False)
    trade = forms.CharField(label=gettext_lazy("trade"), max_length=40, required=False)
    address = forms.CharField(label=gettext_lazy("address"), max_length=240, required=False)
    lat = forms.FloatField(label=gettext_lazy("latitude"), required=False, min_value=-90, max_value=90)
    lng = forms.FloatField(label=gettext_lazy("longitude"), required=False, min_value=-180, max_value=180)
    person_in_charge = forms.CharField(label=gettext_lazy("person in charge"), max_length=60, required=False)
    phone = forms.CharField(label=gettext_lazy("phone of the party"), max_length=32, required=False)
    noise_zone = forms.TypedChoiceField(
        label=gettext_lazy("noise zone (GB 3096)"),
        choices=[("", "–"), *((str(zone), str(zone)) for zone in range(5))],
        coerce=int,
        empty_value=None,
        required=False,
    )
    no_disturb = forms.BooleanField(label=gettext_lazy("on the no-disturb list"), required=False)

    def __init__(self, data: Any, *, actor: Actor, target: Target | None = None) -> None:
        initial: dict[str, Any] = {}
        if target is not None:
            initial = {name: getattr(target, name) for name in self.base_fields if name not in ("aliases", "street")}
            initial["aliases"] = "，".join(target.aliases)
        super().__init__(data, initial=initial)
        if target is not None:
            del self.fields["street"]
            return
        self.fields["street"].queryset = Street.objects.filter(pk__in=actor.streets())  # type: ignore[attr-defined]
        if len(actor.streets()) == 1:
            self.fields["street"].initial = next(iter(actor.streets()))
            self.fields["street"].widget = forms.HiddenInput()

    def clean_aliases(self) -> list[str]:
        text = self.cleaned_data["aliases"].replace("，", ",").replace("、", ",")
        return [name.strip() for name in text.split(",") if name.strip()]


@require_safe
@console_view()
def party_list(request: HttpRequest) -> HttpResponse:
    text, kind, after = request.GET.get("text", ""), request.GET.get("kind", ""), request.GET.get("after", "")
    rows, more = register.targets_page(
        actor_for(request), text=text, kind=kind, after=int(after) if after.isdigit() else None
    )
    base = reverse("console:parties")
    query: dict[str, str | int] = {"text": text, "kind": kind}
    context = {
        "rows": rows,
        "text": text,
        "kind": kind,
        "kinds": TargetKind.choices,
        "next_url": f"{base}?{urlencode({**query, 'after': more or 0})}" if more else "",
        "shown": len(rows),
        "may_edit": holds_somewhere(request, "target.edit"),
    }
    return show(request, "console/parties.html", context, at="parties")


@require_safe
@console_view()
def party(request: HttpRequest, pk: int) -> HttpResponse:
    target, actor = target_or_404(request, pk), actor_for(request)
    context = {
        "target": target,
        "file": register.party_file(target, actor),
        "may_edit": may(actor, "target.edit", street_id=target.street_id),
    }
    return show(request, "console/party.html", context, at="parties")


@console_view()
def party_new(request: HttpRequest) -> HttpResponse:
    check_right_somewhere(request, "target.edit")
    return _edit(request, None)


@console_view()
def party_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit(request, target_or_404(request, pk, "target.edit"))


def _edit(request: HttpRequest, target: Target | None) -> HttpResponse:
    actor = actor_for(request)
    posted = request.method == "POST"
    form = PartyForm(request.POST if posted else None, actor=actor, target=target)
    status = 200
    if posted:
        status = INVALID
        if form.is_valid():
            data = dict(form.cleaned_data)
            try:
                if target is None:
                    street = data.pop("street")
                    check_right(request, "target.edit", street_id=street.pk)
                    saved = service.target_create(actor=actor, street_id=street.pk, **data)
                else:
                    saved = service.target_update(actor=actor, target_id=target.pk, **data)
            except Refused as refused:
                status = put_refusal(form, refused)
            else:
                messages.success(request, _("Saved."))
                return redirect("console:party", saved.pk)
    return show(request, "console/party_edit.html", {"form": form, "target": target}, status=status, at="parties")
