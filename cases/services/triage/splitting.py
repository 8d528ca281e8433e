"""One complaint, two problems: a second case from the same complaint (CaseComplaint is M:N)."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.clock.moment import now
from cases.models import Case, CaseComplaint, CaseStage, Category, Complaint, DeadlineKind
from cases.refusals import Refused
from cases.services import casefile, deadlines, intake, journal
from cases.services.triage.telling import TOLD_SPLIT, fresh, tell
from teams.policies import Actor


def case_split(*, actor: Actor, case_id: int, problem: str, category_id: int | None = None) -> Case:
    """Open a second case, in triage too, for another problem that the same complaints name; answers the new one.

    ``problem`` says in a few words which; it becomes the title that squads may read, masked. The complaints belong to
    both cases: their writers are told, read both results on one private page and rate both. The term of the whole case
    runs from the first one's beginning; the contact is the first one's. [case.split, case.split_off, case.accepted]

    Refused: ``wrong_stage`` (not in triage), ``nothing_to_split`` (nobody complained), ``text_needed``,
    ``category_needed``, ``already_split`` (a case of these complaints has this category already).
    """
    words = problem.strip()
    if not words:
        raise Refused("text_needed", _("Say in a few words which second problem it is."), field="problem", status=422)
    with transaction.atomic():
        case = casefile.case_lock(case_id)
        policies.require(actor, "case.triage", street_id=case.street_id)
        if case.stage != CaseStage.ACCEPTED:
            raise Refused(
                "wrong_stage",
                _("This can't be done any more: it now stands at “%(stage)s”. The page shows the latest state.")
                % {"stage": case.get_stage_display()},
            )
        complaints = list(
            Complaint.objects.filter(case_links__case=case, withdrawn_at__isnull=True).order_by("received_at", "pk")
        )
        if not complaints:
            raise Refused("nothing_to_split", _("Nobody complained here: open a case of its own instead."))
        category = _category(category_id, case, complaints)
        new = casefile.case_open(
            actor=actor,
            street_id=case.street_id,
            source=case.source,
            title=intake.title_of(words),
            urgency=case.urgency,
            complaint=complaints[0],
            address=case.address,
            lat=case.lat,
            lng=case.lng,
            severity=category.severity if category else case.severity,
            category_id=category.pk if category else None,
        )
        moment = now()
        CaseComplaint.objects.bulk_create(
            [CaseComplaint(case=new, complaint=row, joined_at=moment) for row in complaints[1:]]
        )
        new.complaint_count = len(complaints)
        new.owner_id = actor.user_id
        deadlines.deadline_follow(kind=DeadlineKind.WHOLE_CASE, subject=new, like=case)
        ids = [row.pk for row in complaints]
        journal.record(subject=case, kind="case.split", actor=actor, body={"into": new.pk, "complaints": ids})
        journal.record(subject=new, kind="case.split_off", actor=actor, body={"case": case.pk, "complaints": ids})
        casefile.case_move(
            case=new, action="accept", actor=actor, kind="case.accepted", fields=["owner", "complaint_count"]
        )
        tell(case=case, actor=actor, message=TOLD_SPLIT, params={})
        deadlines.case_due_refresh(case_ids=[case.pk])
    return fresh(new)


def _category(category_id: int | None, case: Case, complaints: list[Complaint]) -> Category | None:
    if category_id is None:
        return None
    found = Category.objects.filter(pk=category_id, active=True, parent__isnull=False).first()
    if found is None:
        raise Refused("category_needed", _("Choose the category of the problem."), field="category", status=422)
    same = Case.objects.filter(complaint_links__complaint__in=complaints, category=found).exclude(pk=case.pk)
    if same.exists():
        raise Refused(
            "already_split", _("These complaints have a case of this category already."), field="category", status=422
        )
    return found
