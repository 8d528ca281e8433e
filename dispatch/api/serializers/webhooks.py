"""Webhooks and their deliveries. The secret stands in two answers and is kept nowhere."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dispatch.api.serializers import strict
from dispatch.notify.models import Delivery, Webhook
from dispatch.notify.webhooks.address import LONGEST
from dispatch.notify.webhooks.kinds import KINDS


class WebhookOut(serializers.ModelSerializer[Webhook]):
    paused = serializers.SerializerMethodField()

    class Meta:
        model = Webhook
        fields = (
            "id", "name", "url", "kinds", "paused", "paused_at", "pause_cause", "failing_since", "last_success_at",
            "created_at",
        )  # fmt: skip

    @extend_schema_field(bool)
    def get_paused(self, row: Webhook) -> bool:
        return row.paused_at is not None


class WebhookMadeOut(WebhookOut):
    """With its secret, this once: ``whsec_…``. A repeated answer has null there; renew the secret if it was lost."""

    secret = serializers.CharField(allow_null=True)

    class Meta(WebhookOut.Meta):
        fields = (*WebhookOut.Meta.fields, "secret")  # type: ignore[assignment]


class WebhookIn(serializers.Serializer[Any]):
    name = strict.Text(max_length=80)
    url = strict.Text(max_length=LONGEST, help_text="https, a public address")
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=list(KINDS)), min_length=1)


class WebhookChangeIn(serializers.Serializer[Any]):
    """What is given is changed."""

    name = strict.Text(max_length=80, required=False)
    url = strict.Text(max_length=LONGEST, required=False)
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=list(KINDS)), min_length=1, required=False)
    paused = strict.Flag(required=False)
    reason = strict.Text(max_length=240, required=False, allow_blank=True)


class DeliveryOut(serializers.ModelSerializer[Delivery]):
    """``fault`` says why it did not arrive, ``status`` what the receiver answered; its words are not kept."""

    event = serializers.SerializerMethodField()

    class Meta:
        model = Delivery
        fields = (
            "id", "event", "kind", "state", "attempts", "next_try_at", "status", "fault", "created_at", "sent_at",
        )  # fmt: skip

    @extend_schema_field({"type": ["string", "null"]})
    def get_event(self, row: Delivery) -> str | None:
        return f"evt_{row.event_id}" if row.event_id is not None else None


class HookDataOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    subject = serializers.ChoiceField(choices=["case", "order"])
    case_id = serializers.IntegerField(required=False)
    order_id = serializers.IntegerField(required=False)
    reference = serializers.CharField()
    url = serializers.URLField()


class HookOut(serializers.Serializer[Any]):
    """What is sent: where something happened and where to read it."""

    type = serializers.ChoiceField(choices=list(KINDS))
    timestamp = serializers.DateTimeField()
    data = HookDataOut()  # type: ignore[assignment] # the name of the Standard Webhooks
