"""Reporting in (队伍报到): the first squad on scene ends the order's life as a live one."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from cases import flow, policies
from cases.clock.moment import now
from cases.models import (
    CaseStage,
    DeadlineKind,
    OrderState,
    Part,
    ReportIn,
    Target,
    Visit,
    VisitOfficer,
    VisitState,
)
from cases.refusals import Refused
from cases.selectors.office import FAR_M, office_setting
from cases.selectors.worklist import begins_on
from cases.services import casefile, deadlines, journal
from cases.services.visits.officers import Seat, seats_of, two_needed
from cases.services.visits.scene import Scene, scene_of_part, staff_id
from teams.geo import distance_m
from teams.policies import Actor


def visit_report_in(
    *,
    actor: Actor,
    part_id: int,
    officer_ids: Iterable[int] = (),
    lat: float | None = None,
    lng: float | None = None,
    accuracy_m: float | None = None,
    far_reason: str = "",
    identity_shown: bool = False,
    recusal_asked: bool = False,
    recusal_answer: str = "",
    party_person: str = "",
    party_role: str = "",
    client_key: str | None = None,
) -> ReportIn:
    """A squad is on scene with these people. [order.reported_in, case.visit_started]

    An inspection needs two officers with valid certificates of the part's agency (Penalty Law art. 42); others may be
    with them. A handling task needs only members of the squad. Refused: ``too_few_officers`` (says who does not count
    and why), ``far_reason_needed`` (field), ``person_unknown``, ``not_of_the_squad``, ``wrong_stage``, ``not_allowed``.
    """
    with transaction.atomic():
        scene = scene_of_part(part_id)
        part = scene.part(part_id)
        policies.require(actor, "task.handle" if scene.handling else "visit.report_in", squad_ids=[part.squad_id])
        if client_key and (first := ReportIn.objects.filter(client_key=client_key, part=part).first()):
            return first
        _day_check(scene)
        flow.move(part, "report_in")
        seats = _seats(scene, part, officer_ids, actor)
        far = far_check(scene.order.target, lat, lng, far_reason)
        moment = now()
        part.on_scene_at = moment
        part.save(update_fields=["state", "on_scene_at"])
        _order_begin(scene, actor)
        visit = _visit(scene, identity_shown, party_person, party_role, (recusal_asked, recusal_answer.strip()))
        try:
            with transaction.atomic():
                report = ReportIn.objects.create(
                    visit=visit,
                    part=part,
                    by_id=staff_id(actor),
                    at=moment,
                    lat=lat,
                    lng=lng,
                    accuracy_m=accuracy_m,
                    distance_m=far,
                    far_reason=far_reason.strip(),
                    client_key=client_key or None,
                )
        except IntegrityError as error:
            raise Refused("reported_in_already", _("This squad has reported in already.")) from error
        seats_take(visit, part, seats)
        deadlines.deadline_end(kind=DeadlineKind.ACKNOWLEDGE, subject=part)
        used = deadlines.deadline_end(kind=DeadlineKind.REPORT_IN, subject=part)
        journal.record(
            subject=scene.order,
            kind="order.reported_in",
            actor=actor,
            body={
                "visit": visit.pk,
                "part": part.pk,
                "squad": part.squad_id,
                "officers": [seat.user.pk for seat in seats if seat.counts],
                "others": [seat.user.pk for seat in seats if not seat.counts],
                "distance_m": None if far is None else round(far),
                "far_reason": far_reason.strip(),
            },
            used_seconds=used.seconds if used else None,
            late=used.late if used else None,
        )
        scene.refresh()
    return report


def _day_check(scene: Scene) -> None:
    """The party's term runs until the recheck's first day: nobody judges before it whether the term was kept."""
    if day := begins_on([link.need for link in scene.links()]):
        raise Refused(
            "too_early",
            _("This is a recheck: it begins on %(day)s at the earliest.") % {"day": date_format(day, str(_("j M Y")))},
            {"day": day.isoformat()},
        )


def _seats(scene: Scene, part: Part, officer_ids: Iterable[int], actor: Actor) -> list[Seat]:
    ids = list(dict.fromkeys(officer_ids))
    if not ids and scene.handling and actor.user_id is not None:
        ids = [actor.user_id]
    present = set(scene.visit.officers.values_list("user_id", flat=True)) if scene.visit else set()
    seats = seats_of(ids, part.agency, timezone.localdate(now()), taken=present)
    if not scene.handling:
        two_needed(seats, part.agency)
    return [seat for seat in seats if seat.user.pk not in present]


def far_check(target: Target, lat: float | None, lng: float | None, far_reason: str) -> float | None:
    """Metres between the squad and the target's edge, None when either is unknown.

    ``Refused("far_reason_needed")`` when it is far and nobody says why.
    """
    if lat is None or lng is None or target.lat is None or target.lng is None:
        return None
    away = max(0.0, distance_m(lat, lng, target.lat, target.lng) - (target.radius_m or 0))
    limit = office_setting("report_in_far_m", target.street_id, FAR_M)
    if away > limit and not far_reason.strip():
        raise Refused(
            "far_reason_needed",
            _("You are %(metres)s m away from the place. Say why you report in from there.") % {"metres": round(away)},
            {"distance_m": round(away), "limit_m": limit},
            field="far_reason",
            status=422,
        )
    return away


def _order_begin(scene: Scene, actor: Actor) -> None:
    order = scene.order
    if order.state == OrderState.ON_SCENE:
        return
    flow.move(order, "report_in")
    order.on_scene_at = now()
    order.save(update_fields=["state", "on_scene_at"])
    for case in scene.cases:
        if case.stage == CaseStage.DISPATCHED:
            casefile.case_move(
                case=case,
                action="visit",
                actor=actor,
                kind="case.visit_started",
                body={"order": order.pk, "number": order.number},
                refresh=False,
            )


def _visit(scene: Scene, shown: bool, party_person: str, party_role: str, recusal: tuple[bool, str]) -> Visit:
    visit = scene.visit
    if visit is None or visit.state != VisitState.OPEN:
        visit = Visit(order=scene.order, sequence=visit.sequence + 1 if visit else 1, started_at=now())
    visit.identity_shown = visit.identity_shown or shown
    visit.recusal_asked = visit.recusal_asked or recusal[0]
    visit.recusal_answer = recusal[1] or visit.recusal_answer
    visit.party_person = party_person.strip() or visit.party_person
    visit.party_role = party_role.strip() or visit.party_role
    try:
        with transaction.atomic():
            visit.save()
    except IntegrityError as error:
        raise Refused("visit_begun", _("Another squad has just begun the visit. Report in once more.")) from error
    scene.visit = visit
    return visit


def seats_take(visit: Visit, part: Part, seats: Iterable[Seat]) -> None:
    """Write down who is there, the certificate copied: it may change later."""
    VisitOfficer.objects.bulk_create(
        [
            VisitOfficer(
                visit=visit,
                part=part,
                user=seat.user,
                name=seat.user.name,
                certificate=seat.certificate.number if seat.certificate else "",
                valid_until=seat.certificate.valid_until if seat.certificate else None,
                counts=seat.counts,
            )
            for seat in seats
        ]
    )
