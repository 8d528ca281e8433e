"""Addresses of the API; operations that share one stand in one line. Every one is in the access matrix (tests)."""

from __future__ import annotations

from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from dispatch.api import docs
from dispatch.api.operation import Unknown, endpoint
from dispatch.api.views import cases, ground, orders, residents, scene, webhooks

app_name = "api"

V1 = "v1/"


class Anything(StringConverter):
    """Line breaks too, where ``path`` ends: what is no address is told as a problem, however it is spelled."""

    regex = "(?s:.+)"


register_converter(Anything, "anything")
urlpatterns: list[URLPattern] = [
    path("schema/", docs.schema, name="schema"),
    path("docs/", docs.docs, name="docs"),
    path(V1 + "me/", endpoint(ground.me), name="me"),
    path(V1 + "streets/", endpoint(ground.street_list), name="streets"),
    path(V1 + "agencies/", endpoint(ground.agency_list), name="agencies"),
    path(V1 + "squads/", endpoint(ground.squad_list), name="squads"),
    path(V1 + "categories/", endpoint(ground.category_list), name="categories"),
    path(V1 + "members/", endpoint(ground.member_list), name="members"),
    path(V1 + "complaints/", endpoint(residents.complaint_create), name="complaints"),
    path(V1 + "complaints/track/", endpoint(residents.complaint_track), name="complaint_track"),
    path(V1 + "complaints/feedback/", endpoint(residents.feedback_create), name="feedback"),
    path(V1 + "complaints/taken/", endpoint(residents.complaint_take), name="complaint_take"),
    path(V1 + "cases/", endpoint(cases.case_list), name="cases"),
    path(V1 + "cases/<int:pk>/", endpoint(cases.case_retrieve), name="case"),
    path(V1 + "cases/<int:pk>/accept/", endpoint(cases.case_accept), name="case_accept"),
    path(V1 + "cases/<int:pk>/triage/", endpoint(cases.case_triage), name="case_triage"),
    path(V1 + "cases/<int:pk>/reject/", endpoint(cases.case_reject), name="case_reject"),
    path(V1 + "cases/<int:pk>/merge/", endpoint(cases.case_merge), name="case_merge"),
    path(V1 + "cases/<int:pk>/check-after/", endpoint(cases.checkafter_submit), name="case_check_after"),
    path(V1 + "cases/<int:pk>/close/", endpoint(cases.case_close), name="case_close"),
    path(V1 + "targets/", endpoint(orders.target_list, orders.target_create), name="targets"),
    path(V1 + "targets/<int:pk>/", endpoint(orders.target_retrieve), name="target"),
    path(V1 + "orders/", endpoint(orders.order_list, orders.order_open), name="orders"),
    path(V1 + "orders/<int:pk>/", endpoint(orders.order_retrieve), name="order"),
    path(V1 + "orders/<int:pk>/submit/", endpoint(orders.order_submit), name="order_submit"),
    path(V1 + "orders/<int:pk>/approve/", endpoint(orders.order_approve), name="order_approve"),
    path(V1 + "orders/<int:pk>/issue/", endpoint(orders.order_issue), name="order_issue"),
    path(V1 + "orders/<int:pk>/cancel/", endpoint(orders.order_cancel), name="order_cancel"),
    path(V1 + "photos/", endpoint(scene.photo_create), name="photos"),
    path(V1 + "parts/", endpoint(scene.part_list), name="parts"),
    path(V1 + "parts/<int:pk>/", endpoint(scene.part_retrieve), name="part"),
    path(V1 + "parts/<int:pk>/acknowledge/", endpoint(scene.part_acknowledge), name="part_acknowledge"),
    path(V1 + "parts/<int:pk>/return/", endpoint(scene.part_return), name="part_return"),
    path(V1 + "parts/<int:pk>/report-in/", endpoint(scene.visit_report_in), name="part_report_in"),
    path(V1 + "parts/<int:pk>/finish/", endpoint(scene.part_finish), name="part_finish"),
    path(V1 + "parts/<int:pk>/findings/", endpoint(scene.finding_submit), name="part_findings"),
    path(V1 + "items/<int:pk>/answer/", endpoint(scene.item_answer), name="item_answer"),
    path(V1 + "items/<int:pk>/test/", endpoint(scene.lab_commission), name="item_test"),
    path(V1 + "tests/<int:pk>/report/", endpoint(scene.lab_report), name="lab_report"),
    path(V1 + "visits/<int:pk>/close/", endpoint(scene.visit_close), name="visit_close"),
    path(V1 + "findings/<int:pk>/ruling/", endpoint(scene.ruling_issue), name="ruling"),
    path(V1 + "webhooks/", endpoint(webhooks.webhook_list, webhooks.webhook_create), name="webhooks"),
    path(
        V1 + "webhooks/<int:pk>/",
        endpoint(webhooks.webhook_retrieve, webhooks.webhook_update, webhooks.webhook_delete),
        name="webhook",
    ),
    path(V1 + "webhooks/<int:pk>/test/", endpoint(webhooks.webhook_test), name="webhook_test"),
    path(V1 + "webhooks/<int:pk>/secret/", endpoint(webhooks.webhook_secret), name="webhook_secret"),
    path(V1 + "webhooks/<int:pk>/deliveries/", endpoint(webhooks.webhook_deliveries), name="webhook_deliveries"),
    path(V1 + "webhooks/deliveries/<int:pk>/retry/", endpoint(webhooks.delivery_retry), name="webhook_delivery_retry"),
    path(V1 + "<anything:rest>", Unknown.as_view(), name="unknown"),
]
