"""Who is asking: an ``Actor`` is a snapshot of a person's assignments, read once a request; rules look only at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from cases.refusals import Refused
from teams.models import OFFICE_ROLES, SQUAD_ROLES, Role


@dataclass(frozen=True, slots=True)
class Grant:
    """One role in force, with the ids of its place (see ``teams.models.Assignment``)."""

    role: Role
    street_id: int | None = None
    squad_id: int | None = None
    district_id: int | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. ``user_id`` is None for the system itself and for residents, who have no account."""

    user_id: int | None
    grants: tuple[Grant, ...] = ()
    name: str = ""
    kind: str = "staff"  # staff, system, resident
    _roles: frozenset[Role] = field(init=False, repr=False, compare=False, default=frozenset())

    def __post_init__(self) -> None:
        object.__setattr__(self, "_roles", frozenset(grant.role for grant in self.grants))

    @property
    def is_system(self) -> bool:
        return self.kind == "system"

    def as_reader(self) -> Actor:
        """The same rights to look without the person where none hangs on it: colleagues of one office are equal."""
        own = self.user_id if self.has(Role.GRID_WORKER) else None
        return Actor(own, self.grants, kind=self.kind)

    def has(self, *roles: Role) -> bool:
        return any(role in self._roles for role in roles)

    def streets(self, *roles: Role) -> frozenset[int]:
        """Streets where the actor holds one of the roles (default: any office role)."""
        wanted = frozenset(roles) or OFFICE_ROLES
        return frozenset(g.street_id for g in self.grants if g.role in wanted and g.street_id is not None)

    def squads(self, *roles: Role) -> frozenset[int]:
        """Squads where the actor holds one of the roles (default: any squad role, laboratories not among them)."""
        wanted = frozenset(roles) or SQUAD_ROLES
        return frozenset(g.squad_id for g in self.grants if g.role in wanted and g.squad_id is not None)

    @property
    def laboratories(self) -> frozenset[int]:
        return self.squads(Role.LAB_TECHNICIAN)

    @property
    def districts(self) -> frozenset[int]:
        return frozenset(g.district_id for g in self.grants if g.role == Role.SUPERVISOR and g.district_id is not None)

    @property
    def main_role(self) -> str:
        """The role written into the journal: the first granted, ``system`` or ``resident``."""
        if self.kind != "staff":
            return self.kind
        return self.grants[0].role.value if self.grants else "none"


SYSTEM = Actor(user_id=None, kind="system")
RESIDENT = Actor(user_id=None, kind="resident")


class Place(StrEnum):
    STREET = "street"
    SQUAD = "squad"
    ANYWHERE = "anywhere"


@dataclass(frozen=True, slots=True)
class Right:
    """Held by any of ``roles`` at ``place`` of the subject."""

    roles: frozenset[Role]
    place: Place


def _anywhere(*roles: Role) -> Right:
    return Right(frozenset(roles), Place.ANYWHERE)


GROUND_RIGHTS: Mapping[str, Right] = MappingProxyType(
    {
        # administration, by three who are separate: one makes, one grants, one reads
        "leave.manage": Right(frozenset({Role.OFFICE_HEAD}), Place.STREET),
        "duty.manage": Right(frozenset({Role.OFFICE_HEAD}), Place.STREET),
        "ground.view": _anywhere(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR, Role.OFFICE_HEAD),
        "ground.edit": _anywhere(Role.SYSTEM_ADMIN),
        "catalogue.edit": _anywhere(Role.SYSTEM_ADMIN),
        "duty.manage_all": _anywhere(Role.SYSTEM_ADMIN),
        "staff.edit": _anywhere(Role.SYSTEM_ADMIN),
        "leave.record": _anywhere(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN),
        "role.grant": _anywhere(Role.SECURITY_ADMIN),
        "factor.reset": _anywhere(Role.SECURITY_ADMIN),
        "door.manage": _anywhere(Role.SECURITY_ADMIN),  # tokens and webhooks: what lets data out is granted
        "history.view": _anywhere(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR),
    }
)
"""Rights over the ground and the catalogue; ``cases.policies.RIGHTS`` holds them too."""


def may_by(rule: Right, actor: Actor, *, street_id: int | None = None, squad_ids: Iterable[int] = ()) -> bool:
    """Whether the actor holds the rule at the subject's street, or in one of the subject's squads."""
    if actor.is_system:
        return True
    if rule.place is Place.ANYWHERE:
        return actor.has(*rule.roles)
    if rule.place is Place.STREET:
        return street_id is not None and street_id in actor.streets(*rule.roles)
    return not actor.squads(*rule.roles).isdisjoint(squad_ids)


def may(actor: Actor, right: str, *, street_id: int | None = None) -> bool:
    """Whether the actor holds the right over the ground."""
    return may_by(GROUND_RIGHTS[right], actor, street_id=street_id)


def not_allowed(right: str) -> Refused:
    """The refusal of somebody without the right."""
    return Refused("not_allowed", _("Your role does not include this."), {"right": right}, status=403)


def require(actor: Actor, right: str, *, street_id: int | None = None) -> None:
    """``may`` or ``Refused("not_allowed", status=403)``."""
    if not may(actor, right, street_id=street_id):
        raise not_allowed(right)
