"""The decision itself: inspection, handling task, answer, mediation, transfer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.clock.moment import now
from cases.models import (
    Case,
    Category,
    Disposition,
    LineKind,
    NeedCause,
    Setting,
    Severity,
    Target,
    Urgency,
)
from cases.papers import address_of_building
from cases.refusals import Refused
from cases.services import casefile, deadlines, needs, orders, parties
from cases.services.triage.asking import case_reject
from cases.services.triage.joining import lock_for_visit
from cases.services.triage.telling import TOLD_TRANSFERRED, fresh, tell
from teams.policies import Actor
from teams.statements import Statement

INSPECTION_WORK_DAYS = 3
"""Width of an inspection's window when the setting ``inspection_work_days`` says nothing; urgent: the same day."""

_ACTIONS: Mapping[str, str] = {
    Disposition.INSPECTION.value: "plan",
    Disposition.HANDLING.value: "plan",
    Disposition.ANSWERED.value: "answer",
    Disposition.MEDIATION.value: "mediate",
    Disposition.TRANSFER.value: "transfer",
}
_FACTS = (
    "disposition",
    "category",
    "target",
    "grid",
    "severity",
    "urgency",
    "title",
    "brief",
    "brief_confirmed_by",
    "address",
    "lat",
    "lng",
)


@dataclass(frozen=True, slots=True)
class _Decision:
    """A case with what was decided written on it, not yet moved. ``body``: what the journal says of it."""

    actor: Actor
    case: Case
    target: Target | None
    body: dict[str, object]


def case_triage(
    *,
    actor: Actor,
    case_id: int,
    disposition: str,
    category_id: int | None = None,
    severity: str | None = None,
    urgency: str | None = None,
    target_id: int | None = None,
    new_party: Mapping[str, object] | None = None,
    place_name: str = "",
    place_address: str = "",
    title: str = "",
    brief: str = "",
    brief_confirmed: bool = False,
    agency_ids: Iterable[int] = (),
    from_day: date | None = None,
    due_day: date | None = None,
    hour_from: time | None = None,
    hour_until: time | None = None,
    squad_id: int | None = None,
    reply: str = "",
    transfer_to: str = "",
    reason: str = "",
) -> Case:
    """Decide what becomes of an accepted case. [case.triaged, and what follows from the decision]

    inspection: needs category, party (``target_id``, ``new_party`` columns, or a place made of the case's address or
    point), confirmed ``brief``, agencies → a need, which joins the party's live order when it may · handling: the same
    with ``squad_id`` instead of agencies → the task is sent at once · answered: ``reply`` goes to every complainant and
    the case closes · mediation · transfer: ``transfer_to``, the complainants are told · rejected: ``reason``.
    Joining and asking are ``case_join`` and ``case_ask``.
    """
    if disposition == Disposition.REJECTED:
        return case_reject(actor=actor, case_id=case_id, reason=reason)
    if disposition not in _ACTIONS:
        raise Refused("choice_wrong", _("Choose what becomes of the case."), field="disposition", status=422)
    visit = disposition in (Disposition.INSPECTION, Disposition.HANDLING)
    with transaction.atomic():
        if visit:
            party = _target_id(actor, case_id, target_id, new_party, place_name, place_address)
            case = lock_for_visit(party, case_id)
            wanted: int | None = party
        else:
            wanted = target_id
            case = casefile.case_lock(case_id)
        policies.require(actor, "case.triage", street_id=case.street_id)
        category = _category(category_id, needed=visit)
        target = _target(wanted, case) if wanted else None
        _write_facts(case, disposition, category, target, severity, urgency, title, brief, brief_confirmed, actor)
        if visit and not brief_confirmed:
            raise Refused(
                "brief_unconfirmed",
                _("Read the brief once more and confirm that it tells the squads nothing about who complained."),
                field="brief_confirmed",
                status=422,
            )
        if visit and not case.brief:
            raise Refused("brief_needed", _("Write what the squads have to know."), field="brief", status=422)
        body: dict[str, object] = {
            "disposition": disposition,
            "category": category.code if category else None,
            "target": target.pk if target else None,
        }
        decision = _Decision(actor, case, target, body)
        if disposition == Disposition.INSPECTION:
            _inspect(decision, agency_ids, from_day, due_day, hour_from, hour_until)
        elif disposition == Disposition.HANDLING:
            _hand_out(decision, squad_id, due_day)
        elif disposition == Disposition.ANSWERED:
            _answer(decision, reply)
        elif disposition == Disposition.TRANSFER:
            _transfer(decision, transfer_to)
        else:
            _move(decision)
    return fresh(case)


def due_day_default(case: Case, first: date) -> date:
    """The last day of an inspection's window: the first itself when urgent, else some working days later."""
    if casefile.urgent(case):
        return first
    days = next(iter(_DAYS()), None)
    return deadlines.calendar_for(case.street_id).add_workdays(first, int(days or INSPECTION_WORK_DAYS))


_DAYS = Statement(
    lambda: (
        Setting.objects.filter(key="inspection_work_days", street__isnull=True)
        .order_by("pk")
        .values_list("value", flat=True)[:1]
    )
)


