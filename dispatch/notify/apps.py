"""The app of the notices. Its one receiver only hurries the relay, which runs by itself every few seconds."""

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "dispatch.notify"
    label = "notify"

    def ready(self) -> None:
        from cases.services.journal import event_recorded
        from dispatch.notify import hurry
        from dispatch.notify.models import PauseCause
        from dispatch.notify.webhooks.kinds import KINDS
        from teams.selectors.history import MORE_CHOICES, MORE_WORDS

        event_recorded.connect(hurry.on_event, dispatch_uid="notify-hurry")
        MORE_CHOICES[("webhook", "pause_cause")] = PauseCause
        MORE_WORDS[("webhook", "kinds")] = KINDS
