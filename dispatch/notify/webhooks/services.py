"""What administrators, and accounts for themselves, do with webhooks; each change stands in the history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.clock.moment import now
from cases.refusals import Refused
from dispatch.notify import hurry
from dispatch.notify.models import Delivery, MessageState, PauseCause, Webhook
from dispatch.notify.webhooks.address import place_of, spoken
from dispatch.notify.webhooks.kinds import KINDS, TEST
from dispatch.notify.webhooks.signing import salt_new, secret_of
from dispatch.notify.webhooks.spread import READERS
from teams.models import ChangeAction, Subject, User
from teams.policies import Actor
from teams.selectors import actor_of
from teams.services.history import change_record

MOST = 20
"""Webhooks of one account."""
OLD_SECRET = timedelta(days=1)


def webhook_create(
    *, actor: Actor, user: User, name: str, url: str, kinds: Iterable[str], reason: str = ""
) -> tuple[Webhook, str]:
    """A new webhook in the name of ``user``, and its secret, which is never to be had again.

    Right ``door.manage``, or one's own account. ``Refused`` (422): ``account_sees_nothing``, ``name_needed``,
    ``kind_unknown``, ``kind_needed``, ``url_wrong``, ``url_not_https``, ``url_not_public``, ``too_many``.
    """
    _require(actor, user.pk)
    if not actor_of(user).has(*READERS):
        raise Refused(
            "account_sees_nothing",
            _("This account reads neither cases nor orders at the desk: it would hear of nothing."),
            field="account",
            status=422,
        )
    place_of(url)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two at once count each other
        if Webhook.objects.filter(user=user).count() >= MOST:
            raise Refused("too_many", _("An account has at most %(n)s webhooks.") % {"n": MOST}, status=422)
        hook = Webhook.objects.create(
            user=user,
            name=_name(name),
            url=url,
            kinds=_kinds(kinds),
            salt=salt_new(),
            created_at=now(),
            created_by_id=actor.user_id,
        )
        _record(actor, hook, ChangeAction.CREATED, {}, reason)
    return hook, secret_of(hook.salt)


def webhook_change(
    *,
    actor: Actor,
    webhook_id: int,
    name: str | None = None,
    url: str | None = None,
    kinds: Iterable[str] | None = None,
    paused: bool | None = None,
    reason: str = "",
) -> Webhook:
    """Change what is given. Pausing keeps what waits; going on sends it and forgets what the pause was about.

    ``Refused``: ``no_webhook`` (404), and as ``webhook_create``.
    """
    with transaction.atomic():
        hook = _lock(actor, webhook_id)
        before = _facts(hook)
        if name is not None:
            hook.name = _name(name)
        if url is not None:
            place_of(url)
            hook.url = url
        if kinds is not None:
            hook.kinds = _kinds(kinds)
        if paused and hook.paused_at is None:
            hook.paused_at, hook.pause_cause = now(), PauseCause.BY_HAND
        if paused is False:
            hook.paused_at, hook.pause_cause, hook.failing_since = None, "", None
        hook.version += 1
        hook.save()
        _record(actor, hook, ChangeAction.CHANGED, before, reason)
        transaction.on_commit(_hurry, robust=True)
    return hook


def webhook_secret_renew(*, actor: Actor, webhook_id: int, reason: str = "") -> tuple[Webhook, str]:
    """A new secret, shown once. For a day the one before signs as well. ``Refused``: ``no_webhook`` (404)."""
    with transaction.atomic():
        hook = _lock(actor, webhook_id)
        hook.old_salt, hook.old_until = hook.salt, now() + OLD_SECRET
        hook.salt = salt_new()
        hook.version += 1
        hook.save(update_fields=["salt", "old_salt", "old_until", "version"])
        _record(actor, hook, ChangeAction.RENEWED, _facts(hook), reason)
    return hook, secret_of(hook.salt)


def webhook_remove(*, actor: Actor, webhook_id: int, reason: str = "") -> None:
    """It goes with its deliveries; the history keeps what it was. ``Refused``: ``no_webhook`` (404)."""
    with transaction.atomic():
        hook = _lock(actor, webhook_id)
        _record(actor, hook, ChangeAction.ENDED, _facts(hook), reason)
        hook.delete()


def webhook_test(*, actor: Actor, webhook_id: int) -> Delivery:
    """Send a call of the kind ``webhook.test``, tried once. ``Refused`` (409): ``paused``, ``test_waiting``."""
    with transaction.atomic():
        hook = _lock(actor, webhook_id)
        if hook.paused_at is not None:
            raise Refused("paused", _("It is paused: let it go on first."))
        waiting = Delivery.objects.filter(
            webhook=hook, event__isnull=True, state__in=(MessageState.WAITING, MessageState.SENDING)
        )
        if waiting.exists():
            raise Refused("test_waiting", _("A test is on its way already. Look at the deliveries."))
        delivery = Delivery.objects.create(webhook=hook, kind=TEST, next_try_at=now(), created_at=now())
        transaction.on_commit(_hurry, robust=True)
    return delivery


def delivery_retry(*, actor: Actor, delivery_id: int) -> bool:
    """Let a failed delivery be tried anew. False when it is not failed (any more)."""
    with transaction.atomic():
        webhook_id = Delivery.objects.filter(pk=delivery_id).values_list("webhook_id", flat=True).first()
        _lock(actor, webhook_id or 0)
        taken = Delivery.objects.filter(pk=delivery_id, state=MessageState.FAILED).update(
            state=MessageState.WAITING, attempts=0, next_try_at=now()
        )
        transaction.on_commit(_hurry, robust=True)
    return bool(taken)


def _require(actor: Actor, user_id: int) -> None:
    if actor.user_id != user_id:
        policies.require(actor, "door.manage")


def _lock(actor: Actor, webhook_id: int) -> Webhook:
    hook = Webhook.objects.select_for_update(no_key=True, of=("self",)).select_related("user").filter(pk=webhook_id)
    found = hook.first()
    if found is None:
        raise Refused("no_webhook", _("There is no such webhook."), status=404)
    _require(actor, found.user_id)
    return found


def _name(name: str) -> str:
    if not name.strip():
        raise Refused("name_needed", _("Say what the webhook is for."), field="name", status=422)
    return name.strip()[:80]


def _kinds(kinds: Iterable[str]) -> list[str]:
    given = set(kinds)
    if unknown := sorted(given - set(KINDS)):
        raise Refused(
            "kind_unknown",
            _("No such kind of event: %(kinds)s.") % {"kinds": ", ".join(unknown)[:200]},
            field="kinds",
            status=422,
        )
    if not given:
        raise Refused("kind_needed", _("Choose at least one kind of event."), field="kinds", status=422)
    return [kind for kind in KINDS if kind in given]


def _facts(hook: Webhook) -> dict[str, Any]:
    return {
        "account": hook.user.name,
        "name": hook.name,
        "address": spoken(hook.url),
        "kinds": list(hook.kinds),
        "pause_cause": hook.pause_cause,
    }


def _record(actor: Actor, hook: Webhook, action: ChangeAction, before: dict[str, Any], reason: str) -> None:
    after = {} if action is ChangeAction.ENDED else _facts(hook)
    change_record(
        actor=actor,
        kind=Subject.WEBHOOK,
        subject_id=hook.pk,
        name=hook.name,
        action=action,
        before=before,
        after=after,
        reason=reason,
    )


def _hurry() -> None:
    hurry.hurry(hurry.POSTER, queue="bulk")