def _write_facts(
    case: Case,
    disposition: str,
    category: Category | None,
    target: Target | None,
    severity: str | None,
    urgency: str | None,
    title: str,
    brief: str,
    brief_confirmed: bool,
    actor: Actor,
) -> None:
    if severity not in (None, *Severity.values) or urgency not in (None, *Urgency.values):
        raise Refused("choice_wrong", _("This choice does not exist."), field="severity", status=422)
    case.disposition = disposition
    if category is not None:
        case.category = category
    case.severity = severity or (category.severity if category else case.severity)
    case.urgency = urgency or case.urgency
    if target is not None:
        case.target = target
        case.grid_id = target.grid_id or case.grid_id
        case.address = case.address or target.address
        if case.lat is None:
            case.lat, case.lng = target.lat, target.lng
    if title.strip():
        case.title = title.strip()[: casefile.TITLE_LENGTH]
    elif category is not None and target is not None:
        # Squads read the title: from now on it holds nothing of the complainant's words.
        case.title = f"{category.name} · {target.name}"[: casefile.TITLE_LENGTH]
    case.brief = brief.strip() or case.brief
    case.brief_confirmed_by_id = actor.user_id if brief_confirmed and case.brief else None


def _move(decision: _Decision, *fields: str, refresh: bool = True, **body: object) -> None:
    casefile.case_move(
        case=decision.case,
        action=_ACTIONS[decision.case.disposition],
        actor=decision.actor,
        kind="case.triaged",
        body={**decision.body, **body},
        fields=[*_FACTS, *fields],
        refresh=refresh,
    )


def _inspect(
    decision: _Decision,
    agency_ids: Iterable[int],
    from_day: date | None,
    due_day: date | None,
    hour_from: time | None,
    hour_until: time | None,
) -> None:
    assert decision.target is not None
    case = decision.case
    agencies = sorted(set(agency_ids))
    _move(decision, refresh=False, agencies=agencies)
    first = from_day or timezone.localdate(now())
    need = needs.need_open(
        actor=decision.actor,
        target_id=decision.target.pk,
        case=case,
        cause=NeedCause.CASE,
        agency_ids=agencies,
        from_day=first,
        due_day=due_day or due_day_default(case, first),
        hour_from=hour_from,
        hour_until=hour_until,
        urgency=case.urgency,
    )
    if orders.need_place(actor=decision.actor, need_id=need.pk) is None:
        deadlines.case_due_refresh(case_ids=[case.pk])


def _hand_out(decision: _Decision, squad_id: int | None, due_day: date | None) -> None:
    if squad_id is None:
        raise Refused("squad_needed", _("Choose the squad that handles it."), field="squad", status=422)
    _move(decision, refresh=False, squad=squad_id)
    orders.task_open(actor=decision.actor, case_id=decision.case.pk, squad_id=squad_id, due_day=due_day)


def _answer(decision: _Decision, reply: str) -> None:
    words = reply.strip()
    if not words:
        raise Refused("text_needed", _("Write the answer that the complainants will read."), field="reply", status=422)
    decision.case.result_text = words
    tell(case=decision.case, actor=decision.actor, message=words, params=None, kind=LineKind.RESULT)
    _move(decision, "result_text")


def _transfer(decision: _Decision, transfer_to: str) -> None:
    unit = transfer_to.strip()
    if not unit:
        raise Refused("unit_needed", _("Say to which unit it goes."), field="transfer_to", status=422)
    decision.case.transferred_to = unit[:120]
    tell(case=decision.case, actor=decision.actor, message=TOLD_TRANSFERRED, params={"unit": unit})
    _move(decision, "transferred_to", to_unit=unit[:120])


def _category(category_id: int | None, *, needed: bool) -> Category | None:
    found = Category.objects.filter(pk=category_id, active=True).first() if category_id else None
    if found is None and (needed or category_id):
        raise Refused("category_needed", _("Choose the category of the problem."), field="category", status=422)
    return found


def _target_id(
    actor: Actor,
    case_id: int,
    target_id: int | None,
    new_party: Mapping[str, object] | None,
    place_name: str,
    place_address: str,
) -> int:
    """The party of the visit, made when it is new. Read before anything is locked; checked again by the caller."""
    case = Case.objects.filter(pk=case_id).first()
    if case is None:
        raise Refused("not_found", _("This case does not exist."), status=404)
    policies.require(actor, "case.triage", street_id=case.street_id)
    chosen = target_id or (None if new_party or place_name or place_address else case.target_id)
    if chosen:
        target = Target.objects.filter(pk=chosen, active=True).first()
        while target is not None and target.merged_into_id is not None:
            target = target.merged_into
        return _of_street(target, case).pk
    if new_party:
        return parties.target_make(actor=actor, street_id=case.street_id, **new_party).pk  # type: ignore[arg-type]
    return parties.place_for(
        actor=actor,
        street_id=case.street_id,
        name=place_name,
        address=_place_address(case, place_address),
        lat=case.lat,
        lng=case.lng,
    ).pk


def _target(target_id: int, case: Case) -> Target:
    return _of_street(Target.objects.filter(pk=target_id).first(), case)


def _of_street(target: Target | None, case: Case) -> Target:
    """A party of the case's own street: another office's register is not read through a case."""
    if target is None:
        raise Refused("target_gone", _("This party is not in the register any more."), field="target", status=422)
    if target.street_id != case.street_id:
        raise Refused("other_street", _("This party lies on another street: transfer the case there."), field="target")
    return target


def _place_address(case: Case, given: str) -> str:
    """Squads read it: what a complainant wrote goes down to the building, what the office writes stays."""
    if given and given != case.address:
        return given
    return address_of_building(case.address)
