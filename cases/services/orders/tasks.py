"""A handling task for one squad: exposed rubbish, a roving vendor. No approval, no certificates, no live-order rule."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.clock.moment import now
from cases.models import Case, CaseStage, NeedCause, Order, OrderKind, Part
from cases.refusals import Refused
from cases.services import casefile, journal, needs, parties
from cases.services.orders.drafting import needs_link, number_take
from cases.services.orders.issuing import order_issue
from teams.models import Squad, SquadKind
from teams.policies import Actor


def task_open(*, actor: Actor, case_id: int, squad_id: int, note: str = "", due_day: date | None = None) -> Order:
    """Send one squad to handle the case, at once. The case stands at ``planning`` and has a target.

    [case.need_opened, order.drafted, order.issued, case.dispatched]. Refused: ``squad_unknown``, ``target_needed``,
    ``wrong_stage``.
    """
    with transaction.atomic():
        target_id = Case.objects.filter(pk=case_id).values_list("target_id", flat=True).first()
        if target_id is None:
            raise Refused("target_needed", _("Say where first: the task needs a place."), field="target", status=422)
        target = parties.target_lock(target_id)
        case = casefile.case_lock(case_id)
        policies.require(actor, "case.triage", street_id=case.street_id)
        if case.stage != CaseStage.PLANNING or case.target_id != target_id:
            raise Refused("wrong_stage", _("The case was changed meanwhile. The page shows the latest state."))
        squad = (
            Squad.objects.filter(pk=squad_id, active=True, streets=case.street_id)
            .exclude(kind=SquadKind.LABORATORY)
            .first()
        )
        if squad is None:
            raise Refused("squad_unknown", _("This squad does not serve the street."), field="squad", status=422)
        need = needs.need_open(
            actor=actor,
            target_id=target_id,
            case=case,
            cause=NeedCause.HANDLING,
            agency_ids=[squad.agency_id],
            due_day=max(due_day, timezone.localdate(now())) if due_day else None,
            urgency=case.urgency,
            note=note,
        )
        order = Order.objects.create(
            number=number_take(),
            target=target,
            street_id=case.street_id,
            kind=OrderKind.HANDLING,
            urgency=case.urgency,
            planned_day=due_day,
            brief="\n\n".join(text for text in (case.brief, note) if text),
            drafted_by_id=actor.user_id,
            drafted_at=now(),
        )
        Part.objects.create(order=order, squad=squad, agency_id=squad.agency_id, is_lead=True)
        needs_link([(order, [need])])
        journal.record(
            subject=order,
            kind="order.drafted",
            actor=actor,
            body={"target": target.pk, "needs": [need.pk], "squads": [squad.pk], "handling": True},
        )
        return order_issue(actor=actor, order_id=order.pk)
