"""One person's data: the head of an office hands it to its owner, the security administrator erases it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from cases.models import Complaint, DataPurpose
from cases.refusals import Refused
from cases.services import erasure
from dispatch.console.admin.frame import admin_view, show_admin
from dispatch.web.access import actor_for, holds_somewhere
from dispatch.web.fresh import prove, was_kept
from dispatch.web.moments import moment_words
from dispatch.web.refusals import INVALID, put_refusal
from dispatch.web.sheets import Table, xlsx_response

RIGHTS = ("identity.erase", "identity.export")


class FindForm(forms.Form):
    """A whole phone number, or the reference of one report."""

    q = forms.CharField(
        label=gettext_lazy("phone number or reference of a report"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("The whole number. Every search is recorded; the number itself is kept nowhere."),
    )


class ActForm(forms.Form):
    """Which of the reports, and what for."""

    pick = forms.TypedMultipleChoiceField(
        coerce=int, widget=forms.CheckboxSelectMultiple, label=gettext_lazy("reports")
    )
    purpose = forms.ChoiceField(label=gettext_lazy("purpose"), widget=forms.RadioSelect)

    def __init__(self, data: Any, *, picks: list[tuple[int, str]], purposes: tuple[DataPurpose, ...]) -> None:
        super().__init__(data, initial={"pick": [pk for pk, _label in picks]})
        self.fields["pick"].choices = picks  # type: ignore[attr-defined]
        self.fields["purpose"].choices = [(one.value, one.label) for one in purposes]  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
@admin_view(*RIGHTS)
def persons(request: HttpRequest) -> HttpResponse:
    """Find, then export or erase. The number travels in the form's body only, never in an address."""
    right = next(one for one in RIGHTS if holds_somewhere(request, one))
    find = FindForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _page(request, right, find)
    if not find.is_valid():
        return _page(request, right, find, status=INVALID)
    try:
        reports = erasure.person_find(actor=actor_for(request), text=find.cleaned_data["q"], right=right)
    except Refused as refused:
        return _page(request, right, find, status=put_refusal(find, refused))
    acting = "act" in request.POST
    act = _act_form(request.POST if acting else None, right, reports)
    if not acting:
        return _page(request, right, find, reports, act)
    if not act.is_valid():
        return _page(request, right, find, reports, act, status=INVALID)
    prove(request)
    if was_kept(request) and right == "identity.export":  # a file would leave the page of the proof standing
        messages.info(request, _("Confirmed. Now make the file."))
        return _page(request, right, find, reports, act)
    chosen, purpose = act.cleaned_data["pick"], act.cleaned_data["purpose"]
    try:
        if right == "identity.export":
            return _file(erasure.identity_export(actor=actor_for(request), complaint_ids=chosen, purpose=purpose))
        count = erasure.identity_erase(actor=actor_for(request), complaint_ids=chosen, purpose=purpose)
    except Refused as refused:
        return _page(request, right, find, reports, act, status=put_refusal(act, refused))
    said = ngettext("The person is gone from %(n)s report.", "The person is gone from %(n)s reports.", count)
    messages.success(request, said % {"n": count})
    return redirect("console:admin_persons")


def _act_form(data: Any, right: str, reports: list[Complaint]) -> ActForm:
    picks = []
    for report in reports:
        known = report.identity
        day = moment_words(timezone.localtime(report.received_at).date(), "full")
        mask = f"{known.masked_name} {known.masked_phone}".strip() if known else ""
        picks.append((report.pk, " · ".join(filter(None, (report.reference, day, str(report.street), mask)))))
    return ActForm(data, picks=picks, purposes=erasure.EXPORTS if right == "identity.export" else erasure.ERASES)


def _page(
    request: HttpRequest,
    right: str,
    find: FindForm,
    reports: list[Complaint] | None = None,
    act: ActForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "find": find,
        "reports": reports,
        "act": act,
        "erases": right == "identity.erase",
        "q": find["q"].value(),
    }
    response = show_admin(request, "console/admin/persons.html", context, section="persons", status=status)
    response["Cache-Control"] = "no-store"
    return response


def _file(held: list[erasure.Held]) -> HttpResponse:
    """All of it as a workbook: reports, what was written to and fro, photos, who looked at the contact and what for."""
    reports = [
        (
            one.complaint.reference,
            one.complaint.received_at,
            one.contact["name"],
            one.contact["phone"],
            one.contact["note"],
            one.complaint.text,
            one.complaint.party_name,
            one.complaint.address,
            one.complaint.lat,
            one.complaint.lng,
            "、".join(f"{case.reference} {case.get_stage_display()}" for case in one.complaint.cases.all()),
        )
        for one in held
    ]
    words = [
        (one.complaint.reference, line.at, line.get_kind_display(), line.text) for one in held for line in one.lines
    ]
    words += [
        (one.complaint.reference, rating.at, _("rating: %(n)s of 5") % {"n": rating.satisfied}, rating.words)
        for one in held
        for rating in one.ratings
    ]
    photos = [
        (one.complaint.reference, file.uploaded_at, file.taken_at, file.size, file.sha256)
        for one in held
        for file in one.files
    ]
    looks = [(one.complaint.reference, look.at, look.get_purpose_display()) for one in held for look in one.looks]
    ref, when = _("reference"), _("time")
    heads = [ref, when, _("name"), _("phone"), _("note"), _("what happened"), _("party"), _("address")]
    tables = (
        Table(_("reports"), [*heads, _("latitude"), _("longitude"), _("cases")], reports),
        Table(_("messages"), [ref, when, _("kind"), _("words")], words),
        Table(_("photos"), [ref, when, _("taken"), _("size"), "SHA-256"], photos),
        Table(_("looks at the contact"), [ref, when, _("purpose")], looks),
    )
    return xlsx_response(f"{_('personal data')}-{held[0].complaint.reference}", tables)  # type: ignore[return-value]
