"""What hangs on a person or a squad: asked before an account is closed or a squad dissolved."""

from __future__ import annotations

from dataclasses import dataclass

from cases.models import Case, CaseStage, LabState, LabTest, Order, Part, PartState, VisitOfficer, VisitState
from teams.models import Assignment, Role, Squad, User
from teams.selectors import people_with

ENDED = (CaseStage.CLOSED, CaseStage.TRANSFERRED, CaseStage.REJECTED, CaseStage.JOINED)
OPEN_PARTS = (PartState.PLANNED, PartState.CALLED, PartState.ACKNOWLEDGED, PartState.ON_SCENE)


@dataclass(frozen=True, slots=True)
class OpenWork:
    """``cases`` in the person's hand can be handed over; who is on a visit has to end it first; ``alone`` names the
    places that would have nobody in the role any more."""

    cases: list[Case]
    orders: list[Order]
    alone: list[str]

    def __bool__(self) -> bool:
        return bool(self.cases or self.orders or self.alone)


def open_work(person: User, *, limit: int = 200) -> OpenWork:
    """The open cases in hand, the visits under way, and the places left without a dispatcher or leader."""
    cases = Case.objects.filter(owner=person).exclude(stage__in=ENDED).select_related("street").order_by("pk")
    on_scene = VisitOfficer.objects.filter(user=person, visit__state=VisitState.OPEN, part__state=PartState.ON_SCENE)
    orders = Order.objects.filter(pk__in=on_scene.values("part__order_id")).order_by("pk")
    return OpenWork(list(cases[:limit]), list(orders[:limit]), _alone(person))


def _alone(person: User) -> list[str]:
    held = Assignment.objects.filter(user=person, role__in=[Role.DISPATCHER, Role.SQUAD_LEADER])
    found = []
    for row in held.select_related("street", "squad").order_by("pk"):
        place = {"street_id": row.street_id} if row.street_id else {"squad_id": row.squad_id or 0}
        others = people_with(Role(row.role), **place).exclude(pk=person.pk)
        mine = people_with(Role(row.role), **place).filter(pk=person.pk)
        if mine.exists() and not others.exists() and _busy(row):
            found.append(f"{Role(row.role).label} · {row.street or row.squad}")
    return found


def _busy(row: Assignment) -> bool:
    if row.squad_id:
        return Part.objects.filter(squad_id=row.squad_id, state__in=OPEN_PARTS).exists()
    return Case.objects.filter(street_id=row.street_id or 0).exclude(stage__in=ENDED).exists()


def squad_work(squad: Squad, *, limit: int = 20) -> tuple[list[Part], list[LabTest]]:
    """Parts that are planned, called or under way, orders still being made included; tests that wait for a report."""
    parts = Part.objects.filter(squad=squad, state__in=OPEN_PARTS).select_related("order").order_by("pk")
    tests = LabTest.objects.filter(laboratory=squad, state=LabState.COMMISSIONED).order_by("pk")
    return list(parts[:limit]), list(tests[:limit])


__all__ = ["OpenWork", "open_work", "squad_work"]
