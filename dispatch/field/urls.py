"""Addresses of the field."""

from __future__ import annotations

from django.urls import path

from dispatch.field import alert, app, arrival, closing, lab, order, patrol, record, ruling, today, visit

app_name = "field"
urlpatterns = [
    path("", today.today, name="today"),
    path("whistle/", today.whistle, name="whistle"),
    path("photo/", app.photo, name="photo"),
    path("app.webmanifest", app.manifest, name="manifest"),
    path("sw.js", app.worker, name="worker"),
    path("offline/", app.offline, name="offline"),
    path("notices/", today.notices, name="notices"),
    path("notices/read/", today.notices_read, name="notices_read"),
    path("me/", today.me, name="me"),
    path("order/<int:pk>/", today.order, name="order"),
    path("part/<int:pk>/", order.part, name="part"),
    path("part/<int:pk>/acknowledge/", order.acknowledge, name="acknowledge"),
    path("part/<int:pk>/return/", order.give_back, name="return"),
    path("part/<int:pk>/arrive/", arrival.arrive, name="arrive"),
    path("part/<int:pk>/visit/", visit.visit, name="visit"),
    path("part/<int:pk>/photos/", visit.photos, name="photos"),
    path("part/<int:pk>/finding/", visit.finding, name="finding_add"),
    path("part/<int:pk>/finish/", visit.finish, name="finish"),
    path("part/<int:pk>/record/", record.record, name="record"),
    path("part/<int:pk>/close/", closing.close, name="close"),
    path("part/<int:pk>/task/", closing.task, name="task"),
    path("item/<int:pk>/", visit.item, name="item"),
    path("item/<int:pk>/sample/", visit.sample, name="sample"),
    path("item/<int:pk>/sample/off/", visit.sample_off, name="sample_off"),
    path("finding/<int:pk>/", ruling.finding, name="finding"),
    path("tests/", lab.labs, name="labs"),
    path("tests/<int:pk>/", lab.lab, name="lab"),
    path("patrol/", patrol.patrol, name="patrol"),
    path("patrol/parties/", patrol.parties, name="parties"),
    path("alert/", alert.alert, name="alert"),
]
