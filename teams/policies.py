"""Who is asking: an ``Actor`` is a snapshot of a person's assignments, read once a request; rules look only at it."""

from __future__ import annotations

from dataclasses import dataclass, field

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
