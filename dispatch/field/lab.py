"""The laboratory: commissions of its own, and the report on one. It tests; it never inspects."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases.models import LabState
from cases.selectors import worklist as work
from cases.services import followups
from dispatch.field.forms import LabReportForm
from dispatch.field.frame import attempt, done, field_act, field_page, photos_store, show
from dispatch.web.access import actor_for, lab_or_404
from dispatch.web.refusals import INVALID
from teams.models import Role


@require_safe
@field_page(Role.LAB_TECHNICIAN)
def labs(request: HttpRequest) -> HttpResponse:
    tests = work.commissions(actor_for(request))
    context = {
        "waiting": [test for test in tests if test.state == LabState.COMMISSIONED],
        "reported": [test for test in tests if test.state == LabState.REPORTED],
    }
    return show(request, "field/labs.html", context, at="labs")


@field_act
def lab(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter the report: value, method, number, the paper's photos. A reported one is read only."""
    test = lab_or_404(request, pk, "lab.report")
    posted = request.method == "POST"
    form = LabReportForm(request.POST if posted else None, limited=test.limit is not None)
    status = 200
    if posted:
        status = INVALID
        if form.is_valid():
            data, actor = form.cleaned_data, actor_for(request)
            status = attempt(
                form,
                lambda: followups.lab_report(
                    actor=actor,
                    lab_test_id=test.pk,
                    value=data["value"],
                    method=data["method"],
                    report_number=data["report_number"],
                    conforms=data.get("conforms"),
                    files=photos_store(request, data["client_key"]),
                ),
            )
            if status == 200:
                return done(request, _("The report is in. The officers read it now."), "field:labs")
    context = {
        "test": test,
        "form": form,
        "open": test.state == LabState.COMMISSIONED,
        "back_url": reverse("field:labs"),
    }
    return show(request, "field/lab.html", context, status=status, at="labs")
