"""The joint teams of a day: the rota proposes them, a person changes them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from cases.models import DayPlan, DayTeam
from cases.refusals import Refused
from cases.selectors.daypool import DAY, start_point
from cases.services.dayplans.locking import plan_lock, plan_touch
from teams.policies import Actor
from teams.selectors import squads_serving


def team_save(
    *,
    actor: Actor,
    plan_id: int,
    squad_ids: Iterable[int],
    starts: int,
    ends: int,
    most: int | None = None,
    team_id: int | None = None,
    version: int | None = None,
) -> DayTeam:
    """Change a team, or add one without ``team_id``. ``ends`` at or before ``starts`` means the next day. Its visits
    stay.

    Refused: ``squads_needed``, ``squad_unknown``, ``team_unknown``, ``plan_changed``, ``day_over``.
    """
    with transaction.atomic():
        plan = plan_lock(actor=actor, plan_id=plan_id, version=version)
        squads = set(squad_ids)
        if not squads:
            raise Refused("squads_needed", _("Choose the squads that go together."), field="squads", status=422)
        if not squads <= {squad.pk for squad in squads_serving(plan.street_id)}:
            raise Refused("squad_unknown", _("This squad does not serve the street."), field="squads", status=422)
        if team_id is None:
            at = start_point(plan.street)
            number = (plan.teams.aggregate(last=Max("number"))["last"] or 0) + 1
            team = DayTeam(plan=plan, number=number, lat=at[0] if at else None, lng=at[1] if at else None)
        else:
            team = _team(plan, team_id)
        team.starts, team.ends, team.most = starts, ends if ends > starts else ends + DAY, most or None
        team.save()
        team.squads.set(squads)
        plan_touch(plan)
    return team


def team_drop(*, actor: Actor, plan_id: int, team_id: int, version: int | None = None) -> None:
    """Take a team out of the day; its open visits wait for another. Refused: ``visit_begun`` when it has made some."""
    with transaction.atomic():
        plan = plan_lock(actor=actor, plan_id=plan_id, version=version)
        team = _team(plan, team_id)
        if team.visits.exclude(order__on_scene_at=None).exists():
            raise Refused("visit_begun", _("This team has begun its visits: it can't be taken out any more."))
        team.visits.update(by_hand=False)
        team.delete()
        plan_touch(plan)


def _team(plan: DayPlan, team_id: int) -> DayTeam:
    team = plan.teams.filter(pk=team_id).first()
    if team is None:
        raise Refused("team_unknown", _("This team is not in the plan any more."), field="team", status=422)
    return team
