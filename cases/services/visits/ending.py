"""Finishing a part, and the end of the visit as far as squads and needs go; findings and cases follow above."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases import flow, policies
from cases.clock.moment import now
from cases.models import (
    Answer,
    DeadlineKind,
    LabState,
    LabTest,
    Need,
    OrderNeed,
    Part,
    PartState,
    Visit,
    VisitOutcome,
    VisitState,
)
from cases.refusals import Refused
from cases.services import deadlines, journal, needs
from cases.services.visits.answers import there_required
from cases.services.visits.scene import Scene, scene_of_part
from teams.policies import Actor

ARRIVED = (PartState.ON_SCENE, PartState.DONE)
EXPECTED = (PartState.CALLED, PartState.ACKNOWLEDGED, PartState.RETURNED)


@dataclass(slots=True)
class Ended:
    """What the end of a visit left: needs served, and needs that wait for another one (old need → new or same)."""

    visit: Visit
    served: list[Need] = field(default_factory=list)
    reopened: list[tuple[Need, Need]] = field(default_factory=list)
    absent: list[Part] = field(default_factory=list)
    reason: str = ""


def part_finish(*, actor: Actor, part_id: int, note: str = "") -> Part:
    """A squad is through with its items. [order.part_finished]

    Refused: ``items_open`` (how many are unanswered), ``wrong_stage``, ``not_on_the_visit``, ``not_allowed``.
    """
    with transaction.atomic():
        scene = scene_of_part(part_id)
        part = scene.part(part_id)
        policies.require(actor, "task.handle" if scene.handling else "visit.answer", squad_ids=[part.squad_id])
        if scene.visit is not None and part.state == PartState.ON_SCENE:
            there_required(visit=scene.visit, part=part, actor=actor, handling=scene.handling)
        _finish(scene, part, actor, note)
        scene.refresh()
    return part


def _finish(scene: Scene, part: Part, actor: Actor, note: str = "") -> None:
    answers = Answer.objects.filter(visit=scene.visit, part_item__part=part) if scene.visit else Answer.objects.none()
    results = Counter(answers.values_list("result", flat=True))
    missing = part.items.count() - results.total()
    if part.state == PartState.ON_SCENE and missing > 0:
        raise Refused(
            "items_open",
            _("Items not answered yet: %(count)s.") % {"count": missing},
            {"count": missing, "part": part.pk},
        )
    flow.move(part, "finish")
    part.done_at = now()
    part.save(update_fields=["state", "done_at"])
    journal.record(
        subject=scene.order,
        kind="order.part_finished",
        actor=actor,
        body={"part": part.pk, "squad": part.squad_id, "results": dict(sorted(results.items())), "note": note.strip()},
    )


def visit_end(
    *,
    scene: Scene,
    actor: Actor,
    outcome: str,
    absent_part_ids: Iterable[int] = (),
    note: str = "",
    party_opinion: str = "",
) -> Ended:
    """End the visit of the locked scene: parts, visit, order and needs. ``followups.visit_close`` is the whole act.

    Refused: ``not_lead``, ``visit_closed``, ``outcome_unknown``, ``parts_open`` (squads still on scene),
    ``parts_silent`` (squads that never came and are not named absent), ``lead_absent``, ``nobody_there``.
    """
    visit = scene.visit
    lead = scene.lead
    if lead is None or (visit is None and lead.state not in ARRIVED):
        raise Refused("nobody_there", _("Nobody has reported in yet."))
    policies.require(actor, "task.handle" if scene.handling else "visit.close", squad_ids=_squads(scene))
    if not actor.is_system and lead.squad_id not in actor.squads():
        raise Refused("not_lead", _("The lead squad closes the visit."), status=403)
    if visit is None or visit.state != VisitState.OPEN:
        raise Refused("visit_closed", _("This visit is closed already."))
    if outcome not in VisitOutcome.values:
        raise Refused("outcome_unknown", _("Say how the visit ended."), field="outcome", status=422)
    if not scene.handling and lead.state in ARRIVED:
        there_required(visit=visit, part=lead, actor=actor, handling=scene.handling)
    ended = Ended(visit, reason=_reason(outcome, note))
    done = outcome == VisitOutcome.DONE
    _parts_end(scene, set(absent_part_ids), done, ended, actor)
    moment = now()
    visit.state = VisitState.CLOSED
    visit.outcome = outcome
    visit.closed_at = moment
    visit.closed_by_id = actor.user_id
    visit.note = note.strip()
    if visit.signed_at is None:  # what was signed stays as it was signed
        visit.party_opinion = party_opinion.strip() or visit.party_opinion
    visit.save()
    flow.move(scene.order, "close_visit")
    scene.order.save(update_fields=["state"])
    _needs_end(scene, done, ended, actor)
    return ended


def _squads(scene: Scene) -> list[int]:
    return [part.squad_id for part in scene.parts]


def _reason(outcome: str, note: str) -> str:
    label = str(VisitOutcome(outcome).label)
    return f"{label}: {note.strip()}" if note.strip() else label


def _parts_end(scene: Scene, absent_ids: Collection[int], done: bool, ended: Ended, actor: Actor) -> None:
    """Every part is done or absent afterwards. A visit that did not take place asks for no answers."""
    there = [part for part in scene.parts if part.state == PartState.ON_SCENE]
    if done and not scene.handling and there:
        raise Refused(
            "parts_open",
            _("Still on scene: %(squads)s. They finish their parts first.")
            % {"squads": gettext(", ").join(str(part.squad) for part in there)},
            {"parts": [part.pk for part in there]},
        )
    missing = [part for part in scene.parts if part.state in EXPECTED]
    silent = [part for part in missing if part.pk not in absent_ids]
    if done and silent:
        raise Refused(
            "parts_silent",
            _("Not there: %(squads)s. Wait for them, or mark them absent.")
            % {"squads": gettext(", ").join(str(part.squad) for part in silent)},
            {"parts": [part.pk for part in silent]},
            field="absent",
        )
    if done and any(part.is_lead for part in missing):
        raise Refused("lead_absent", _("The lead squad was not there: it can't close the visit as done."))
    moment = now()
    for part in there:
        flow.move(part, "finish")
        part.done_at = moment
        part.save(update_fields=["state", "done_at"])
    for part in missing:
        flow.move(part, "miss")
        part.save(update_fields=["state"])
        deadlines.deadline_end(kind=DeadlineKind.ACKNOWLEDGE, subject=part)
        used = deadlines.deadline_end(kind=DeadlineKind.REPORT_IN, subject=part)
        journal.record(
            subject=scene.order,
            kind="order.part_missed",
            actor=actor,
            body={"part": part.pk, "squad": part.squad_id},
            used_seconds=used.seconds if used else None,
            late=used.late if used else None,
        )
    ended.absent = missing


def _needs_end(scene: Scene, done: bool, ended: Ended, actor: Actor) -> None:
    """Serve what was looked at; what was not waits for another visit, from the next day at the earliest."""
    gone = {part.agency_id for part in ended.absent}
    for link in scene.links():
        need = link.need
        asked = {row.agency_id for row in need.agency_links.all()}
        if scene.handling or (done and not asked & gone):
            _serve(need, ended)
        elif done and asked - gone:
            _serve(need, ended)
            ended.reopened.append((need, _need_again(need, asked & gone, actor)))
        else:
            _release(link, ended.reason)
            ended.reopened.append((need, need))


def _serve(need: Need, ended: Ended) -> None:
    flow.move(need, "serve")
    need.save(update_fields=["state"])
    ended.served.append(need)


def _release(link: OrderNeed, reason: str) -> None:
    need = link.need
    link.released_at = now()
    link.release_reason = reason[:240]
    link.save(update_fields=["released_at", "release_reason"])
    flow.move(need, "release", reason=reason)
    need.from_day = max(need.from_day, _tomorrow())
    need.due_day = max(need.due_day, need.from_day)
    need.save(update_fields=["state", "from_day", "due_day"])


def _need_again(need: Need, agency_ids: set[int], actor: Actor) -> Need:
    """A new need of the same case for the agencies that did not come."""
    first = max(need.from_day, _tomorrow())
    return needs.need_open(
        actor=actor,
        target_id=need.target_id,
        case=need.case,
        cause=need.cause,
        agency_ids=agency_ids,
        from_day=first,
        due_day=max(need.due_day, first),
        urgency=need.urgency,
        items={
            row.agency_id: [item.pk for item in row.items.all()]
            for row in need.agency_links.all()
            if row.agency_id in agency_ids
        },
        hour_from=need.hour_from,
        hour_until=need.hour_until,
        announced=need.announced,
        note=need.note,
    )


def _tomorrow() -> date:
    return timezone.localdate(now()) + timedelta(days=1)


def labs_open(order_id: int) -> bool:
    """Whether a test of the order still waits for its report."""
    return LabTest.objects.filter(visit__order_id=order_id, state=LabState.COMMISSIONED).exists()
