"""Ruling on a finding: the ladder proposes and says why, an officer decides and gives the reason."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.clock.moment import now
from cases.models import File, Finding, FindingState, Ruling, RulingOutcome
from cases.selectors import worklist as work
from cases.services import files, followups, rulings
from dispatch.field.forms import DAYS, RulingForm
from dispatch.field.frame import attempt, done, field_act, photos_store, shots, show
from dispatch.field.words import OUTCOME_WHY, SOURCE, STEP, ladder
from dispatch.web.access import actor_for, finding_or_404
from dispatch.web.refusals import INVALID, new_client_key


@field_act
def finding(request: HttpRequest, pk: int) -> HttpResponse:
    """The form while it is open; afterwards what was decided, with the paper's number."""
    row = finding_or_404(request, pk, "ruling.issue")
    if row.state != FindingState.OPEN and request.method != "POST":
        return _result(request, row)
    posted = request.method == "POST"
    form = RulingForm(request.POST if posted else None)
    status = 200
    if posted:
        status = INVALID
        if form.is_valid():
            facts, actor = form.facts(), actor_for(request)
            key = request.POST.get("client_key", "")
            status = attempt(
                form,
                lambda: followups.ruling_issue(
                    actor=actor, finding_id=row.pk, files=photos_store(request, key), **facts
                ),
            )
            if status == 200:
                return done(request, _("Decided and recorded."), "field:finding", row.pk)
    siblings = _siblings(row)
    proposal = rulings.proposal_for(finding=row)
    context = {
        "finding": row,
        "form": form,
        "siblings": [other for other in siblings if other.pk != row.pk],
        "place": [other.pk for other in siblings].index(row.pk) + 1,
        "count": len(siblings),
        "step": STEP.get(proposal.step.value, ""),
        "source": SOURCE,
        "because": ladder(proposal.notes),
        "options": options(form),
        "days": days(form, row.visit.order.street_id, timezone.localdate(row.visit.started_at), night=_night(row)),
        "visit": row.visit,
        "shots": shots(evidence(row)),
        "client_key": new_client_key(),
        "back_url": reverse("field:today"),
    }
    return show(request, "field/ruling.html", context, status=status)


def options(form: RulingForm) -> list[dict[str, object]]:
    """The outcomes with what each means; nothing is chosen beforehand."""
    chosen = form["outcome"].value()
    return [
        {"value": value, "label": label, "why": OUTCOME_WHY[value], "on": chosen == value}
        for value, label in RulingOutcome.choices
    ]


def days(form: RulingForm, street_id: int, visited: date, *, night: bool = False) -> list[dict[str, object]]:
    """The terms for the thumb, each with its last day and the days of its recheck."""
    chosen, today = str(form["due_days"].value()), timezone.localdate(now())
    found: list[dict[str, object]] = []
    for value, label in DAYS:
        due = today + timedelta(days=value) if value else None
        first, last = followups.recheck_window(street_id=street_id, visited=visited, due=due)
        row = {"value": value, "label": label, "on": chosen == str(value)}
        found.append({**row, "due": due, "first": first, "last": last, "night": night})
    return found


def _night(row: Finding) -> bool:
    case = row.need.case if row.need else None
    return bool(case and case.category and case.category.night)


def evidence(row: Finding) -> list[File]:
    """Photos of the finding, or of the answer it was drawn from."""
    found = files.files_of(finding=row)
    return found or (files.files_of(answer=row.answer_id) if row.answer_id else [])


def _siblings(row: Finding) -> list[Finding]:
    mine = Finding.objects.filter(visit__order_id=row.visit.order_id, part_id=row.part_id)
    return list(mine.select_related("ruling", "item").order_by("pk"))


def _result(request: HttpRequest, row: Finding) -> HttpResponse:
    ruling = Ruling.objects.select_related("ruled_by", "agency").get(finding=row)
    rest = work.open_findings_of(row.part)
    recheck = ruling.followups.select_related("need").first()
    context = {
        "finding": row,
        "ruling": ruling,
        "recheck": recheck.need if recheck else None,
        "following": rest[0] if rest else None,
        "rest": len(rest),
        "shots": shots(evidence(row)),
        "back_url": reverse("field:today"),
    }
    return show(request, "field/ruled.html", context)
