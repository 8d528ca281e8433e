"""What administrators see of webhooks: how each one stands, and what became of its deliveries."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import pgettext

from dispatch.notify.models import Delivery, MessageState, PauseCause, Webhook
from dispatch.notify.webhooks.address import spoken
from dispatch.notify.webhooks.kinds import KINDS, TEST
from teams.policies import Actor, require

PAGE = 50


@dataclass(frozen=True, slots=True)
class HookRow:
    """``light``: ok, soon (the last call failed), late (paused by itself), hold (by hand, or
    the account is deactivated)."""

    hook: Webhook
    address: str
    light: str
    waiting: int

    @property
    def kinds(self) -> list[str]:
        return [str(KINDS.get(kind, kind)) for kind in self.hook.kinds]


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    delivery: Delivery
    words: str
    reference: str


def webhooks_visible_to(actor: Actor) -> QuerySet[Webhook]:
    """All of them, for who reads the history: a webhook is no case."""
    require(actor, "history.view")
    waits = Count("deliveries", filter=Q(deliveries__state__in=(MessageState.WAITING, MessageState.SENDING)))
    ended = Delivery.objects.filter(webhook=OuterRef("pk"), state__in=(MessageState.SENT, MessageState.FAILED))
    last = Subquery(ended.order_by("-pk").values("state")[:1])
    return Webhook.objects.select_related("user").annotate(waiting=waits, last_state=last).order_by("name", "pk")


def hook_row(hook: Webhook) -> HookRow:
    """A row of ``webhooks_visible_to`` as lists show it."""
    light = "ok"
    if hook.paused_at is not None:
        light = "hold" if hook.pause_cause == PauseCause.BY_HAND else "late"
    elif not hook.user.is_active:
        light = "hold"
    elif hook.failing_since is not None or getattr(hook, "last_state", "") == MessageState.FAILED:
        light = "soon"
    return HookRow(hook, spoken(hook.url), light, getattr(hook, "waiting", 0))


def delivery_rows(hook: Webhook, *, before: int | None = None, limit: int = PAGE) -> list[DeliveryRow]:
    """The log, newest first; ``before`` is the id of the last one of the page before."""
    rows = Delivery.objects.filter(webhook=hook).select_related("event__case", "event__order").defer("event__body")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [
        DeliveryRow(row, _words(row.kind), str(row.event.case or row.event.order) if row.event else "")
        for row in rows.order_by("-pk")[:limit]
    ]


def _words(kind: str) -> str:
    return pgettext("webhook", "a test") if kind == TEST else str(KINDS.get(kind, kind))
