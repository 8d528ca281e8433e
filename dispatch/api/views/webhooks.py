"""Webhooks of one's own account: other systems hear of events instead of asking for them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiWebhook, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request

from dispatch.api.etags import etag_of
from dispatch.api.fetching import desk_required
from dispatch.api.filters import DeliveryFilter
from dispatch.api.operation import Call, operation
from dispatch.api.serializers import webhooks as shapes
from dispatch.notify.models import Delivery, Webhook
from dispatch.notify.webhooks import services
from dispatch.web.access import actor_for
from teams.models import User

SCOPE = "webhooks:manage"
READS = "cases:read"


def _me(request: Request) -> int:
    return actor_for(request).user_id or 0


def _desk(request: Request) -> None:
    desk_required(request)


def _reader(request: Request) -> None:
    """Who may set one up: a token that could read the same by asking."""
    desk_required(request)
    token: Any = request.auth  # an ApiToken: the operation has a scope
    if READS not in token.scopes:
        raise exceptions.PermissionDenied(
            _("This token is not for that: it lacks the scope %(scope)s.") % {"scope": READS}
        )


def _own(request: Request, pk: int) -> Webhook:
    desk_required(request)
    found = Webhook.objects.filter(user_id=_me(request), pk=pk).first()
    if found is None:
        raise Http404
    return found


def _own_delivery(request: Request, pk: int) -> Delivery:
    desk_required(request)
    found = Delivery.objects.filter(webhook__user_id=_me(request), pk=pk).first()
    if found is None:
        raise Http404
    return found


@operation("webhook_list", "GET", fetch=_desk, scope=SCOPE, answer=shapes.WebhookOut, ordering=("-id",))
def webhook_list(call: Call) -> QuerySet[Webhook]:
    """The account's webhooks, the newest first."""
    return Webhook.objects.filter(user_id=_me(call.request))


@operation(
    "webhook_create",
    "POST",
    fetch=_reader,
    scope=SCOPE,
    body=shapes.WebhookIn,
    answer=shapes.WebhookMadeOut,
    status=201,
    etag=etag_of,
    shown_once=("secret",),
)
def webhook_create(call: Call) -> Webhook:
    """A new webhook. The answer holds its secret, this once. The token needs cases:read as well: who hears of cases
    must be able to read them."""
    user = User.objects.get(pk=_me(call.request))
    return _with_secret(*services.webhook_create(actor=call.actor, user=user, **call.data))


@operation("webhook_retrieve", "GET", fetch=_own, scope=SCOPE, answer=shapes.WebhookOut, etag=etag_of)
def webhook_retrieve(call: Call, pk: int) -> Webhook:
    """One of the account's webhooks."""
    return Webhook.objects.get(pk=pk)


@operation(
    "webhook_update",
    "PATCH",
    fetch=_own,
    scope=SCOPE,
    body=shapes.WebhookChangeIn,
    answer=shapes.WebhookOut,
    etag=etag_of,
)
def webhook_update(call: Call, pk: int) -> Webhook:
    """Change what is given; paused stops and resumes it. While it is paused nothing new is put down for it."""
    return services.webhook_change(actor=call.actor, webhook_id=pk, **call.data)


@operation("webhook_delete", "DELETE", fetch=_own, scope=SCOPE, answer=None, etag=etag_of)
def webhook_delete(call: Call, pk: int) -> None:
    """Remove it with its deliveries."""
    services.webhook_remove(actor=call.actor, webhook_id=pk)


@operation(
    "webhook_secret",
    "POST",
    fetch=_own,
    scope=SCOPE,
    answer=shapes.WebhookMadeOut,
    etag=etag_of,
    shown_once=("secret",),
)
def webhook_secret(call: Call, pk: int) -> Webhook:
    """A new secret, shown this once. For a day calls carry a signature by the one before as well."""
    return _with_secret(*services.webhook_secret_renew(actor=call.actor, webhook_id=pk))


@operation("webhook_test", "POST", fetch=_own, scope=SCOPE, answer=shapes.DeliveryOut, status=202)
def webhook_test(call: Call, pk: int) -> Delivery:
    """Send a call of the kind webhook.test. It is tried once; its delivery says what came of it."""
    return services.webhook_test(actor=call.actor, webhook_id=pk)


@operation(
    "webhook_deliveries",
    "GET",
    fetch=_own,
    scope=SCOPE,
    answer=shapes.DeliveryOut,
    filters=DeliveryFilter,
    ordering=("-id",),
    tag="webhook",
)
def webhook_deliveries(call: Call, pk: int) -> QuerySet[Delivery]:
    """What was sent or waits, the newest first, kept for thirty days."""
    return Delivery.objects.filter(webhook_id=pk)


@operation("webhook_delivery_retry", "POST", fetch=_own_delivery, scope=SCOPE, answer=shapes.DeliveryOut, tag="webhook")
def delivery_retry(call: Call, pk: int) -> Delivery:
    """Let a failed delivery be tried anew; one that is not failed stays as it is."""
    services.delivery_retry(actor=call.actor, delivery_id=pk)
    return Delivery.objects.get(pk=pk)


def _with_secret(hook: Webhook, secret: str) -> Webhook:
    answered: Any = hook
    answered.secret = secret
    return hook


SENT = OpenApiWebhook(
    name="event",
    decorator=extend_schema(
        summary="Something happened to a case or an order",
        description="Signed as in the Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature.",
        tags=["webhook"],
        request=shapes.HookOut,
        responses={"2XX": None},
    ),
)
"""The call itself, for the description."""
