"""Addresses of the administration, ``console:admin_…``; every one stands in the access matrix (tests)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from dispatch.console.admin import areas, catalogue, clocks, duty, history, home, items, people, powers, roles, squads

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
    ("powers/", powers.power_index, "powers"),
    ("powers/new/", powers.power_new, "power_new"),
    ("powers/<int:pk>/", powers.power, "power"),
    ("powers/<int:pk>/change/", powers.power_change, "power_change"),
    ("powers/<int:pk>/end/", powers.power_end, "power_end"),
    ("duty/", duty.duty_index, "duty"),
    ("duty/<slug:kind>/<int:pk>/", duty.duty_page, "duty_week"),
    ("duty/<slug:kind>/<int:pk>/copy/", duty.duty_copy, "duty_copy"),
    ("calendar/", duty.calendar, "calendar"),
    ("calendar/new/", duty.calendar_new, "calendar_new"),
    ("calendar/<int:pk>/remove/", duty.calendar_remove, "calendar_remove"),
    ("areas/", areas.area_index, "areas"),
    ("areas/file/", areas.area_file, "area_file"),
    ("areas/district/", areas.district_new, "district_new"),
    ("areas/district/<int:pk>/", areas.district_edit, "district_edit"),
    ("areas/district/<int:pk>/street/", areas.street_new, "street_new"),
    ("areas/street/<int:pk>/", areas.street_edit, "street_edit"),
    ("areas/street/<int:pk>/community/", areas.community_new, "community_new"),
    ("areas/community/<int:pk>/", areas.community_edit, "community_edit"),
    ("areas/community/<int:pk>/grid/", areas.grid_new, "grid_new"),
    ("areas/grid/<int:pk>/", areas.grid_edit, "grid_edit"),
    ("areas/grid/<int:pk>/end/", areas.grid_end, "grid_end"),
    ("areas/grid/<int:pk>/replace/", areas.grid_replace, "grid_replace"),
    ("categories/", catalogue.category_index, "categories"),
    ("categories/new/", catalogue.category_new, "category_new"),
    ("categories/<int:pk>/", catalogue.category, "category"),
    ("categories/<int:pk>/edit/", catalogue.category_edit, "category_edit"),
    ("categories/<int:pk>/words/", catalogue.category_words, "category_words"),
    ("items/", items.item_index, "items"),
    ("items/new/", items.item_new, "item_new"),
    ("items/<int:pk>/", items.item, "item"),
    ("items/<int:pk>/edit/", items.item_edit, "item_edit"),
    ("items/<int:pk>/replace/", items.item_replace, "item_replace"),
    ("items/<int:pk>/end/", items.item_end, "item_end"),
    ("items/<int:pk>/limit/", items.limit_new, "limit_new"),
    ("items/<int:pk>/basis/", items.basis_new, "basis_new"),
    ("bases/<int:pk>/confirm/", items.basis_confirm, "basis_confirm"),
    ("bases/<int:pk>/end/", items.basis_end, "basis_end"),
    ("clocks/", clocks.clock_index, "clocks"),
    ("clocks/<slug:kind>/<int:urgent>/", clocks.clock, "clock"),
    ("clocks/<int:pk>/withdraw/", clocks.clock_withdraw, "clock_withdraw"),
    ("texts/", clocks.text_index, "texts"),
    ("texts/setting/<slug:key>/", clocks.setting, "setting"),
    ("texts/text/<slug:key>/", clocks.text, "text"),
)


def admin_urls(prefix: str) -> list[URLPattern]:
    """All of them under ``prefix``."""
    return [path(prefix + route, view, name=f"admin_{name}") for route, view, name in ROUTES]
