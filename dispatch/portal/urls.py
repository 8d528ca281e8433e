"""Addresses of the portal; every one stands in the access matrix (tests)."""

from __future__ import annotations

from django.urls import URLPattern, path

from dispatch.portal import lookup, pages, private, report

app_name = "portal"

urlpatterns: list[URLPattern] = [
    path("", pages.home, name="home"),
    path("lookup/", lookup.lookup, name="lookup"),
    path("privacy/", pages.privacy, name="privacy"),
    path("report/", report.what, name="report"),
    path("report/photos/", report.photos, name="photos"),
    path("report/where/", report.where, name="where"),
    path("report/where/parties/", report.parties, name="parties"),
    path("report/send/", report.send, name="send"),
    path("report/done/", report.done, name="done"),
    path("report/clear/", report.clear, name="clear"),
    path("t/<str:token>/", private.private, name="private"),
    path("t/<str:token>/withdraw/", private.withdraw, name="withdraw"),
    path("t/<str:token>/photos/", private.photos, name="private_photos"),
    path("t/<str:token>/slip/", private.slip, name="slip"),
    path("t/<str:token>/code.svg", private.code, name="code"),
]
