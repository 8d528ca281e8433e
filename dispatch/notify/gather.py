"""One effect after the commit for all events of a transaction, however many it records."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from cases.models import Event


class Gathered:
    """The events of one transaction that one receiver waits for; run once, after the commit."""

    def __init__(self, effect: Callable[[list[Event]], None]) -> None:
        self.effect = effect
        self.events: list[Event] = []

    def __call__(self) -> None:
        self.effect(self.events)


def after_commit(effect: Callable[[list[Event]], None], event: Event) -> None:
    """Have ``effect`` called after the commit with this and every other event of the transaction.

    A savepoint rolled back may leave an event in the list that never was: an effect only hurries or hints, so it may.
    """
    hooks = transaction.get_connection().run_on_commit
    for _savepoints, hook, _robust in reversed(hooks):
        if isinstance(hook, Gathered) and hook.effect is effect:
            hook.events.append(event)
            return
    gathered = Gathered(effect)
    gathered.events.append(event)
    transaction.on_commit(gathered, robust=True)
