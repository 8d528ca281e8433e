from teams.models.areas import Community, District, Grid, GridKind, Street, StreetKind
from teams.models.base import Dated, Named
from teams.models.duty import CalendarDay, DayKind, Duty, Leave
from teams.models.history import Change, ChangeAction, Subject
from teams.models.people import (
    ADMIN_ROLES,
    OFFICE_ROLES,
    SQUAD_ROLES,
    Assignment,
    Certificate,
    Invitation,
    Role,
    User,
)
from teams.models.squads import Agency, Function, Power, Squad, SquadKind

__all__ = [
    "ADMIN_ROLES",
    "OFFICE_ROLES",
    "SQUAD_ROLES",
    "Agency",
    "Assignment",
    "CalendarDay",
    "Certificate",
    "Change",
    "ChangeAction",
    "Community",
    "Dated",
    "DayKind",
    "District",
    "Duty",
    "Function",
    "Grid",
    "GridKind",
    "Invitation",
    "Leave",
    "Named",
    "Power",
    "Role",
    "Squad",
    "SquadKind",
    "Street",
    "StreetKind",
    "Subject",
    "User",
]
