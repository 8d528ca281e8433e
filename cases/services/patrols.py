"""An officer finds, decides and writes it down on the spot: story 2 as one write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import flow, policies
from cases.clock.moment import now
from cases.models import (
    Case,
    Category,
    DeadlineKind,
    Disposition,
    File,
    Finding,
    InspectionItem,
    Need,
    NeedCause,
    Order,
    OrderKind,
    Part,
    ReportIn,
    Source,
    Target,
    Urgency,
    Visit,
    VisitOutcome,
    VisitState,
)
from cases.refusals import Refused
from cases.services import casefile, deadlines, findings, followups, journal, needs, parties, visits
from cases.services import files as file_stage
from cases.services.journal import Entry
from cases.services.orders.drafting import needs_link, number_take
from teams.models import Squad, SquadKind
from teams.policies import Actor
from teams.selectors import street_at


def patrol_record(
    *,
    actor: Actor,
    squad_id: int,
    partner_ids: Iterable[int],
    category_id: int,
    text: str,
    outcome: str = "",
    reason: str = "",
    target_id: int | None = None,
    new_party: Mapping[str, object] | None = None,
    measures: str = "",
    due_at: datetime | None = None,
    due_day: date | None = None,
    corrected_on_spot: bool = False,
    slight: bool | None = None,
    handed_to: str = "",
    item_id: int | None = None,
    lat: float | None = None,
    lng: float | None = None,
    accuracy_m: float | None = None,
    far_reason: str = "",
    identity_shown: bool = True,
    party_person: str = "",
    party_role: str = "",
    files: Iterable[File] = (),
    client_key: str | None = None,
) -> Case:
    """Case, need, order, visit, finding and ruling of a patrol, in one write; what was asked for is rechecked later.

    Without ``outcome`` nothing is decided yet: the finding waits for its ruling with the clock for it running.

    The actor and at least one partner hold valid certificates of the squad's agency. ``new_party``: columns of a
    target (name, address, kind, …) where the party is not registered; its point is the report's. The same
    ``client_key`` answers the first case. Refused: ``squad_unknown``, ``category_needed``, ``text_needed``,
    ``target_needed``, ``too_few_officers``, ``far_reason_needed`` and what a ruling refuses.
    """
    if client_key and (found := _first(client_key, actor)):
        return found
    words = text.strip()
    if not words:
        raise Refused("text_needed", _("Describe what was found."), field="text", status=422)
    try:
        with transaction.atomic():
            squad = _squad(actor, squad_id)
            category = Category.objects.filter(pk=category_id, active=True).first()
            if category is None:
                raise Refused("category_needed", _("Choose the category of the problem."), field="category", status=422)
            target = _target(actor, squad, target_id, new_party, lat, lng)
            seats = visits.seats_of([visits.staff_id(actor), *partner_ids], squad.agency, timezone.localdate(now()))
            visits.two_needed(seats, squad.agency)
            far = visits.far_check(target, lat, lng, far_reason)
            case = _case(actor, target, category, words, lat, lng)
            need = _need(actor, case, target, squad)
            order, part = _order(actor, case, need, squad)
            visit = _visit(order, actor, identity_shown, party_person, party_role)
            ReportIn.objects.create(
                visit=visit,
                part=part,
                by_id=visits.staff_id(actor),
                at=visit.started_at,
                lat=lat,
                lng=lng,
                accuracy_m=accuracy_m,
                distance_m=far,
                far_reason=far_reason.strip(),
                client_key=client_key or None,
            )
            visits.seats_take(visit, part, seats)
            finding = _finding(visit, part, need, category, words, item_id, actor)
            for file in files:
                file_stage.attach(file=file, finding=finding)
            _moves(case, order, part, actor, [seat.user.pk for seat in seats if seat.counts], finding)
            if outcome:
                followups.ruling_issue(
                    actor=actor,
                    finding_id=finding.pk,
                    outcome=outcome,
                    reason=reason,
                    measures=measures,
                    due_at=due_at,
                    due_day=due_day,
                    corrected_on_spot=corrected_on_spot,
                    slight=slight,
                    handed_to=handed_to,
                )
            else:
                deadlines.deadline_start(
                    kind=DeadlineKind.RULING, subject=finding, street_id=case.street_id, urgent=False
                )
                deadlines.case_due_refresh(case_ids=[case.pk])
            case.refresh_from_db()
    except IntegrityError:
        # Two sendings at once: the unique key let one through.
        again = _first(client_key, actor) if client_key else None
        if again is None:
            raise
        return again
    return case


def _first(client_key: str, actor: Actor) -> Case | None:
    """What the key made before; a key brings back one's own record only."""
    report = ReportIn.objects.filter(client_key=client_key).first()
    if report is None:
        return None
    if report.by_id != actor.user_id:
        raise Refused("already_sent", _("This was already sent."), status=422)
    return Case.objects.filter(needs__order_links__order__visits__reports=report).first()


