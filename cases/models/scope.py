"""Who sees which rows (DESIGN §3, Scope): a queryset, never a chain of filters in a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q

from teams.models import Role
from teams.policies import Actor
from teams.scope import of_own_streets

if TYPE_CHECKING:
    from cases.models.case import Case  # noqa: F401 - named in a string below
    from cases.models.order import Order  # noqa: F401 - named in a string below


_NOT_CALLED = ("planned", "released")
"""Parts through which a squad sees nothing: not called yet, or excused."""


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, actor: Actor) -> CaseQuerySet:
        """Cases the actor may see: the office its streets', a district supervisor the district's, an auditor all,
        a squad those on an order it was called to (a released part no longer counts), a grid worker those of the
        reports they sent."""
        if actor.is_system or actor.has(Role.AUDITOR):
            return self
        rule = of_own_streets(actor)
        squads = actor.squads()
        if squads:
            from cases.models.order import OrderNeed, Part

            called = Part.objects.filter(squad_id__in=squads).exclude(state__in=_NOT_CALLED)
            rule |= Q(
                Exists(
                    OrderNeed.objects.filter(
                        need__case=OuterRef("pk"), released_at__isnull=True, order__in=called.values("order")
                    )
                )
            )
        if actor.has(Role.GRID_WORKER):
            from cases.models.case import CaseComplaint

            rule |= Q(Exists(CaseComplaint.objects.filter(case=OuterRef("pk"), complaint__taken_by_id=actor.user_id)))
        return self.filter(rule)


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, actor: Actor) -> OrderQuerySet:
        """Orders the actor may see: the office its streets', a squad those it was called to (a released part no longer
        counts), a laboratory those with a commission of its own."""
        if actor.is_system or actor.has(Role.AUDITOR):
            return self
        rule = of_own_streets(actor)
        squads = actor.squads()
        if squads:
            from cases.models.order import Part

            rule |= Q(
                Exists(Part.objects.filter(order=OuterRef("pk"), squad_id__in=squads).exclude(state__in=_NOT_CALLED))
            )
        if actor.laboratories:
            from cases.models.visit import LabTest

            rule |= Q(Exists(LabTest.objects.filter(visit__order=OuterRef("pk"), laboratory_id__in=actor.laboratories)))
        return self.filter(rule)
