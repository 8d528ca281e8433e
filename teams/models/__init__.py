from teams.models.areas import Community, District, Grid, GridKind, Street, StreetKind
from teams.models.base import Dated, Named
from teams.models.duty import CalendarDay, DayKind, Duty, Leave
from teams.models.people import OFFICE_ROLES, SQUAD_ROLES, Assignment, Certificate, Role, User
from teams.models.squads import Agency, Function, Power, Squad, SquadKind

__all__ = [
    "OFFICE_ROLES",
    "SQUAD_ROLES",
    "Agency",
    "Assignment",
    "CalendarDay",
    "Certificate",
    "Community",
    "Dated",
    "DayKind",
    "District",
    "Duty",
    "Function",
    "Grid",
    "GridKind",
    "Leave",
    "Named",
    "Power",
    "Role",
    "Squad",
    "SquadKind",
    "Street",
    "StreetKind",
    "User",
]
