"""Addresses of the administration, ``console:admin_…``; every one stands in the access matrix (tests)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from dispatch.console.admin import history, home, people, roles, squads

ROUTES: tuple[tuple[str, Callable[..., Any], str], ...] = (
    ("", home.home, "home"),
    ("history/", history.history, "history"),
    ("people/", people.person_list, "people"),
    ("people/new/", people.person_new, "person_new"),
    ("people/<int:pk>/", people.person, "person"),
    ("people/<int:pk>/edit/", people.person_edit, "person_edit"),
    ("people/<int:pk>/invite/", people.person_invite, "person_invite"),
    ("people/<int:pk>/close/", people.person_close, "person_close"),
    ("people/<int:pk>/reopen/", people.person_reopen, "person_reopen"),
    ("people/<int:pk>/reset/", people.person_reset, "person_reset"),
    ("people/<int:pk>/role/", roles.role_new, "role_new"),
    ("people/<int:pk>/certificate/", roles.certificate_new, "certificate_new"),
    ("people/<int:pk>/leave/", roles.leave_new, "leave_new"),
    ("roles/<int:pk>/end/", roles.role_end, "role_end"),
    ("certificates/<int:pk>/renew/", roles.certificate_renew, "certificate_renew"),
    ("certificates/<int:pk>/revoke/", roles.certificate_revoke, "certificate_revoke"),
    ("leaves/<int:pk>/end/", roles.leave_end, "leave_end"),
    ("squads/", squads.squad_index, "squads"),
    ("squads/new/", squads.squad_new, "squad_new"),
    ("squads/<int:pk>/", squads.squad, "squad"),
    ("squads/<int:pk>/edit/", squads.squad_edit, "squad_edit"),
    ("squads/<int:pk>/dissolve/", squads.squad_dissolve, "squad_dissolve"),
    ("formation/<int:pk>/", squads.street_formation, "formation"),
    ("agencies/", squads.agency_index, "agencies"),
    ("agencies/new/", squads.agency_new, "agency_new"),
    ("agencies/<int:pk>/", squads.agency, "agency"),
    ("agencies/<int:pk>/edit/", squads.agency_edit, "agency_edit"),
    ("agencies/<int:pk>/close/", squads.agency_close, "agency_close"),
)


def admin_urls(prefix: str) -> list[URLPattern]:
    """All of them under ``prefix``."""
    return [path(prefix + route, view, name=f"admin_{name}") for route, view, name in ROUTES]