def _squad(actor: Actor, squad_id: int) -> Squad:
    policies.require(actor, "patrol.record", squad_ids=[squad_id])
    squad = (
        Squad.objects.filter(pk=squad_id, active=True)
        .exclude(kind=SquadKind.LABORATORY)
        .select_related("agency")
        .prefetch_related("streets")
        .first()
    )
    if squad is None:
        raise Refused("squad_unknown", _("This squad is not active."), field="squad", status=422)
    return squad


def _target(
    actor: Actor,
    squad: Squad,
    target_id: int | None,
    new_party: Mapping[str, object] | None,
    lat: float | None,
    lng: float | None,
) -> Target:
    """The locked party; a new one stands where the squad stands."""
    if target_id is not None:
        target = parties.target_lock(target_id)
        parties.merged_refuse(target)
    elif new_party:
        facts: dict[str, object] = {"lat": lat, "lng": lng, **new_party}
        if "street_id" not in facts:
            facts["street_id"] = _street_of(squad, lat, lng)
        target = parties.target_lock(parties.target_make(actor=actor, **facts).pk)  # type: ignore[arg-type]
    else:
        raise Refused("target_needed", _("Say where: choose the party, or name it."), field="target", status=422)
    if target.street_id not in {street.pk for street in squad.streets.all()}:
        raise Refused("other_street", _("The squad does not serve the street of this party."), field="target")
    return target


def _street_of(squad: Squad, lat: float | None, lng: float | None) -> int:
    streets = list(squad.streets.all())
    if len(streets) == 1:
        return streets[0].pk
    street = street_at(lat, lng) if lat is not None and lng is not None else None
    if street is None:
        raise Refused("street_needed", _("Say on which street it is."), field="street", status=422)
    return street.pk


def _case(actor: Actor, target: Target, category: Category, words: str, lat: float | None, lng: float | None) -> Case:
    case = casefile.case_open(
        actor=actor,
        street_id=target.street_id,
        source=Source.PATROL,
        title=f"{category.name} · {target.name}",
        address=target.address,
        lat=lat if lat is not None else target.lat,
        lng=lng if lng is not None else target.lng,
        severity=category.severity,
        category_id=category.pk,
        target_id=target.pk,
    )
    casefile.case_move(case=case, action="accept", actor=actor, kind="case.accepted", refresh=False)
    case.disposition = Disposition.INSPECTION
    case.brief = words
    casefile.case_move(
        case=case,
        action="plan",
        actor=actor,
        kind="case.triaged",
        body={"disposition": case.disposition, "category": category.code, "target": target.pk},
        fields=["disposition", "brief"],
        refresh=False,
    )
    return case


def _need(actor: Actor, case: Case, target: Target, squad: Squad) -> Need:
    return needs.need_open(
        actor=actor, target_id=target.pk, case=case, cause=NeedCause.PATROL, agency_ids=[squad.agency_id]
    )


