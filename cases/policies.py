"""Who may do what: one table of rights, pure. Visibility is a queryset (``visible_to``); this answers for acts.

A right is held through a role at a place: on the street of the subject, in a squad (or laboratory) of the subject, or
anywhere the role is held. Separation of duties is asked in addition, by the services, from ``cases.law``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from teams.models import Role
from teams.policies import GROUND_RIGHTS, Actor, Place, Right, may_by, not_allowed


def _at_street(*roles: Role) -> Right:
    return Right(frozenset(roles), Place.STREET)


def _in_squad(*roles: Role) -> Right:
    return Right(frozenset(roles), Place.SQUAD)


def _anywhere(*roles: Role) -> Right:
    return Right(frozenset(roles), Place.ANYWHERE)


_OFFICE = (Role.DISPATCHER, Role.OFFICE_HEAD)
_OFFICERS = (Role.SQUAD_LEADER, Role.OFFICER)

__all__ = ["RIGHTS", "Place", "Right", "may", "require"]

RIGHTS: Mapping[str, Right] = MappingProxyType(
    {
        # the office
        "complaint.take": _at_street(*_OFFICE),
        "complaint.line": _at_street(*_OFFICE, Role.CHECKER),
        "identity.reveal": _at_street(*_OFFICE, Role.CHECKER),
        "identity.export": _at_street(Role.OFFICE_HEAD),
        "case.accept": _at_street(*_OFFICE),
        "case.triage": _at_street(*_OFFICE),
        "case.reject": _at_street(*_OFFICE),
        "case.join": _at_street(*_OFFICE),
        "case.assign": _at_street(*_OFFICE),
        "case.note": _at_street(*_OFFICE, Role.CHECKER),
        "photo.share": _at_street(*_OFFICE),
        "case.return": _at_street(*_OFFICE),
        "case.check_after": _at_street(*_OFFICE, Role.CHECKER),
        "case.close": _at_street(*_OFFICE, Role.CHECKER),
        "case.rework": _at_street(*_OFFICE),
        "target.edit": _at_street(*_OFFICE),
        "plan.publish": _at_street(*_OFFICE),
        "order.draft": _at_street(*_OFFICE),
        "order.approve": _at_street(Role.OFFICE_HEAD),
        "order.issue": _at_street(*_OFFICE),
        "order.cancel": _at_street(*_OFFICE),
        "order.change": _at_street(*_OFFICE),
        "part.urge": _at_street(*_OFFICE),
        "import.run": _at_street(*_OFFICE),
        # the squads
        "part.acknowledge": _in_squad(*_OFFICERS),
        "part.return": _in_squad(*_OFFICERS),
        "visit.report_in": _in_squad(*_OFFICERS),
        "visit.answer": _in_squad(*_OFFICERS),
        "visit.photo": _in_squad(*_OFFICERS, Role.AUXILIARY),
        "visit.close": _in_squad(*_OFFICERS),
        "task.handle": _in_squad(*_OFFICERS, Role.AUXILIARY),
        "lab.commission": _in_squad(*_OFFICERS),
        "lab.report": _in_squad(Role.LAB_TECHNICIAN),
        "finding.add": _in_squad(*_OFFICERS),
        "ruling.issue": _in_squad(*_OFFICERS),
        "patrol.record": _in_squad(*_OFFICERS),
        # the grid
        "alert.send": _at_street(Role.GRID_WORKER),
        # looking on
        "case.export": _anywhere(*_OFFICE, Role.SUPERVISOR, Role.AUDITOR),
        "message.view": _anywhere(Role.SYSTEM_ADMIN, Role.AUDITOR),
        "message.retry": _anywhere(Role.SYSTEM_ADMIN),
        "identity.erase": _anywhere(Role.SECURITY_ADMIN),  # reads none of it: counts, references, masks
        "district.view": _anywhere(Role.SUPERVISOR, Role.AUDITOR),
        **GROUND_RIGHTS,
    }
)


def may(actor: Actor, right: str, *, street_id: int | None = None, squad_ids: Iterable[int] = ()) -> bool:
    """Whether the actor holds the right at the subject's street, or in one of the subject's squads."""
    return may_by(RIGHTS[right], actor, street_id=street_id, squad_ids=squad_ids)


def require(actor: Actor, right: str, *, street_id: int | None = None, squad_ids: Iterable[int] = ()) -> None:
    """``may`` or ``Refused("not_allowed", status=403)``."""
    if not may(actor, right, street_id=street_id, squad_ids=squad_ids):
        raise not_allowed(right)
