"""A webhook that was paused by itself is told to those who can mend it: its account and the administrators."""

from __future__ import annotations

from cases.clock.moment import now
from dispatch.notify.bykey import tell
from dispatch.notify.models import Webhook
from teams.models import Role
from teams.selectors import people_with


def paused_tell(hook: Webhook) -> None:
    """In the transaction of the pause."""
    readers = {user.pk: user for role in (Role.SECURITY_ADMIN, Role.SYSTEM_ADMIN) for user in people_with(role)}
    if hook.user.is_active:
        readers[hook.user_id] = hook.user
    tell(
        key=f"webhook:{hook.pk}:{now():%Y%m%dT%H%M%S}",
        text="webhook_paused",
        params={"name": hook.name, "webhook": hook.pk, "webhook_cause": hook.pause_cause},
        readers=readers.values(),
    )
