"""Addresses of the console; every one stands in the access matrix (tests)."""

from __future__ import annotations

from django.urls import URLPattern, path

from dispatch.console import (
    board,
    case,
    case_acts,
    imports,
    intake,
    map,
    notices,
    order_acts,
    orders,
    overview,
    parties,
    reports,
    search,
    triage,
    wall,
)

app_name = "console"

urlpatterns: list[URLPattern] = [
    path("", board.board, name="board"),
    path("queue/<slug:queue>/", board.board, name="queue"),
    path("queue/<slug:queue>/newcomers/", board.newcomers, name="newcomers"),
    path("rail/", board.rail_part, name="rail"),
    path("rows/<int:pk>/", board.row, name="row"),
    path("accept/", board.accept_many, name="accept_many"),
    path("cases/<int:pk>/", case.case, name="case"),
    path("triage/", triage.triage_first, name="triage_first"),
    path("cases/<int:pk>/triage/", triage.triage, name="triage"),
    path("cases/<int:pk>/triage/agencies/", triage.triage_agencies, name="triage_agencies"),
    path("cases/<int:pk>/triage/parties/", triage.triage_parties, name="triage_parties"),
    *(path(f"cases/<int:pk>/{slug}/", view, name=f"case_{slug}") for slug, view in case_acts.case_views().items()),
    path("complaints/<int:pk>/line/", case_acts.line, name="complaint_line"),
    path("complaints/<int:pk>/contact/", case_acts.reveal, name="complaint_reveal"),
    path("feedback/", overview.feedback_list, name="feedback"),
    path("feedback/<int:pk>/decide/", case_acts.decide, name="feedback_decide"),
    path("plan/", orders.plan, name="plan"),
    path("parties/<int:pk>/order/", orders.order_open, name="order_open"),
    path("orders/", orders.order_list, name="orders"),
    path("orders/<int:pk>/", orders.order, name="order"),
    *(path(f"orders/<int:pk>/{slug}/", view, name=f"order_{slug}") for slug, view in order_acts.order_views().items()),
    *(path(f"parts/<int:pk>/{slug}/", view, name=f"part_{slug}") for slug, view in order_acts.part_views().items()),
    path("parties/", parties.party_list, name="parties"),
    path("parties/new/", parties.party_new, name="party_new"),
    path("parties/<int:pk>/", parties.party, name="party"),
    path("parties/<int:pk>/edit/", parties.party_edit, name="party_edit"),
    path("intake/", intake.take, name="intake"),
    path("imports/", imports.import_list, name="imports"),
    path("imports/<int:pk>/", imports.import_run, name="import"),
    path("imports/<int:pk>/progress/", imports.import_progress, name="import_progress"),
    path("search/", search.search, name="search"),
    path("notices/", notices.notices, name="notices"),
    path("notices/read/", notices.notices_read, name="notices_read"),
    path("messages/", notices.message_list, name="messages"),
    path("messages/<int:pk>/retry/", notices.message_retry, name="message_retry"),
    path("outbox/<int:pk>/retry/", notices.outbox_retry, name="outbox_retry"),
    path("map/", map.map_page, name="map"),
    path("map/points/", map.map_points, name="map_points"),
    path("reports/", reports.reports, name="reports"),
    path("district/", overview.district, name="district"),
    path("wall/", wall.wall_screen, name="wall"),
]
