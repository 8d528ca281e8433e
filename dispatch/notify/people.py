"""Who stands behind a role at a place, asked once a batch."""

from __future__ import annotations

from collections.abc import Iterable

from teams.models import Role, Squad, Street, User
from teams.selectors import people_with

Ids = frozenset[int]


class People:
    """Ids of active people by role and place, and the people themselves; remembers what it read."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str, int], Ids] = {}
        self._users: dict[int, User] = {}
        self._squads: dict[int, Squad] = {}
        self._districts: dict[int, int] = {}

    def user(self, user_id: int) -> User:
        return self._users[user_id]

    def squad(self, squad_id: int) -> Squad:
        if squad_id not in self._squads:
            self._squads[squad_id] = Squad.objects.get(pk=squad_id)
        return self._squads[squad_id]

    def dispatchers(self, street_id: int) -> Ids:
        """The office's dispatchers; its head where there is none."""
        return self._at(Role.DISPATCHER, "street_id", street_id) or self.heads(street_id)

    def heads(self, street_id: int) -> Ids:
        return self._at(Role.OFFICE_HEAD, "street_id", street_id)

    def checkers(self, street_id: int) -> Ids:
        return self._at(Role.CHECKER, "street_id", street_id)

    def auditors(self) -> Ids:
        users = {user.pk: user for user in people_with(Role.AUDITOR)}
        self._users |= users
        return frozenset(users)

    def supervisors(self, street_id: int) -> Ids:
        if street_id not in self._districts:
            self._districts[street_id] = Street.objects.values_list("district_id", flat=True).get(pk=street_id)
        return self._at(Role.SUPERVISOR, "district_id", self._districts[street_id])

    def leaders(self, squad_id: int) -> Ids:
        """The squad's leaders; its officers where there is none."""
        return self._at(Role.SQUAD_LEADER, "squad_id", squad_id) or self._at(Role.OFFICER, "squad_id", squad_id)

    def members(self, squad_ids: Iterable[int]) -> Ids:
        """Leaders and officers of the squads."""
        found: Ids = frozenset()
        for squad_id in squad_ids:
            found |= self._at(Role.SQUAD_LEADER, "squad_id", squad_id) | self._at(Role.OFFICER, "squad_id", squad_id)
        return found

    def technicians(self, laboratory_id: int) -> Ids:
        return self._at(Role.LAB_TECHNICIAN, "squad_id", laboratory_id)

    def _at(self, role: Role, place: str, pk: int) -> Ids:
        key = (role.value, place, pk)
        if key not in self._held:
            users = {user.pk: user for user in people_with(role, **{place: pk})}
            self._users |= users
            self._held[key] = frozenset(users)
        return self._held[key]