def _order(actor: Actor, case: Case, need: Need, squad: Squad) -> tuple[Order, Part]:
    """An order that is on scene from its first row: never live, it stands in no other order's way."""
    moment = now()
    order = Order(
        number=number_take(),
        target_id=need.target_id,
        street_id=case.street_id,
        kind=OrderKind.ROUTINE,
        urgency=Urgency.GENERAL,
        planned_day=timezone.localdate(moment),
        brief=case.brief,
        lead_reason="" if squad.kind == SquadKind.ENFORCEMENT_TEAM else str(_("found on patrol")),
        drafted_by_id=actor.user_id,
        drafted_at=moment,
        urgent_first=True,
        issued_at=moment,
        issued_by_id=actor.user_id,
        on_scene_at=moment,
    )
    flow.move(order, "issue_first")
    flow.move(order, "report_in")
    order.save()
    part = Part(
        order=order,
        squad=squad,
        agency=squad.agency,
        is_lead=True,
        called_at=moment,
        acknowledged_at=moment,
        acknowledged_by_id=actor.user_id,
        on_scene_at=moment,
        done_at=moment,
    )
    for action in ("call", "acknowledge", "report_in", "finish"):
        flow.move(part, action)
    part.save()
    needs_link([(order, [need])])
    flow.move(need, "serve")
    need.save(update_fields=["state"])
    # Begun without approval: it is made up by the office's rule for urgent ones, and the order says so (DOMAIN §4).
    deadlines.deadline_start(kind=DeadlineKind.APPROVAL, subject=order, street_id=order.street_id, urgent=True)
    return order, part


def _visit(order: Order, actor: Actor, identity_shown: bool, party_person: str, party_role: str) -> Visit:
    moment = now()
    return Visit.objects.create(
        order=order,
        state=VisitState.CLOSED,
        outcome=VisitOutcome.DONE,
        started_at=moment,
        closed_at=moment,
        closed_by_id=actor.user_id,
        identity_shown=identity_shown,
        party_person=party_person.strip(),
        party_role=party_role.strip(),
    )


def _finding(
    visit: Visit, part: Part, need: Need, category: Category, words: str, item_id: int | None, actor: Actor
) -> Finding:
    item = InspectionItem.objects.filter(pk=item_id, function=part.agency.function).first() if item_id else None
    if item_id and item is None:
        raise Refused("item_unknown", _("This item is not one of the squad's."), field="item", status=422)
    return Finding.objects.create(
        visit=visit,
        part=part,
        need=need,
        agency=part.agency,
        item=item,
        clause_group=(item.clause_group if item else "") or category.clause_group,
        text=words[: findings.TEXT_LENGTH],
        found_by_id=visits.staff_id(actor),
        found_at=now(),
    )


def _moves(case: Case, order: Order, part: Part, actor: Actor, officer_ids: list[int], finding: Finding) -> None:
    """The case and the order as far as the ruling; every step stands in the journal."""
    body = {"order": order.pk, "number": order.number}
    for action, kind in (
        ("dispatch", "case.dispatched"),
        ("visit", "case.visit_started"),
        ("rule", "case.to_rule"),
    ):
        casefile.case_move(case=case, action=action, actor=actor, kind=kind, body=body, refresh=False)
    flow.move(order, "close_visit")
    order.save(update_fields=["state"])
    squads = [part.squad_id]
    journal.record_many(
        entries=[
            Entry(order, "order.drafted", {"target": order.target_id, "squads": squads, "patrol": True}),
            Entry(order, "order.issued", {"squads": squads, "parts": [part.pk], "urgent_first": True}),
            Entry(
                order,
                "order.reported_in",
                {"visit": finding.visit_id, "part": part.pk, "squad": part.squad_id, "officers": officer_ids},
            ),
            Entry(
                order,
                "order.visit_closed",
                {"visit": finding.visit_id, "outcome": VisitOutcome.DONE.value, "findings": [finding.pk]},
            ),
        ],
        actor=actor,
    )
