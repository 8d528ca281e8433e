"""Needs: a reason to visit a target, opened by triage, rulings and plans. Joining an order is the next stage's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, time

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import flow
from cases.clock.moment import now
from cases.models import Case, DeadlineKind, Need, NeedAgency, NeedCause, Urgency
from cases.refusals import Refused
from cases.services import deadlines, journal
from cases.services.parties import merged_refuse, target_lock
from teams.models import Agency
from teams.policies import Actor


def need_open(
    *,
    actor: Actor,
    target_id: int,
    cause: str,
    agency_ids: Iterable[int],
    from_day: date | None = None,
    due_day: date | None = None,
    case: Case | None = None,
    urgency: str = Urgency.GENERAL,
    items: Mapping[int, Iterable[int]] | None = None,
    hour_from: time | None = None,
    hour_until: time | None = None,
    announced: bool = False,
    note: str = "",
) -> Need:
    """Open a need; ``items`` maps an agency to the items it is narrowed to. [case.need_opened]

    The caller has asked its own policy (triage, ruling, plan). Refused: ``no_agency``, ``window_empty``,
    ``target_merged``, ``agency_elsewhere``, ``need_exists`` when the case already has an open one.
    """
    agencies = sorted(set(agency_ids))
    today = timezone.localdate(now())
    first = from_day or today
    last = due_day or first
    if not agencies:
        raise Refused("no_agency", _("Choose at least one agency that has to look."), field="agencies", status=422)
    if last < first:
        raise Refused("window_empty", _("The last day lies before the first one."), field="due_day", status=422)
    if cause == NeedCause.RECHECK and first <= today:
        raise Refused("recheck_too_early", _("A recheck is on the next day at the earliest."), field="from_day")
    with transaction.atomic():
        target = target_lock(target_id)
        merged_refuse(target)
        competent_check(agencies, target.street_id)
        try:
            with transaction.atomic():
                need = Need.objects.create(
                    target=target,
                    case=case,
                    cause=cause,
                    urgency=urgency,
                    from_day=first,
                    due_day=last,
                    hour_from=hour_from,
                    hour_until=hour_until,
                    announced=announced,
                    note=note,
                    created_at=now(),
                    created_by_id=actor.user_id,
                )
        except IntegrityError as error:
            raise Refused("need_exists", _("This case already has an open need for a visit.")) from error
        for agency_id in agencies:
            link = NeedAgency.objects.create(need=need, agency_id=agency_id)
            if items and items.get(agency_id):
                link.items.set(items[agency_id])
        if case is not None:
            journal.record(
                subject=case,
                kind="case.need_opened",
                actor=actor,
                body={
                    "need": need.pk,
                    "target": target.pk,
                    "cause": cause,
                    "agencies": agencies,
                    "from": first,
                    "due": last,
                },
            )
    return need


def competent_check(agency_ids: list[int], street_id: int) -> None:
    """Agencies of the street's district; one of a street only on that street. ``Refused("agency_elsewhere")``."""
    there = Q(street__isnull=True) | Q(street_id=street_id)
    found = Agency.objects.filter(there, district__streets=street_id, pk__in=agency_ids, active=True)
    if found.count() != len(agency_ids):
        raise Refused(
            "agency_elsewhere", _("One of these agencies does not work on this street."), field="agencies", status=422
        )


def need_withdraw(*, actor: Actor, need: Need, reason: str) -> Need:
    """Withdraw a locked need that is in no order (see ``orders.need_take_out``). [case.need_withdrawn]"""
    with transaction.atomic():
        flow.move(need, "withdraw")
        need.save(update_fields=["state"])
        if need.case is not None:
            if need.cause == NeedCause.RECHECK:
                deadlines.deadline_end(kind=DeadlineKind.RECHECK, subject=need.case, cancelled=True)
            journal.record(
                subject=need.case,
                kind="case.need_withdrawn",
                actor=actor,
                body={"need": need.pk, "reason": reason},
            )
    return need
